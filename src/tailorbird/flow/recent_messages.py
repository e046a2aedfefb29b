"""The newest messages that reached the collector, and what became of each, for whoever watches.

They are held in memory alone, bounded in number and bytes, and are looked at when somebody reads
them. Belongs to one event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple

from tailorbird.events.arriving import Arrived
from tailorbird.events.columns import columns_of
from tailorbird.events.envelope import subject_in
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.refusals import Refusal
from tailorbird.events.wire import Body
from tailorbird.flow.group_commit import Admitted
from tailorbird.flow.hourly_samples import Hour, HourlySamples
from tailorbird.flow.packed_messages import BESIDE_BYTES, Packed, Request, Text, Unstored, pack
from tailorbird.flow.seen_messages import Seen, Wanted
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits

NO_FACTS: Final = columns_of([])
_COUNT, _TEXT = Request._fields.index("messages"), Request._fields.index("text")
CONSENT: Final = "consent"
"""Refusals of this sort are about somebody of whom nothing may be kept."""


class Fresh(NamedTuple):
    """What came behind a place."""

    seen: list[Seen]
    """The oldest first."""
    next: int
    """Where to go on."""
    missed: int
    """How many were passed over: they were gone already, or were too many to look at."""


class RecentMessages:
    """Holds the newest messages; the oldest go first, by whole requests."""

    def __init__(
        self,
        now_us: Callable[[], int],
        most_bytes: int = 0,
        samples: HourlySamples | None = None,
        identifiers: Identifiers = USUAL,
    ) -> None:
        """``most_bytes`` of 0 holds nothing."""
        self._now_us = now_us
        self._most_bytes = most_bytes
        self._samples = samples
        self._identifiers = identifiers
        self._requests: deque[Packed] = deque()
        self._size = 0
        self._listeners: set[Callable[[], None]] = set()
        self.next_number = 0
        """The number that the next message gets."""

    @property
    def first_number(self) -> int:
        """The number of the oldest message that is held; that of the next one when none is."""
        return int(self._requests[0][0]) if self._requests else self.next_number

    # What is noted

    def note(
        self,
        call: str,
        key: ApiKey,
        body: Body,
        facts: Arrived,
        told: Admitted,
        hidden: Collection[str] = (CONSENT,),
    ) -> None:
        """Note the messages of a request that was answered.

        Nothing of a message is held that was refused for a reason of a ``hidden`` sort.
        """
        if not self._most_bytes:
            return
        texts: Sequence[Text] = body.texts
        unstored = None
        if facts.refused or not texts:
            texts = _texts(body, facts.refused, hidden)
            unstored = self._unstored(body, facts.refused, hidden)
        packed = pack(texts, facts.columns, facts.places)
        self._add(
            call, key, len(texts), packed, (told.duplicates or (), unstored, facts.warnings or None)
        )

    def note_body(self, call: str, key: ApiKey, data: bytes, refusal: Refusal) -> None:
        """Note a request in which no messages can be found."""
        if self._most_bytes:
            packed = pack([data], NO_FACTS, [])
            self._add(call, key, 1, packed, ((), {0: Unstored(refusal)}, None))

    def _unstored(
        self, body: Body, refused: Mapping[int, Refusal], hidden: Collection[str]
    ) -> dict[int, Unstored]:
        found: dict[int, Unstored] = {}
        for place, refusal in refused.items():
            message = body.messages[place][0]
            if refusal.sort in hidden or not isinstance(message, dict):
                found[place] = Unstored(refusal)
                continue
            said = message.get("event")
            name = said[: limits.NAME_CHARACTERS] if isinstance(said, str) else None
            subject = subject_in(message, self._identifiers)
            found[place] = Unstored(
                refusal, name, None if subject is None else subject[: limits.ID_CHARACTERS]
            )
        return found

    def _add(self, call: str, key: ApiKey, count: int, packed: Packed, became: Packed) -> None:
        first, now_us = self.next_number, self._now_us()
        request = (first, count, now_us, call, key.id, key.name, *packed, *became)
        self._requests.append(request)
        self._size += _size_of(request)
        self.next_number = end = first + count
        oldest = end - limits.WATCHED_MESSAGES
        while self._requests and (self._size > self._most_bytes or self._requests[0][0] < oldest):
            self._size -= _size_of(self._requests.popleft())
        if self._samples is not None:
            self._samples.note(now_us, count, lambda place: _seen_at(request, place))
        for woken in self._listeners:
            woken()

    # What is read

    def newest(self, wanted: Wanted, most: int, before: int | None = None) -> list[Seen]:
        """So many of those that are wanted, the newest first."""
        found: list[Seen] = []
        for request in map(Request._make, reversed(self._requests)):
            if request.at_us < wanted.since_us or len(found) >= most:
                break
            end = request.messages if before is None else before - request.first
            if end > 0:
                some = request.seen(0, min(end, request.messages))
                found += [seen for seen in reversed(some) if wanted.has(seen)]
        return found[:most]

    def behind(self, number: int, wanted: Wanted, look_at: int) -> Fresh:
        """What came from a number on; of more than ``look_at`` only the newest are looked at."""
        end = self.next_number
        begin = max(min(number, end), self.first_number, end - look_at)
        found: list[Seen] = []
        for request in map(Request._make, reversed(self._requests)):
            if request.first + request.messages <= begin:
                break
            some = request.seen(max(begin - request.first, 0))
            found += [seen for seen in reversed(some) if wanted.has(seen)]
        found.reverse()
        return Fresh(found, end, max(begin - number, 0))

    def samples(self) -> list[Hour]:
        """The samples of the last hours, the newest first."""
        return [] if self._samples is None else self._samples.hours()

    def listen(self, woken: Callable[[], None]) -> Callable[[], None]:
        """Have somebody woken when there is more; gives what ends that."""
        self._listeners.add(woken)
        return lambda: self._listeners.discard(woken)


def _size_of(request: Packed) -> int:
    """About how many bytes a request takes."""
    return len(request[_TEXT]) + BESIDE_BYTES * int(request[_COUNT])


def _seen_at(request: Packed, place: int) -> Seen:
    return Request._make(request).seen(place, place + 1)[0]


def _texts(body: Body, refused: Mapping[int, Refusal], hidden: Collection[str]) -> list[Text]:
    """What each message was sent as; nothing of somebody who did not agree to being observed."""
    return [
        b"" if place in refused and refused[place].sort in hidden else body.text_of(place)
        for place in range(len(body.messages))
    ]
