"""The messages of one request as they are held for whoever looks later: little, and in few objects.

What is held must cost next to nothing for whoever sends. So the texts of a request, the names, the
people and the ids in it are joined to one text each, and nothing of what decoding made stays alive.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.events.columns import FactColumns
from tailorbird.events.refusals import Refusal
from tailorbird.flow.seen_messages import Seen, Status
from tailorbird.governance.api_keys import without_secrets
from tailorbird.kernel import limits

Text = bytes | msgspec.Raw
Packed = tuple[Any, ...]
"""The fields of a `Request`; a plain tuple, which the garbage collector soon looks at no more."""
BESIDE_BYTES: Final = 250
"""About so much is held of a message beside what was sent."""
_BETWEEN: Final = "\x00"


_What = tuple[str | None, str | None, int | None, str | None, Refusal | None, str | None]
"""Of a message its name, subject, time, id, refusal and warning."""


class Unstored(NamedTuple):
    """What is held of a message that was not stored."""

    refusal: Refusal
    name: str | None = None
    subject: str | None = None


class Request(NamedTuple):
    """A request and what became of its messages; of one with one fact, counts are None."""

    first: int
    """The number of the first message."""
    messages: int
    """How many there are."""
    at_us: int
    call: str
    key: str
    source: str
    text: bytes
    """All messages, one behind the other."""
    lengths: bytes | None
    names: str
    subjects: str
    ids: str
    times_us: bytes | int
    places: bytes | None
    """For each fact the place of its message."""
    duplicates: Collection[int]
    """Facts that were known."""
    unstored: Mapping[int, Unstored] | None
    """By the place of a message."""
    warnings: Mapping[int, str] | None

    def seen(self, begin: int = 0, end: int | None = None) -> list[Seen]:
        """Some of the messages, by their places, in order."""
        lengths = [len(self.text)] if self.lengths is None else _read("I", self.lengths)
        ends = list(accumulate(lengths))
        is_one = self.places is None
        places = [0] if is_one else _read("I", self.places or b"")
        names, subjects, ids = (
            [one] if is_one else one.split(_BETWEEN)
            for one in (self.names, self.subjects, self.ids)
        )
        times = self.times_us
        times_us = [times] if isinstance(times, int) else _read("q", times)
        found: list[Seen] = []
        for place in range(begin, self.messages if end is None else end):
            text = self.text[ends[place] - lengths[place] : ends[place]]
            row = bisect_left(places, place)
            if self.unstored is not None and place in self.unstored:
                found.append(self._unstored(place, text, self.unstored[place]))
                continue
            status: Status = "duplicate" if row in self.duplicates else "accepted"
            warning = None if self.warnings is None else self.warnings.get(place)
            what = names[row], subjects[row], times_us[row], ids[row], None, warning
            found.append(self._one(place, status, what, text))
        return found

    def _unstored(self, place: int, text: bytes, why: Unstored) -> Seen:
        what = why.name, why.subject, None, None, why.refusal, None
        status: Status = "quarantined" if why.refusal.aside else "rejected"
        if why.refusal.sort == "preview":
            status = "preview"
        elif why.refusal.sort == "sample":
            status = "sampled"
        return self._one(place, status, what, text)

    def _one(self, place: int, status: Status, what: _What, text: bytes) -> Seen:
        shown = without_secrets(text[: limits.REJECT_BYTES])
        return Seen(
            self.first + place,
            self.at_us,
            status,
            self.call,
            self.key,
            self.source,
            *what,
            shown,
            len(text),
        )


def pack(texts: Sequence[Text], columns: FactColumns, places: Sequence[int]) -> Packed:
    """The fields from ``text`` to ``places``.

    >>> from tailorbird.events.columns import columns_of
    >>> pack([b"{", b"[]"], columns_of([]), [])[:2]
    (b'{[]', b'\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00')
    """
    if len(texts) == 1 == len(places):
        row = columns.name[0], columns.subject[0], columns.id[0], columns.time_us[0]
        return (bytes(texts[0]), None, *row, None)
    return (
        b"".join(texts),
        array("I", map(len, texts)).tobytes(),
        _joined(columns.name),
        _joined(columns.subject),
        _joined(columns.id),
        array("q", columns.time_us).tobytes(),
        array("I", places).tobytes(),
    )


def _joined(texts: Sequence[str]) -> str:
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) > len(texts):
        joined = _BETWEEN.join(text.replace(_BETWEEN, "\ufffd") for text in texts)
    return joined


def _read(kind: str, packed: bytes) -> Sequence[int]:
    found: array[int] = array(kind)
    found.frombytes(packed)
    return found
