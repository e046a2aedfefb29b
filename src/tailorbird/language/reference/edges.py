"""Instants at which an answer may change: something happens there, or time alone does it.

More instants than needed are named, never fewer: whoever asks evaluates at each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tailorbird.kernel.decay import HOPS
from tailorbird.kernel.facts import CONSENT, SETTING, TRAITS
from tailorbird.kernel.instants import (
    DAY,
    HOUR,
    find_zone,
    offset_us,
    parse_instant,
    start_of_period,
    zone,
)
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.language.ast import Call, Duration, Listing, Node, Text, walk
from tailorbird.language.definitions import Definition, Key
from tailorbird.language.operators import HISTORY
from tailorbird.language.reference.crossings import crossings
from tailorbird.language.reference.moment import (
    SESSION_GAP_US,
    Moment,
    duration_argument,
    parse_gap,
    text_argument,
)
from tailorbird.language.reference.selection import is_event
from tailorbird.language.reference.smoothing import trend_lengths

if TYPE_CHECKING:
    from tailorbird.language.reference.person import Person

_NAMING: Final = {
    "score": "score",
    "trait": "trait",
    "in_segment": "segment",
    "entered": "segment",
    "left": "segment",
}
_HOURLY: Final = frozenset({"hour"})
_DAILY: Final = frozenset({"weekday", "date", "anniversary"})


def changes(moment: Moment, node: Node, start_us: int, end_us: int) -> list[int]:
    """Instants in (start, end], in order, among them all at which a condition may turn."""
    person = moment.person
    trees, scores = _needed(person, node)
    calls = [part for tree in trees for part in walk(tree) if isinstance(part, Call)]
    found: set[int] = set()
    for call in calls:
        found.update(_edges(moment, call, start_us, end_us))
    for definition in scores:
        found.update(_hops(person, definition, start_us, end_us))
    found.update(fact.time_us for fact in (*person.facts, *person.workspace))
    found = {instant_us for instant_us in found if start_us < instant_us <= end_us}
    if any(call.op == "since" for call in calls):
        for first_us, next_us in pairwise([start_us, *sorted(found), end_us + 1]):
            found.update(crossings(moment, trees, first_us, next_us))
    return sorted(found)


def _needed(person: Person, node: Node) -> tuple[list[Node], list[Definition]]:
    """The trees of a condition and of all that it refers to, and the scores among them."""
    trees, scores, seen = [node], [], set[Key]()
    for tree in trees:  # which grows as names are met
        for key in [key for part in walk(tree) for key in _named(person, part)]:
            if key in seen:
                continue
            seen.add(key)
            definition = person.by_key[key]
            if definition.body is None:
                scores.append(definition)
            else:
                trees.append(definition.body)
            if definition.parent is not None:
                trees.append(Call("in_segment", (Text(definition.parent),)))
    return trees, scores


def _named(person: Person, node: Node) -> list[Key]:
    if not isinstance(node, Call):
        return []
    if node.op == "persona":
        return [definition.key for definition in person.definitions.personas]
    kind = _NAMING.get(node.op)
    return [(kind, text_argument(node))] if kind else []  # type: ignore[list-item]


def _edges(moment: Moment, call: Call, start_us: int, end_us: int) -> set[int]:
    person = moment.person
    lengths = set(_lengths(person, call))
    found = {fact.time_us + length_us for fact in person.facts for length_us in lengths}
    if call.op == "consented":
        found.update(_expiries(person))
    if call.op in HISTORY:
        found.update(_turns(moment, call, start_us, end_us))
    if call.op in _HOURLY:
        found.update(_clock_edges(person, start_us, end_us, HOUR))
    if call.op in _DAILY:
        found.update(_clock_edges(person, start_us, end_us, DAY))
    if isinstance(period := call.keyword("calendar"), Text):
        days = _clock_edges(person, start_us, end_us, DAY)
        found.update(day for day in days if _begins_period(person, day, period.value))
    return found


def _lengths(person: Person, call: Call) -> Iterator[int]:
    """How long after a fact its part in an answer may change."""
    for keyword in ("last", "lasting", "wait"):
        yield duration_argument(call, keyword) or 0
    yield sum(duration_argument(call, keyword) or 0 for keyword in ("wait", "last"))
    if isinstance(between := call.keyword("between"), Listing):
        yield from (item.length_us for item in between.items if isinstance(item, Duration))
    if call.keyword("session") is not None:
        yield from (gap_us + 1 for gap_us in _session_gaps(person))
    if call.op == "trend":
        yield from trend_lengths(call)
    if call.op == "fresh":
        yield from (node.length_us for node in call.args if isinstance(node, Duration))


def _session_gaps(person: Person) -> set[int]:
    values = (fact.properties.get("value") for fact in person.workspace if fact.name == SETTING)
    gaps = (parse_gap(value) for value in values if isinstance(value, str))
    return {SESSION_GAP_US} | {gap_us for gap_us in gaps if gap_us is not None}


def _zones(person: Person) -> set[ZoneInfo]:
    """Every zone that may ever be in force."""
    names = [fact.properties.get("timezone") for fact in person.facts if fact.name == TRAITS]
    names += [fact.properties.get("value") for fact in person.workspace if fact.name == SETTING]
    found = (find_zone(name) for name in names if isinstance(name, str))
    return {zone("UTC")} | {a_zone for a_zone in found if a_zone is not None}


def _expiries(person: Person) -> Iterator[int]:
    for fact in person.facts:
        expires = fact.properties.get("expires")
        if fact.name == CONSENT and isinstance(expires, str):
            for a_zone in _zones(person):
                instant_us = parse_instant(expires, a_zone)
                if instant_us is not None:
                    yield instant_us


def _turns(moment: Moment, call: Call, start_us: int, end_us: int) -> Iterator[int]:
    """When a turn of what history looks at leaves its window."""
    condition = call.args[0] if call.op == "held" else Call("in_segment", call.args)
    length_us = duration_argument(call, "lasting") or duration_argument(call, "last") or 0
    facts = moment.person.facts
    first_us = facts[0].time_us - 1 if facts else start_us
    for instant_us in changes(moment, condition, max(start_us - length_us, first_us), end_us):
        yield instant_us + length_us


def _hops(person: Person, score: Definition, start_us: int, end_us: int) -> Iterator[int]:
    """When a fact's points lose weight."""
    if score.half_life_us is None:
        return
    hop_us = score.half_life_us // HOPS
    for fact in person.facts:
        if any(is_event(fact, line.events) for line in score.lines):
            hop = fact.time_us // hop_us
            first, last = max(hop, start_us // hop_us), min(hop + DECAY_HOPS, end_us // hop_us)
            yield from range(first * hop_us, last * hop_us + 1, hop_us)


def _begins_period(person: Person, instant_us: int, period: str) -> bool:
    return any(
        start_of_period(instant_us, period, a_zone)  # type: ignore[arg-type]
        != start_of_period(instant_us - 1, period, a_zone)  # type: ignore[arg-type]
        for a_zone in _zones(person)
    )


def _clock_edges(person: Person, start_us: int, end_us: int, unit_us: int) -> set[int]:
    """When a local hour or date begins, and when clocks are changed."""
    return {
        instant_us
        for a_zone in _zones(person)
        for first_us, next_us in pairwise(_same_offset(a_zone, start_us, end_us + 1))
        for instant_us in (first_us, *_multiples(a_zone, first_us, next_us, unit_us))
    }


def _multiples(in_zone: ZoneInfo, first_us: int, next_us: int, unit_us: int) -> range:
    ahead_us = offset_us(first_us, in_zone)
    return range(-(-(first_us + ahead_us) // unit_us) * unit_us - ahead_us, next_us, unit_us)


def _same_offset(in_zone: ZoneInfo, first_us: int, next_us: int) -> list[int]:
    """Where the stretches begin in which the clocks are not changed, and the end of the last."""
    days = [first_us, *range(first_us // DAY * DAY + DAY, next_us, DAY), next_us]
    turns = (_turn(in_zone, day, next_day) for day, next_day in pairwise(days))
    return [first_us, *(turn for turn in turns if turn is not None), next_us]


def _turn(in_zone: ZoneInfo, first_us: int, next_us: int) -> int | None:
    """The instant after the first, up to the next, from which on the offset is the next one's."""
    if offset_us(first_us, in_zone) == offset_us(next_us, in_zone):
        return None
    while next_us - first_us > 1:
        middle_us = (first_us + next_us) // 2
        if offset_us(middle_us, in_zone) == offset_us(next_us, in_zone):
            next_us = middle_us
        else:
            first_us = middle_us
    return next_us
