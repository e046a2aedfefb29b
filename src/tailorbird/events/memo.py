"""Columns repeat themselves: work out each different text once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

Given = TypeVar("Given", bound=Hashable)
Found = TypeVar("Found")

ENTRIES: Final = 100_000
"""Entries that a memo keeps between chunks; above it starts afresh."""


class Memo(dict[Given, Found], Generic[Given, Found]):
    """A function that remembers; it is bounded, because a column may never repeat itself.

    >>> Memo(len).column(["a", "bb", "a"])
    [1, 2, 1]
    """

    def __init__(self, function: Callable[[Given], Found]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, given: Given) -> Found:
        found = self[given] = self._function(given)
        return found

    def forget_if_large(self) -> None:
        """Start afresh when too much is remembered."""
        if len(self) > ENTRIES:
            self.clear()

    def column(self, column: Sequence[Given]) -> list[Found]:
        """The function's values for a whole column."""
        self.forget_if_large()
        return list(map(self.__getitem__, column))
