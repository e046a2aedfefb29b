"""Writes the record as people turn: each step's changes with T, P and cause, under one number."""

from __future__ import annotations

from collections.abc import Iterable

from tailorbird.language.live import Change
from tailorbird.segments.membership import Cause, Turned


class Recording:
    """The entries of one commit."""

    def __init__(self, last_number: int) -> None:
        self._last = last_number
        self.entries: list[Turned] = []

    def add(
        self, name: str, changes: Iterable[Change], at_us: int, position: int, cause: Cause
    ) -> None:
        """Note what one step changed, if anything."""
        number = self._last + 1
        for key, value in changes:
            self.entries.append(Turned(name, key, value, at_us, position, cause, number))
            self._last = number

    def taken(self) -> list[Turned]:
        """The entries so far, which are then no longer here."""
        taken, self.entries = self.entries, []
        return taken
