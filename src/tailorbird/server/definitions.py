"""The published definitions over HTTP: which names there are, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tailorbird.language.definitions import KINDS, Definition, Kind
from tailorbird.language.words import describe
from tailorbird.server.answers import Answer
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import choice
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers


class Defined(Struct):
    """One definition."""

    kind: Kind
    name: str
    gives: str
    """The type of its value."""
    words: str
    """What it means, in plain words."""
    description: str | None
    """What its author wrote about it."""


class DefinedNames(Struct):
    """The definitions that answers about people are of now."""

    definitions: list[Defined]


class PublishedDefinitions:
    """The route that lists definitions."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        Route(
            "GET",
            "/v1/definitions",
            "read_definitions",
            "List the definitions that are in force: those of the newest published version.",
            "read",
            group="segments",
            parameters=(choice("kind", "Only this kind.", KINDS),),
            gives=DefinedNames,
            faults=(503,),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """By kind, each kind by name, personas in their order."""
        definitions = self._serving.people().plan.definitions
        kinds: Sequence[Kind] = KINDS if asked.query["kind"] is None else (asked.query["kind"],)
        found = [_told(one) for kind in kinds for one in definitions.of_kind(kind)]
        return Answer(200, DefinedNames(found))


def _told(one: Definition) -> Defined:
    return Defined(one.kind, one.name, one.gives.name.lower(), describe(one), one.description)
