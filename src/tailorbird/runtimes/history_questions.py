"""What a server asks of the history about one person, answered as JSON.

Each answer is made of the history as of the log's end, over a connection of its own: it neither
waits for a command nor holds up the live states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.flow.explain import explained
from tailorbird.flow.profile import NamingWarehouse, consent_of, facts_before, sent_traits
from tailorbird.flow.telling import consent_json, explanation_json, fact_json
from tailorbird.language.definitions import Definitions, Kind
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import REGISTRY, load_texts

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode


class FollowedHistory(NamingWarehouse, Protocol):
    """A history that can catch up with the log."""

    def follow(self) -> None:
        """Take over what the log has by now."""


class HistoryQuestions:
    """Answers in one thread, which makes its connections."""

    def __init__(self, history: FollowedHistory, data: Path) -> None:
        """``data``: the folder of the registry."""
        self._history = history
        self._data = data
        self._registry: SqliteRegistry | None = None
        self._published: tuple[int, Definitions] = 0, Definitions()

    def answers(self) -> Mapping[str, Callable[..., bytes]]:
        """By name, what can be asked."""
        return {"explain": self.explain, "timeline": self.timeline, "sent": self.sent}

    def explain(self, key: tuple[Kind, str], subject: str, at_us: int, known_then: bool) -> bytes:
        """Why a published definition has its value for somebody."""
        self._history.follow()
        kind, name = key
        asked = (self._history, self._definitions(), (kind, name), subject, at_us)
        told = explained(*asked, known_then=known_then)
        consent = consent_of(*asked, known_then=known_then)
        said = explanation_json(told, known_then=known_then)
        return _ENCODE({**said, "consent": consent_json(consent)})

    def timeline(
        self, subject: str, at_us: int, before: tuple[int, str] | None, most: int
    ) -> bytes:
        """A page of somebody's facts, and the place of the last one if there are more."""
        self._history.follow()
        place = None if before is None else (before[0], before[1])
        found = facts_before(self._history, subject, at_us, place, most + 1)
        page = found[:most]
        more = f"{page[-1].time_us}:{page[-1].id}" if len(found) > most else None
        return _ENCODE({"facts": [fact_json(fact) for fact in page], "next": more})

    def sent(self, subject: str, at_us: int) -> bytes:
        """The traits that were sent about somebody."""
        self._history.follow()
        told: dict[str, Any] = sent_traits(self._history, subject, at_us)
        return _ENCODE({name: plain(value) for name, value in told.items()})

    def _definitions(self) -> Definitions:
        if self._registry is None:
            self._registry = SqliteRegistry(self._data / REGISTRY)
        numbers = self._registry.numbers()
        if numbers and numbers[-1] != self._published[0]:
            newest = self._registry.find(numbers[-1])
            assert newest is not None
            self._published = newest.number, load_texts(newest.files).definitions
        return self._published[1]
