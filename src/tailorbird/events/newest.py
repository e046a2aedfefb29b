"""A table of what was looked at last: it has an end, and a look costs next to nothing."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Held = TypeVar("Held")


class Newest(Generic[Key, Held]):
    """Holds what was put in or found last: never more than ``most``, and half of that for sure.

    What is old goes together, so that nothing needs to be moved when it is found again.

    >>> table = Newest[str, int](4)
    >>> for number, key in enumerate("abcde"):
    ...     table.put(key, number)
    >>> len(table), table.find("a"), table.find("e")
    (3, None, 4)
    """

    def __init__(self, most: int) -> None:
        self._half = max(most // 2, 1)
        self._young: dict[Key, Held] = {}
        self._old: dict[Key, Held] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, key: Key) -> Held | None:
        """What is held under a key, if anything is."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Key, held: Held) -> None:
        """Hold something under a key, and let go of what is old where this is too much."""
        self._young[key] = held
        if len(self._young) > self._half:
            self._old, self._young = self._young, {}
            self._old.pop(key)
            self._young[key] = held
