"""Which instants to ask about: those at which an answer is likely to change, and their neighbours.

Every fact's time, known time and the ends of the windows, waits and gaps that the definitions
name, boundaries of decay and of calendars, each also one microsecond before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tailorbird.kernel.decay import HOPS
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, PERIODS, WEEK, next_period, zone
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.language.ast import Duration, walk
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.chance import Chance

_OTHER_LENGTHS: Final = (HOUR, WEEK, 10 * MINUTE, 30 * MINUTE, DAY, 28 * DAY)
"""Lengths that no expression names: expiries, default windows, gaps of sessions."""


def lengths_of(definitions: Definitions) -> list[int]:
    """The lengths of time after which an answer may change, in microseconds."""
    found = set(_OTHER_LENGTHS)
    for definition in definitions.ordered:
        parts = [definition.body, *(line.where for line in definition.lines)]
        for node in (node for part in parts if part is not None for node in walk(part)):
            if isinstance(node, Duration):
                found.add(node.length_us)
        if definition.half_life_us is not None:
            found |= {definition.half_life_us, 20 * definition.half_life_us}
    return sorted(found)


def hops_of(definitions: Definitions) -> list[int]:
    """The lengths of the hops in which scores decay, in microseconds."""
    return sorted({d.half_life_us // HOPS for d in definitions.ordered if d.half_life_us})


def instants(
    chance: Chance, definitions: Definitions, facts: Sequence[Fact], count: int
) -> list[int]:
    """So many different instants at the edges of these facts, sorted."""
    if not facts:
        return [chance.choice(vocabulary.BASES)][:count]
    lengths, hops = lengths_of(definitions), hops_of(definitions)
    found: set[int] = set()
    for _ in range(3 * count):
        fact = chance.choice(facts)
        found.add(_edge(chance, fact, lengths, hops) + chance.choice((-1, 0, 0, 1)))
        if len(found) == count:
            break
    return sorted(found)


def _edge(chance: Chance, fact: Fact, lengths: list[int], hops: list[int]) -> int:
    kind = chance.below(10)
    if kind < 4:
        return fact.time_us
    if kind < 8:
        return fact.time_us + chance.choice(lengths)
    if kind == 8 and hops:
        hop_us = chance.choice(hops)
        return (
            fact.time_us // hop_us + chance.choice((1, 1, 2, HOPS - 1, HOPS, DECAY_HOPS))
        ) * hop_us
    if kind == 9 and chance.once_in(2):
        return fact.known_us
    in_zone = zone(chance.choice(vocabulary.ZONES[:-1]))
    return next_period(fact.time_us, chance.choice(PERIODS), in_zone)
