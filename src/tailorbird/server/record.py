"""Where systems hear who enters and leaves segments: server-sent events and WebSocket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES
from tailorbird.kernel import limits
from tailorbird.kernel.errors import UnknownNameError
from tailorbird.segments.membership import CAUSES
from tailorbird.server.answers import RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import Parameter, choices, text
from tailorbird.server.recorded import BEGINNING, Record, RecordFeed, Wanted
from tailorbird.server.serving import Serving
from tailorbird.server.stream import SORT, stream
from tailorbird.server.table import Method, Route, answers
from tailorbird.server.websocket import converse


def _names(given: str) -> list[str]:
    names = given.split(",")
    if not all(0 < len(name) <= limits.NAME_CHARACTERS for name in names):
        raise ValueError("is a list of names with commas between them")
    return names


_SEGMENTS: Final = Parameter(
    "segments",
    "Only these segments.",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    _names,
    example="buyers",
    many=True,
)
_EVENTS: Final = choices("events", "Only these sorts of messages.", EVENTS)
_CAUSES: Final = choices(
    "causes", f"Only what has these causes; else {', '.join(USUAL_CAUSES)}.", CAUSES
)
_AFTER: Final = text("last_event_id", f"The id to go on from, or `{BEGINNING}`.", 100)


def _route(method: Method, name: str, how: str) -> Route:
    return Route(
        method,
        "/v1/record",
        name,
        f"Tell who enters and leaves segments, {how}: each once and in order, from an id on.",
        "read",
        group="push",
        parameters=(_SEGMENTS, _EVENTS, _CAUSES, _AFTER),
        kind=SORT,
        faults=(404, 410, 503),
        streams=True,
    )


class RecordStreams:
    """The routes on which systems follow the record."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._record: Record | None = None

    @answers(_route("GET", "follow_record", "by server-sent events"))
    async def events(self, asked: Asked) -> None:
        """Server-sent events, until one side ends them."""
        await stream(self._opened(asked), asked.receive, asked.send)

    @answers(_route("WEBSOCKET", "converse_about_record", "over a WebSocket"))
    async def messages(self, asked: Asked) -> None:
        """Messages over a WebSocket, until one side closes it."""
        await converse(self._opened(asked), asked.receive, asked.send)

    def _opened(self, asked: Asked) -> RecordFeed:
        record, headers = self._opened_record(), asked.headers
        wanted = self._wanted(asked.query)
        after = headers.get(b"last-event-id", b"").decode("latin-1")
        after = after or asked.query["last_event_id"] or ""
        return record.open(after, wanted, asked.is_good)

    def _opened_record(self) -> Record:
        people = self._serving.people()
        if self._serving.closing.is_set():
            raise RefusedError(503, "the server ends; connect again", retry_after_s=1)
        if self._record is None or self._record.people is not people:
            self._record = Record(people)
            self._serving.listen(self._record.wake)
            self._serving.at_end(self._record.end)
        return self._record

    def _wanted(self, query: Mapping[str, Any]) -> Wanted:
        definitions = self._serving.people().plan.definitions
        try:
            for name in query["segments"] or ():
                definitions.find("segment", name)
        except UnknownNameError as error:
            raise RefusedError(404, str(error)) from None
        return Wanted(
            frozenset(query["segments"] or ()),
            frozenset(query["events"] or ()),
            frozenset(query["causes"] or USUAL_CAUSES),
        )
