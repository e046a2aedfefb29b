"""Streams of the record: who entered and left which segment, in the order in which it was written.

A stream reads the stored record from where its client is, at the client's pace. So nothing is lost
or said twice, however slow a client is or how often it comes again, and nothing waits for it in
memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from tailorbird.delivery.announcing import message_of
from tailorbird.delivery.endpoints import USUAL_CAUSES, event_of
from tailorbird.flow.advance import Live
from tailorbird.kernel import limits
from tailorbird.language.definitions import PERSONAS
from tailorbird.segments.membership import Turned
from tailorbird.server import feeds
from tailorbird.server.answers import RefusedError
from tailorbird.server.feeds import PAST, REVOKED, Ending, Feed, Said, full

PAGE: Final = 500
"""About so many steps of the record are read at a time."""
BEGINNING: Final = "beginning"
_NUMBER_DIGITS: Final = 15


class Place(NamedTuple):
    """How far a client is in the record."""

    number: int
    """A step, all before which it has."""
    entry: int | None = None
    """The last entry of the step that it has; None: it has them all."""


class Wanted(NamedTuple):
    """What a client wants to hear; what is empty is no condition."""

    segments: Collection[str] = ()
    events: Collection[str] = ()
    causes: Collection[str] = USUAL_CAUSES

    def has(self, entry: Turned) -> bool:
        """Whether it wants to hear of an entry."""
        return (
            entry.cause in self.causes
            and (not self.events or event_of(entry) in self.events)
            and (entry.key == PERSONAS or not self.segments or entry.key[1] in self.segments)
        )


def id_of(record: str, place: Place) -> str:
    """What a client that has come so far says when it comes again.

    >>> id_of("1f", Place(7, 0)), id_of("1f", Place(7))
    ('1f-7-0', '1f-7')
    """
    return "-".join(
        [record, str(place.number), *([] if place.entry is None else [str(place.entry)])]
    )


def place_of(given: str, record: str, first: int, last: int) -> Place:
    """The place that an id is of; raises `RefusedError` when the record cannot go on from there.

    ``first`` and ``last`` are the numbers of the steps that there are.
    """
    if given == BEGINNING:
        return Place(0)
    of, *rest = given.split("-")
    if not 1 <= len(rest) <= 2 or not all(_is_number(part) for part in rest):
        raise RefusedError(400, f"last_event_id is the id of a message, or {BEGINNING}")
    place = Place(*map(int, rest))
    if of != record or place.number > last:
        raise RefusedError(
            410,
            "this id is of a record that is not kept any more: people's states were made anew "
            "since; read the members of your segments, and go on without an id",
        )
    if is_past(place, first):
        raise RefusedError(410, PAST.reason)
    return place


def is_past(place: Place, first: int) -> bool:
    """Whether what comes behind a place is not kept any more, or not all of it.

    >>> is_past(Place(6), 7), is_past(Place(6, 0), 7), is_past(Place(5), 7)
    (False, True, True)
    """
    return place.number + (place.entry is None) < first


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS


class RecordFeed(Feed):
    """What one system hears."""

    def __init__(
        self, record: Record, place: Place, wanted: Wanted, is_good: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._is_good = is_good
        self.place = place
        self._record = record
        self._wanted = wanted

    async def take(self) -> Sequence[Said]:
        """The next messages; passes over what is not wanted."""
        while not self.has_ended:
            number, last_entry = self.place
            if number and is_past(self.place, self._record.people.first_number):
                self.end(PAST)
                break
            entries = await self._record.behind(number - (last_entry is not None))
            if not self._is_good():
                self.end(REVOKED)
                break
            if not entries:
                break
            said = [one for step in _steps(entries) for one in self._said(step)]
            self.place = Place(entries[-1].number)
            if said:
                return said
        return ()

    def _said(self, step: Sequence[Turned]) -> Sequence[Said]:
        number, last_entry = self.place
        first = 0 if last_entry is None or step[0].number != number else last_entry + 1
        return [
            self._message(entry, Place(entry.number, place))
            for place, entry in enumerate(step)
            if place >= first and self._wanted.has(entry)
        ]

    def _message(self, entry: Turned, place: Place) -> Said:
        id_ = id_of(self._record.id, place)
        data = msgspec.json.encode({"id": id_, **message_of(entry)})
        return Said(id_, data, event_of(entry))

    def heartbeat(self) -> bytes:
        """How far it is, so that whoever wants little need not begin far behind."""
        return b"id: %s\n\n" % id_of(self._record.id, self.place).encode()

    def close(self) -> None:
        """The system is gone."""
        self._record.closed(self)


def _steps(entries: Sequence[Turned]) -> list[list[Turned]]:
    return [list(step) for _, step in groupby(entries, key=lambda entry: entry.number)]


class Record:
    """The stored record; what several streams ask for at once is read once."""

    def __init__(self, people: Live) -> None:
        self.people = people
        self._thread = ThreadPoolExecutor(1, "record")
        self._reading: dict[int, asyncio.Task[list[Turned]]] = {}
        self._feeds: dict[RecordFeed, asyncio.TimerHandle] = {}
        self.id = people.record_id

    def open(self, after: str, wanted: Wanted, is_good: Callable[[], bool]) -> RecordFeed:
        """A stream behind an id, or from now on; it ends when its key is good no more."""
        if len(self._feeds) >= limits.STREAMS:
            raise full(f"{limits.STREAMS} systems listen, and more are not taken")
        last = self.people.last_number
        first = self.people.first_number
        place = place_of(after, self.id, first, last) if after else Place(last)
        feed = RecordFeed(self, place, wanted, is_good)
        self._check_later(feed, is_good)
        return feed

    def _check_later(self, feed: RecordFeed, is_good: Callable[[], bool]) -> None:
        def check() -> None:
            if is_good():
                self._check_later(feed, is_good)
            else:
                feed.end(REVOKED)

        self._feeds[feed] = asyncio.get_running_loop().call_later(feeds.HEARTBEAT_S, check)

    async def behind(self, number: int) -> list[Turned]:
        """The entries of some steps behind one."""
        task = self._reading.get(number)
        if task is None:
            task = self._reading[number] = asyncio.create_task(self._read(number))
        return await asyncio.shield(task)

    async def _read(self, number: int) -> list[Turned]:
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        try:
            return await loop.run_in_executor(self._thread, self.people.record, number, PAGE)
        finally:
            if self._reading.get(number) is me:
                del self._reading[number]

    def wake(self, _turned: object = ()) -> None:
        """There is more now; what is being read may not have it yet."""
        self._reading.clear()
        for feed in self._feeds:
            feed.woken.set()

    def end(self, why: Ending) -> None:
        """End all streams."""
        for feed in tuple(self._feeds):
            feed.end(why)

    def closed(self, feed: RecordFeed) -> None:
        """A stream is not there any more."""
        timer = self._feeds.pop(feed, None)
        if timer is not None:
            timer.cancel()
