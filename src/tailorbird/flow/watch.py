"""The accepted facts as they come, in the order of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from tailorbird.events.columns import facts_of
from tailorbird.kernel.facts import Fact
from tailorbird.ports.log import EventLog

FACTS: Final = 1_000
"""About so many facts are in memory at a time."""


def first_known_since(log: EventLog, since_us: int) -> int:
    """Where to begin to see what became known at an instant or later.

    It goes back from the end, twice as far each time, until it meets facts that were all known
    before. Behind an import of facts that were known long ago nothing is looked for.
    """
    end, back = log.end_position, FACTS
    while back < end:
        chunk = log.read(end - back, 1)
        known = [at_us for at_us in chunk.columns.known_us if at_us is not None]
        if known and max(known) < since_us:
            return end - back
        back *= 2
    return 0


def watch(
    log: EventLog,
    position: int,
    *,
    people: Collection[str] = (),
    names: Collection[str] = (),
    since_us: int | None = None,
) -> Iterator[list[Fact]]:
    """The facts from a position on, some at a time, for ever; an empty list when no more are there.

    With ``people`` only those that were accepted under these identifiers, with ``names`` only
    those of these names, with ``since_us`` only those known at that instant or later.
    """
    while True:
        chunk = log.read(position, FACTS)
        found = facts_of(chunk.columns, chunk.positions)
        if chunk.next_position == position or found:
            yield [fact for fact in found if _wanted(fact, people, names, since_us)]
        position = chunk.next_position


def _wanted(
    fact: Fact, people: Collection[str], names: Collection[str], since_us: int | None
) -> bool:
    return (
        (not people or fact.subject in people)
        and (not names or fact.name in names)
        and (since_us is None or fact.known_us >= since_us)
    )
