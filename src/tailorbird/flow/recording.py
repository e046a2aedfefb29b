"""Writes the record as people turn: each step's changes with T, P and cause, under one number.

What turns because of a fact that is old when it is taken in, or at an instant that is long over,
stands in the record like everything else and is told to nobody: an import of last year's orders
is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from tailorbird.kernel.identity_memo import IdentityMemo
from tailorbird.language.live import Change
from tailorbird.language.world import FOREVER
from tailorbird.segments.membership import Cause, Turns, told_changes

_OLD: Final = "old "


class Recording:
    """The steps of one commit."""

    def __init__(self, last_number: int, max_lateness_us: int = FOREVER) -> None:
        """``max_lateness_us``: what is longer ago is told to nobody."""
        self._max_lateness_us = max_lateness_us
        self._oldest_us = -FOREVER
        self._is_old = False
        self._quiet: set[int] = set()
        self._last = last_number
        self._steps: list[Turns] = []
        self._told: IdentityMemo[tuple[Change, ...], tuple[Change, ...]] = IdentityMemo(
            told_changes
        )

    def begin(self, now_us: int) -> None:
        """Steps are made from here on, by the real clock's present instant."""
        self._oldest_us, self._is_old = now_us - self._max_lateness_us, False

    def about(self, newest_us: int) -> None:
        """What comes next is because of a fact of this time, or of some with none later."""
        self._is_old = newest_us < self._oldest_us

    def kept(self, cause: Cause) -> str:
        """A cause for whoever has to be read again, with what has to be known of it then."""
        return f"{_OLD}{cause}" if self._is_old and cause != "time" else cause

    def resumed(self, kept: str) -> Cause:
        """The cause that was kept; what comes next is because of it."""
        self._is_old = kept.startswith(_OLD)
        return cast(Cause, kept.removeprefix(_OLD))

    def step(
        self, name: str, changes: tuple[Change, ...], at_us: int, position: int, cause: Cause
    ) -> None:
        """Note what one step of the engine changed, as far as it belongs in the record."""
        told = self._told.of(changes)
        if told:
            self.add(name, told, at_us, position, cause)

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
            if at_us < self._oldest_us or (self._is_old and cause != "time"):
                self._quiet.add(self._last)

    def news(self, steps: Sequence[Turns]) -> list[Turns]:
        """Those of the last steps that others are told of."""
        found = [step for step in steps if step.number not in self._quiet]
        self._quiet.clear()
        return found

    def taken(self) -> list[Turns]:
        """The steps so far, which are then no longer here."""
        taken, self._steps = self._steps, []
        return taken
