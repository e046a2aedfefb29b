"""The published definitions over HTTP: which names there are, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tailorbird.language.definitions import KINDS, Definition, Kind
from tailorbird.language.words import describe
from tailorbird.server.answers import Answer
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import Parameter, choice
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


def _route(path: str, says: str, *parameters: Parameter) -> Route:
    return Route(
        "GET",
        f"/v1/{path}",
        f"read_{path}",
        says,
        "read",
        group="segments",
        parameters=parameters,
        gives=DefinedNames,
        faults=(503,),
    )


class PublishedDefinitions:
    """The routes that list definitions."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        _route(
            "definitions",
            "List the definitions that are in force: those of the newest published version.",
            choice("kind", "Only this kind.", KINDS),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """By kind, each kind by name, personas in their order."""
        return self._listed(KINDS if asked.query["kind"] is None else (asked.query["kind"],))

    @answers(_route("segments", "List the segments that are in force, as /v1/definitions does."))
    async def segments(self, _: Asked) -> Answer:
        """By name."""
        return self._listed(("segment",))

    @answers(_route("scores", "List the scores that are in force, as /v1/definitions does."))
    async def scores(self, _: Asked) -> Answer:
        """By name."""
        return self._listed(("score",))

    @answers(_route("traits", "List the traits that are in force, as /v1/definitions does."))
    async def traits(self, _: Asked) -> Answer:
        """By name."""
        return self._listed(("trait",))

    @answers(_route("personas", "List the personas that are in force, as /v1/definitions does."))
    async def personas(self, _: Asked) -> Answer:
        """In the order in which they are tried."""
        return self._listed(("persona",))

    def _listed(self, kinds: Sequence[Kind]) -> Answer:
        definitions = self._serving.people().plan.definitions
        found = [_told(one) for kind in kinds for one in definitions.of_kind(kind)]
        return Answer(200, DefinedNames(found))


def _told(one: Definition) -> Defined:
    return Defined(one.kind, one.name, one.gives.name.lower(), describe(one), one.description)
