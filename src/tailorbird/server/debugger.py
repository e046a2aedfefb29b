"""Messages as they reach the collector, and what became of each: for whoever sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from tailorbird.events.refusals import Sort
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.flow.seen_messages import STATUSES, Seen, Status, Wanted
from tailorbird.flow.turned_away import Turned
from tailorbird.kernel import limits
from tailorbird.kernel.instants import format_instant
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.feeds import REVOKED, Ending, Feed, Said, full
from tailorbird.server.parameters import choices, count, instant, text
from tailorbird.server.serving import Serving
from tailorbird.server.stream import SORT, stream
from tailorbird.server.table import Route, answers

LOOK_S: Final = 0.25
"""So often a stream looks for more, at most."""
LOOK_AT: Final = 2_000
"""The newest messages that it looks at each time; those before are counted as missed."""
_PAGE: Final = 500
_ID_CHARACTERS: Final = 60
_NUMBER_DIGITS: Final = 15


class WatchedMessage(Struct):
    """A message that reached the collector."""

    number: int
    """They are numbered upwards, until the server ends."""
    at: str
    """When it arrived."""
    status: Status
    call: str
    """The last part of the path that it was sent to."""
    key: str
    """The id of the key that it came with."""
    source: str
    """The name of that key."""
    name: str | None
    """The event's name."""
    person: str | None
    """Whom it is about; None also where that may not be known."""
    time: str | None
    """When it happened, as it was stored."""
    id: str | None
    sort: Sort | None
    """Of a rejected one, the sort of the reason."""
    reason: str | None
    warning: str | None
    """What of it was not taken, though the message was."""
    bytes: int
    """The length of all of it."""
    raw: str
    """What was sent, or its beginning; nothing of people who did not agree to being observed."""


class TurnedAwayOf(Struct):
    """Requests that were answered alike before anybody looked at what they held."""

    path: str
    status: int
    error: str
    count: int
    """How many since the server began."""
    last: str
    """When the last one came."""


class WatchedMessages(Struct):
    """One page, the newest first."""

    messages: list[WatchedMessage]
    next: int | None
    """What to give as ``before`` for the next page; None on the last one."""
    last_event_id: str
    """What to give to the stream so that it goes on behind this page."""
    held: int
    """How many messages are held, whether wanted or not."""
    turned_away: list[TurnedAwayOf]
    """What never became messages, such as requests without a known key; the newest first."""


class SampledHour(Struct):
    """Some messages of an hour; each that arrived had the same chance to be among them."""

    begin: str
    arrived: int
    """How many messages arrived."""
    messages: list[WatchedMessage]


class Samples(Struct):
    """The samples of the last hours, the newest first."""

    hours: list[SampledHour]


_BEFORE: Final = count(
    "before", "Only those before this number: the `next` of the page before.", default=0
)
_LIMIT: Final = count("limit", "So many on a page.", 1, _PAGE, default=100)
_FILTERS: Final = (
    choices("status", "Only what this became of.", STATUSES),
    text("key", "Only those that came with the key of this id or name."),
    text("name", "Only events of this name."),
    text("person", "Only those about this very identifier."),
    instant("since", "Only those that arrived at this instant or later."),
)
_AFTER: Final = text(
    "last_event_id", "The id to go on from; without it from now on.", _ID_CHARACTERS
)


def _route(path: str, name: str, says: str, **more: Any) -> Route:
    return Route("GET", f"/v1/debugger{path}", name, says, "admin", group="events", **more)


