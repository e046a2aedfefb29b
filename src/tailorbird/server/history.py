"""What only the history knows of a person, over HTTP: her facts, and reasons for answers."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from msgspec import Struct

from tailorbird.flow.explain import named
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.language.definitions import KINDS, Kind
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import Parameter, choice, count, instant, text
from tailorbird.server.profiles import ID, MIN_POSITION, Consent
from tailorbird.server.reaching import written
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers


class TimelineFact(Struct):
    """Something that happened to a person, or was said of her."""

    time: str
    name: str
    id: str
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str


class Timeline(Struct):
    """A page of somebody's facts, the newest first."""

    facts: list[TimelineFact]
    next: str | None
    """What to give as ``before`` for older ones; None on the last page."""


class Evidence(Struct):
    """A fact that an answer is made of."""

    id: str
    at: str
    name: str
    subject: str
    properties: dict[str, Any]


class TurnAt(Struct):
    """An instant at which a condition turned."""

    at: str
    holds: bool


class ReasonOf(Struct):
    """One part of a definition, and what it is for the person."""

    text: str
    words: str
    value: Any
    changes_at: str | None
    moves_with_time: bool
    facts: list[Evidence]
    latest_that_does_not_count: Evidence | None
    turns: list[TurnAt]
    notes: list[str]
    parts: list[ReasonOf]


class Explained(Struct):
    """What a definition is."""

    kind: str
    name: str | None


class ExplanationOf(Struct):
    """Why a definition has its value for a person, as ``tailorbird explain --json`` says it."""

    definition: Explained
    person: str
    subjects: list[str]
    at: str
    known: Literal["now", "then"]
    exists: bool
    value: Any
    changes_at: str | None
    looked_ahead_to: str
    reason: ReasonOf
    consent: dict[str, Consent]
    """Whether data about her may be used for what the definition is for, by purpose."""


_PLACE: Final = re.compile(r"(-?[0-9]{1,17}):(.{1,512})", re.DOTALL)


def _place(given: str) -> tuple[int, str]:
    found = _PLACE.fullmatch(given)
    if found is None:
        raise ValueError("is the `next` of the page before")
    return int(found[1]), found[2]


_BEFORE: Final = Parameter(
    "before",
    "Only facts before this place: the `next` of the page before.",
    {"type": "string", "pattern": "^-?[0-9]{1,17}:", "maxLength": 18 + limits.ID_CHARACTERS},
    _place,
)
_LIMIT: Final = count("limit", "So many on a page.", 1, limits.PAGE_ITEMS, default=100)
_NAME: Final = text(
    "name",
    "A segment, score, trait or persona; `persona` is the list of personas.",
    limits.NAME_CHARACTERS,
    place="path",
    example="buyers",
)
_KIND: Final = choice("kind", "Where several kinds have the name.", KINDS)
_AT: Final = instant("at", "Explain that instant; now when it is not given.")
_KNOWN: Final = choice(
    "known", "`then`: only what was known at that instant counts.", ("now", "then"), "now"
)


class History:
    """The routes that need somebody's history."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        Route(
            "GET",
            "/v1/profiles/{id}/timeline",
            "read_timeline",
            "Read the facts of a person, the newest first.",
            "read",
            parameters=(ID, _BEFORE, _LIMIT, MIN_POSITION),
            gives=Timeline,
            faults=(404, 503),
        )
    )
    async def timeline(self, asked: Asked) -> Answer:
        """One page of facts."""
        written(self._serving, asked.query["min_position"])
        now_us, query = self._serving.now_us(), asked.query
        return await self._told(
            "timeline", asked.path["id"], now_us, query["before"], query["limit"]
        )

    @answers(
        Route(
            "GET",
            "/v1/profiles/{id}/explain/{name}",
            "explain",
            "Say why a definition has its value for a person, and until when.",
            "read",
            parameters=(ID, _NAME, _KIND, _AT, _KNOWN, MIN_POSITION),
            gives=ExplanationOf,
            faults=(404, 503),
        )
    )
    async def explain(self, asked: Asked) -> Answer:
        """The tree of reasons."""
        written(self._serving, asked.query["min_position"])
        key = self._key(asked.path["name"], asked.query["kind"])
        at_us = asked.query["at"]
        at_us = self._serving.now_us() if at_us is None else at_us
        is_then = asked.query["known"] == "then"
        return await self._told("explain", key, asked.path["id"], at_us, is_then)

    def _key(self, name: str, kind: Kind | None) -> tuple[str, str]:
        definitions = self._serving.people().plan.definitions
        try:
            return named(definitions, name, kind)
        except UnknownNameError as error:
            raise RefusedError(404, str(error)) from None
        except InputError:
            raise RefusedError(400, f"several kinds have the name {name!r}: give kind") from None

    async def _told(self, what: str, *given: object) -> Answer:
        try:
            return Answer(200, await self._serving.ask_history(what, *given))
        except InputError as error:
            raise RefusedError(404, str(error)) from None
