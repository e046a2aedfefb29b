"""Tells when a message comes with the id of another one: the sender makes ids that are not unique.

A client that sends a message again says the same under the same id. Another message under a used
id would be lost as a duplicate and nobody would know, so what counts of the newest messages is
remembered as a fingerprint.

Each id has one place in a table of fixed size, where the next one with the same place takes it
over. So memory and time do not grow, and of ids that came long ago nothing is known any more.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import numpy as np

from tailorbird.events.arriving import ORIGINAL, Arrived
from tailorbird.kernel import limits
from tailorbird.kernel.facts import VERDICT

_SAYS: Final = 0xFFFF_FFFF
"""The half of a word that is the fingerprint; the other half says whose it is."""
_FEW: Final = 8
"""Up to so many facts are looked at one by one."""
Messages = Sequence[tuple[Any, object]]


class ReusedIds:
    """Fingerprints of the newest messages; belongs to one event loop."""

    def __init__(
        self, places: int = limits.FINGERPRINTS, hash_: Callable[[object], int] = hash
    ) -> None:
        """``places`` is a power of two; ``hash_`` gives 64 bits."""
        assert places & (places - 1) == 0
        self._last = places - 1
        self._words = array("q", bytes(8 * places))
        self._together = np.frombuffer(self._words, np.int64)
        """The same memory, for many at a time."""
        self._hash = hash_

    def among(self, messages: Messages, facts: Arrived, duplicates: Collection[int]) -> list[int]:
        """Places of messages that are duplicates by their id and say something else.

        ``duplicates``: rows of facts that were there already. Remembers what the others say.
        """
        columns, hash_ = facts.columns, self._hash
        given = _given(messages, facts.places)
        properties = map(_unordered, columns.properties)
        said = zip(columns.subject, columns.name, properties, given, strict=True)
        if duplicates or columns.length <= _FEW:
            return self._one_by_one(facts, map(hash_, columns.id), map(hash_, said), duplicates)
        whose = np.fromiter(map(hash_, columns.id), np.int64, columns.length)
        marks = np.fromiter(map(hash_, said), np.int64, columns.length)
        self._together[whose & self._last] = (whose & ~_SAYS) | (marks & _SAYS)
        return []

    def _one_by_one(
        self, facts: Arrived, ids: map[int], marks: map[int], duplicates: Collection[int]
    ) -> list[int]:
        words, found = self._words, dict[int, None]()
        for row, (whose, mark) in enumerate(zip(ids, marks, strict=True)):
            at, word = whose & self._last, (whose & ~_SAYS) | (mark & _SAYS)
            if row not in duplicates:
                words[at] = word
            elif (
                words[at] != word
                and (words[at] ^ word) & ~_SAYS == 0
                and facts.columns.name[row] != VERDICT  # that is ours, and may change
            ):
                found[facts.places[row]] = None
        return list(found)


def _unordered(properties: str | None) -> frozenset[str] | None:
    """What tells properties apart, in whatever order they stand: the pieces between their commas.

    Of what lies deeper the order still counts.
    """
    return None if properties is None else frozenset(properties[1:-1].split(","))


def _given(messages: Messages, places: Sequence[int]) -> list[Any]:
    """The times as the client said them: what becomes of these differs from try to try."""
    if len(places) == 1:
        message = messages[places[0]][0]
        return [message.get("timestamp") or message.get(ORIGINAL)]
    given = [messages[place][0].get("timestamp") for place in places]
    if None in given:
        return [
            messages[place][0].get(ORIGINAL) if time is None else time
            for place, time in zip(places, given, strict=True)
        ]
    return given
