"""What was made of objects that come again as the very same ones, such as shared tuples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

REMEMBERED: Final = 16_384
"""So many objects are remembered; then all are forgotten, because one may never come again."""


class IdentityMemo(Generic[Given, Made]):
    """A function that remembers; unlike a dict it never looks into an object to find it.

    The objects may not change. They are held, so that no other one can have their identity.

    >>> memo, shared = IdentityMemo(len), ("a", "b")
    >>> memo.of(shared), memo.of(shared)
    (2, 2)
    """

    def __init__(self, function: Callable[[Given], Made]) -> None:
        self._function = function
        self._found: dict[int, tuple[Given, Made]] = {}

    def of(self, given: Given) -> Made:
        """The function's value."""
        found = self._found.get(id(given))
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[id(given)] = given, self._function(given)
        return found[1]
