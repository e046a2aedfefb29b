"""Requests that never became messages: without a known key, or more than could be taken.

Nothing of what they held is looked at or kept. Belongs to one event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tailorbird.kernel import limits


class Kind(NamedTuple):
    """What was asked for, and how it was answered."""

    path: str
    """As the table of routes writes it: no key stands in it."""
    status: int
    says: str


class Turned(NamedTuple):
    """How often that happened."""

    kind: Kind
    times: int
    last_us: int


class TurnedAway:
    """Counts requests that were turned away; the kind that was seen longest ago goes first.

    >>> door = TurnedAway(lambda: 7)
    >>> door.note("/v1/track", 401, "no known write key")
    >>> [(one.kind.status, one.times, one.last_us) for one in door.newest()]
    [(401, 1, 7)]
    """

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._seen: dict[Kind, Turned] = {}

    def note(self, path: str, status: int, says: str) -> None:
        """One more."""
        kind = Kind(path, status, says)
        before = self._seen.pop(kind, None)
        if len(self._seen) >= limits.TURNED_AWAY:
            self._seen.pop(next(iter(self._seen)))
        times = 1 if before is None else before.times + 1
        self._seen[kind] = Turned(kind, times, self._now_us())

    def newest(self) -> list[Turned]:
        """All kinds, the newest first."""
        return list(reversed(self._seen.values()))