class DebuggerFeed(Feed):
    """What one who watches is told."""

    def __init__(
        self, recent: RecentMessages, run: str, wanted: Wanted, is_good: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._recent = recent
        self._run = run
        self._wanted = wanted
        self._is_good = is_good
        self._place = recent.next_number
        self._look_at_s = 0.0
        self._deafen = recent.listen(self.woken.set)

    def go_on(self, place: int) -> None:
        """Begin with the messages behind a place."""
        self._place = place

    async def take(self) -> Sequence[Said]:
        """What came since the last look, which was a little while ago."""
        now_s = asyncio.get_running_loop().time
        await asyncio.sleep(max(self._look_at_s - now_s(), 0))
        self._look_at_s = now_s() + LOOK_S
        if not self._is_good():
            self.end(REVOKED)
            return ()
        seen, self._place, missed = self._recent.behind(self._place, self._wanted, LOOK_AT)
        told = [Said(self._id(one.number + 1), msgspec.json.encode(_told(one))) for one in seen]
        if missed:
            begun = self._id(seen[0].number if seen else self._place)
            told.insert(0, Said(begun, msgspec.json.encode({"missed": missed}), "missed"))
        return told

    def _id(self, place: int) -> str:
        return f"{self._run}-{place}"

    def heartbeat(self) -> bytes:
        """How far it is."""
        return b"id: %s\n\n" % self._id(self._place).encode()

    def close(self) -> None:
        """Nobody watches any more."""
        self._deafen()


class Debugger:
    """The routes that show messages as they arrive."""

    def __init__(self, serving: Serving, run: str) -> None:
        """``run`` tells the numbers of this server from those of the one before."""
        self._serving = serving
        self._run = run
        self._feeds: set[DebuggerFeed] = set()
        serving.at_end(self._end)

    @answers(
        _route(
            "",
            "read_debugger",
            "Read what reached the collector, with what became of it, the newest first: as much "
            "as is held in memory.",
            parameters=(*_FILTERS, _BEFORE, _LIMIT),
            gives=WatchedMessages,
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """One page of them."""
        recent, most = self._serving.recent, asked.query["limit"]
        before = asked.query["before"] or None
        found = recent.newest(_wanted(asked.query), most + 1, before)
        page = found[:most]
        said = WatchedMessages(
            [_told(one) for one in page],
            page[-1].number if len(found) > most else None,
            f"{self._run}-{recent.next_number}",
            recent.next_number - recent.first_number,
            [_turned(one) for one in self._serving.turned_away.newest()],
        )
        return Answer(200, said)

    @answers(
        _route(
            "/stream",
            "follow_debugger",
            "Tell what reaches the collector as it arrives, by server-sent events. Of floods only "
            "the newest are told, and how many were missed.",
            parameters=(*_FILTERS, _AFTER),
            kind=SORT,
            faults=(503,),
            streams=True,
        )
    )
    async def follow(self, asked: Asked) -> None:
        """Server-sent events, until one side ends them."""
        if self._serving.closing.is_set():
            raise RefusedError(503, "the server ends; connect again", retry_after_s=1)
        if len(self._feeds) >= limits.WATCHERS:
            raise full(f"{limits.WATCHERS} watch, and more are not taken")
        place = self._place(asked)
        feed = DebuggerFeed(self._serving.recent, self._run, _wanted(asked.query), asked.is_good)
        if place is not None:
            feed.go_on(place)
        self._feeds.add(feed)
        try:
            await stream(feed, asked.receive, asked.send)
        finally:
            self._feeds.discard(feed)

    def _place(self, asked: Asked) -> int | None:
        """Where a stream goes on; all that is held for an id of the server before this one."""
        given = asked.headers.get(b"last-event-id", b"").decode("latin-1")
        given = given or asked.query["last_event_id"] or ""
        if not given:
            return None
        run, _, number = given.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= _NUMBER_DIGITS):
            raise RefusedError(400, "last_event_id is what a page or a message of a stream says")
        recent = self._serving.recent
        return min(int(number), recent.next_number) if run == self._run else recent.first_number

    def _end(self, why: Ending) -> None:
        for feed in tuple(self._feeds):
            feed.end(why)

    @answers(
        _route(
            "/samples",
            "read_samples",
            "Read a random sample of the messages of each of the last hours, to see what really "
            "arrives.",
            gives=Samples,
        )
    )
    async def samples(self, _: Asked) -> Answer:
        """All samples."""
        return Answer(
            200,
            Samples(
                [
                    SampledHour(format_instant(one.begin_us), one.arrived, [*map(_told, one.seen)])
                    for one in self._serving.recent.samples()
                ]
            ),
        )


def _wanted(query: Mapping[str, Any]) -> Wanted:
    return Wanted(
        frozenset(query["status"] or ()),
        query["key"] or "",
        query["name"] or "",
        query["person"] or "",
        query["since"] or 0,
    )


def _turned(one: Turned) -> TurnedAwayOf:
    return TurnedAwayOf(*one.kind, one.times, format_instant(one.last_us))


def _told(seen: Seen) -> WatchedMessage:
    return WatchedMessage(
        seen.number,
        format_instant(seen.at_us),
        seen.status,
        seen.call,
        seen.key,
        seen.source,
        seen.name,
        seen.subject,
        None if seen.time_us is None else format_instant(seen.time_us),
        seen.id,
        None if seen.refusal is None else seen.refusal.sort,
        None if seen.refusal is None else seen.refusal.says,
        seen.warning,
        seen.length,
        seen.text.decode("utf-8", "replace"),
    )
