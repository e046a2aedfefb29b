"""How long to wait before something that went wrong is tried again."""

from __future__ import annotations


class Waits:
    """Each wait is twice as long as the one before, until a try has lasted.

    >>> waits = Waits(1, 5)
    >>> [waits.after(0), waits.after(0), waits.after(0), waits.after(0), waits.after(6)]
    [1, 2, 4, 5, 1]
    """

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def after(self, lasted_s: float) -> float:
        """How long to wait after a try that lasted so long."""
        wait_s = self._first_s if lasted_s > self._longest_s else self._next_s
        self._next_s = min(wait_s * 2, self._longest_s)
        return wait_s
