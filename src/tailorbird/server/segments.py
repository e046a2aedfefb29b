"""Members of segments over HTTP, page after page."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tailorbird.kernel import limits
from tailorbird.kernel.errors import UnknownNameError
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import count, text
from tailorbird.server.profiles import MIN_POSITION
from tailorbird.server.reaching import reached
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers


class Members(Struct):
    """One page of the people in a segment."""

    segment: str
    ids: list[str]
    """Their names, in order: of each person the smallest identifier."""
    next: str | None
    """What to give as ``after`` for the next page; None on the last one."""


_NAME: Final = text("name", "The segment.", limits.NAME_CHARACTERS, place="path", example="buyers")
_AFTER: Final = text("after", "Only names behind this one: the `next` of the page before.")
_LIMIT: Final = count(
    "limit", "So many on a page.", 1, limits.PAGE_ITEMS, default=limits.PAGE_ITEMS
)


class Segments:
    """The routes that read segments."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        Route(
            "GET",
            "/v1/segments/{name}/members",
            "read_members",
            "Read who is in a segment. Whoever is in it all along is told once, however long the "
            "pages take.",
            "read",
            group="segments",
            parameters=(_NAME, _AFTER, _LIMIT, MIN_POSITION),
            gives=Members,
            faults=(404, 503),
        )
    )
    async def members(self, asked: Asked) -> Answer:
        """One page of members."""
        serving, query = self._serving, asked.query
        name, most = asked.path["name"], query["limit"]

        def look() -> tuple[list[str], int]:
            people = serving.people()
            committed = people.committed
            return people.members(name, query["after"], most + 1), committed

        try:
            found = await reached(serving, query["min_position"], lambda: serving.look(look))
        except UnknownNameError as error:
            raise RefusedError(404, str(error)) from None
        page = found[:most]
        return Answer(200, Members(name, page, page[-1] if len(found) > most else None))
