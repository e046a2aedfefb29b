"""People that one request reads, some at a time: others are not to wait for all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from tailorbird.flow.advance import Live
from tailorbird.flow.live_people import LongHistoryError
from tailorbird.flow.viewing import PersonView

SOME_US: Final = 20_000
"""People with large states are read for so long before others have their turn."""
Told = TypeVar("Told")


class Looking(Generic[Told]):
    """Looks for people by their identifiers."""

    def __init__(
        self,
        people: Live,
        ids: Iterable[str],
        told: Callable[[PersonView], Told],
        now_us: Callable[[], int],
    ) -> None:
        self.left = deque(dict.fromkeys(ids))
        """Identifiers that were not looked for yet."""
        self.long: list[str] = []
        """Those of whom only a long history tells."""
        self.found: dict[str, Told | None] = {}
        """What is told of people by identifier; None where nobody has it."""
        self.as_of = people.committed
        """All of them are told as of this position at least."""
        self._people, self._told, self._now_us = people, told, now_us

    def some(self) -> None:
        """Look for people until it has taken long enough."""
        end_us = self._now_us() + SOME_US
        while self.left:
            id_ = self.left.popleft()
            try:
                self.one(id_)
            except LongHistoryError:
                self.long.append(id_)
            if self._now_us() >= end_us:
                break

    def one(self, id_: str, *, waits: bool = False) -> None:
        """Look for one; raises `LongHistoryError` unless it ``waits``."""
        view = self._people.person(id_, self._now_us(), waits=waits)
        self.found[id_] = None if view is None else self._told(view)
        if view is not None:
            self.as_of = min(self.as_of, view.as_of)
