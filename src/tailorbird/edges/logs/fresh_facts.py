"""The newest facts of a log as they were accepted, for whoever follows it closely.

What was just sealed and written need not be read and opened again. Only so many are held: who is
further behind reads the file.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from threading import Lock
from typing import Any, NamedTuple

from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.kernel import limits
from tailorbird.ports.log import LogChunk


class _Group(NamedTuple):
    first: int
    columns: FactColumns
    size: int
    """Characters of properties and context."""

    @property
    def end(self) -> int:
        """The position behind it."""
        return self.first + self.columns.length


class FreshFacts:
    """Committed groups that follow each other up to the log's end; threads may share it."""

    def __init__(self) -> None:
        self._groups: deque[_Group] = deque()
        self._facts = self._size = 0
        self._dropped = False
        self._lock = Lock()

    def add(self, first: int, columns: FactColumns) -> None:
        """Hold one more group, and let go of the oldest where these are too many."""
        size = sum(map(len, filter(None, columns.properties)))
        size += sum(map(len, filter(None, columns.context)))
        self._add(_Group(first, columns, size))

    def absorb(self, newer: FreshFacts) -> None:
        """Hold what others hold, which were told what follows; they are not used any more."""
        if newer._dropped:
            self.clear()
        for group in newer._groups:
            self._add(group)

    def _add(self, group: _Group) -> None:
        with self._lock:
            if self._groups and self._groups[-1].end != group.first:
                self._clear()
            self._groups.append(group)
            self._facts += group.columns.length
            self._size += group.size
            while self._facts > limits.FRESH_FACTS or self._size > limits.FRESH_BYTES:
                gone = self._groups.popleft()
                self._dropped = True
                self._facts -= gone.columns.length
                self._size -= gone.size

    def clear(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._groups.clear()
        self._facts = self._size = 0

    def read(self, position: int, most: int) -> LogChunk | None:
        """The same as of the log; None when the facts from the position on are not held."""
        with self._lock:
            if not self._groups or position < self._groups[0].first:
                return None
            newest_first = takewhile(lambda group: group.end > position, reversed(self._groups))
            groups = list(newest_first)[::-1]
        parts: list[FactColumns] = []
        following = position
        for group in groups:
            begin = position - group.first
            parts.append(_from(group.columns, begin) if begin > 0 else group.columns)
            following = group.end
            if following - position >= most:
                break
        return LogChunk(_joined(parts), list(range(position, following)), following)


def _from(columns: FactColumns, place: int) -> FactColumns:
    cut: Any = (column[place:] for column in columns)
    return FactColumns(*cut)


def _joined(parts: list[FactColumns]) -> FactColumns:
    if not parts:
        return columns_from_rows([])
    joined: Any = (
        [cell for column in columns for cell in column] for columns in zip(*parts, strict=True)
    )
    return FactColumns(*joined)
