"""Who is watched: identifiers whose people's changes somebody wants to hear of.

People are joined and parted, so an identifier is another person's now and then; who watches it
need not know. While nobody watches, this costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Final

REFRESH_US: Final = 60_000_000
"""Values that change with time alone, such as a decaying score, are shown again after so long."""
_AT_A_TIME: Final = 200
"""So many people are shown again with one commit, at most, because it is long ago."""


class Watched:
    """Identifiers, each as often as it is watched, and whose they are."""

    def __init__(self, person_of: Callable[[str], int | None]) -> None:
        self._person_of = person_of
        self._counts: dict[str, int] = {}
        self._whose: dict[str, int | None] = {}
        self._watchers: dict[int, set[str]] = {}
        self._changed: dict[str, None] = {}
        self._shown_us: dict[str, int] = {}
        """When each was shown, the longest ago first."""

    def __bool__(self) -> bool:
        return bool(self._counts)

    def add(self, identifier: str, now_us: int) -> None:
        """Watch an identifier, of which may be nobody yet."""
        self._counts[identifier] = self._counts.get(identifier, 0) + 1
        if identifier not in self._whose:
            self._shown_us[identifier] = now_us
            self._put(identifier, self._person_of(identifier))

    def drop(self, identifier: str) -> None:
        """Watch it once less."""
        count = self._counts.pop(identifier) - 1
        if count:
            self._counts[identifier] = count
            return
        self._put(identifier, None)
        del self._whose[identifier], self._shown_us[identifier]
        self._changed.pop(identifier, None)

    def _put(self, identifier: str, person: int | None) -> None:
        before = self._whose.get(identifier)
        if before is not None:
            self._watchers[before].discard(identifier)
            if not self._watchers[before]:
                del self._watchers[before]
        self._whose[identifier] = person
        if person is not None:
            self._watchers.setdefault(person, set()).add(identifier)

    # What happens to people

    def given(self, identifier: str, person: int) -> None:
        """An identifier is a person's from now on, who then has one more."""
        if not self._counts:
            return
        if identifier in self._whose:
            self._put(identifier, person)
            self._changed[identifier] = None
        self.changed({person})

    def joined(self, lost: int, kept: int | None) -> None:
        """Whatever was one person's is another's now, or nobody's."""
        for identifier in tuple(self._watchers.get(lost, ())):
            self._put(identifier, kept)
            self._changed[identifier] = None
        if kept is not None:
            self.changed({kept})

    def changed(self, people: Set[int]) -> None:
        """The states of some people are others now, or who they are."""
        for person in self._watchers.keys() & people:
            self._changed.update(dict.fromkeys(self._watchers[person]))

    def renumbered(self) -> None:
        """People may have other numbers and other states than they had."""
        for identifier in self._whose:
            self._put(identifier, self._person_of(identifier))
            self._changed[identifier] = None

    # What is to be shown

    def to_show(self, now_us: int) -> list[str]:
        """Identifiers whose people changed, and some that were not shown for long."""
        for identifier, shown_us in self._shown_us.items():
            if shown_us > now_us - REFRESH_US or len(self._changed) >= _AT_A_TIME:
                break
            self._changed[identifier] = None
        return list(self._changed)

    def shown(self, identifiers: Iterable[str], now_us: int) -> None:
        """They were shown as they are."""
        for identifier in identifiers:
            self._changed.pop(identifier, None)
            if self._shown_us.pop(identifier, None) is not None:
                self._shown_us[identifier] = now_us
