"""Writes the record as people turn: each step's changes with T, P and cause, under one number."""

from __future__ import annotations

from tailorbird.kernel.identity_memo import IdentityMemo
from tailorbird.language.live import Change
from tailorbird.segments.membership import Cause, Turns, told_changes


class Recording:
    """The steps of one commit."""

    def __init__(self, last_number: int) -> None:
        self._last = last_number
        self._steps: list[Turns] = []
        self._told: IdentityMemo[tuple[Change, ...], tuple[Change, ...]] = IdentityMemo(
            told_changes
        )

    def step(
        self, name: str, changes: tuple[Change, ...], at_us: int, position: int, cause: Cause
    ) -> None:
        """Note what one step of the engine changed, as far as it belongs in the record."""
        self.add(name, self._told.of(changes), at_us, position, cause)

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self._last

    def add(
        self, name: str, changes: tuple[Change, ...], at_us: int, position: int, cause: Cause
    ) -> None:
        """Note changes, if there are any."""
        if changes:
            self._last += 1
            self._steps.append(Turns(name, changes, at_us, position, cause, self._last))

    def taken(self) -> list[Turns]:
        """The steps so far, which are then no longer here."""
        taken, self._steps = self._steps, []
        return taken
