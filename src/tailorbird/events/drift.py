"""Whether events are as they were at the same hours of past weeks.

Everything is compared with what is usual by medians: one odd week moves neither what is usual nor
how much it varies. What is told is far outside of that, and large enough to be looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from tailorbird.kernel.values import UNIT, IdNumber

What = Literal["volume", "missing", "types", "values", "size"]
"""How many there are, how often a property is missing, of which types it is, which texts it has,
and how large its numbers are."""

FAR: Final = 5.0
"""So many deviations from what is usual are far."""
AS_DEVIATION: Final = 1.4826
"""A median of distances times this is the standard deviation of what is normally distributed."""
WEEKS: Final = 4
"""Past weeks that there have to be."""
MOST_WEEKS: Final = 52
MOST_HOURS: Final = 168
"""More hours of each week there are none."""
FEW: Final = 20
"""Fewer events in a week are not compared by their properties, nor by how many they are."""
SHARE: Final = 0.05
"""A change of a share by less than this is told of nobody."""
PART: Final = 0.1
"""Nor is one of a number by less than this part of it."""
TEXTS: Final = 50
"""A property with more different texts is not compared by them."""
_KEYS: Final = 200


class Alarm(NamedTuple):
    """Something that is not as usual."""

    event: str
    property: str
    """Empty for the event itself."""
    what: What
    now: float
    usual: float
    far: float
    """How many deviations they lie apart."""
    says: str


@dataclass(slots=True)
class Slot:
    """A sample of one event in one week."""

    facts: int = 0
    """How many are in the sample."""
    types: dict[str, Counter[str]] = field(default_factory=dict)
    texts: dict[str, Counter[str]] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def add(self, properties: Mapping[str, Any]) -> None:
        """One more fact of the sample."""
        self.facts += 1
        for key, value in properties.items():
            if key not in self.types and len(self.types) >= _KEYS:
                continue
            kind = _kind(value)
            if kind:
                self.types.setdefault(key, Counter())[kind] += 1
            if kind == "text":
                texts = self.texts.setdefault(key, Counter())
                if value in texts or len(texts) <= TEXTS:
                    texts[value] += 1
            elif kind == "number":
                self.numbers.setdefault(key, []).append(value / UNIT)

    def missing(self, key: str) -> float:
        """In which share of the sample a property is missing."""
        return 1 - sum(self.types.get(key, Counter()).values()) / self.facts


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number"
    if isinstance(value, IdNumber):
        return "id"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else ""


class Usual(NamedTuple):
    """What past weeks have in common."""

    middle: float
    deviation: float

    def far(self, now: float, least: float) -> float:
        """How many deviations something lies from it, one being at least so much."""
        return abs(now - self.middle) / max(self.deviation, least)


def usual(past: Sequence[float]) -> Usual:
    """What is usual by medians.

    >>> usual([10, 11, 10, 500])
    Usual(middle=10.5, deviation=0.7413)
    """
    middle = median(past)
    return Usual(middle, AS_DEVIATION * median(abs(one - middle) for one in past))


def of_volume(event: str, now: int, past: Sequence[int]) -> Alarm | None:
    """Whether an event comes as often as usual; ``past``: by week."""
    if len(past) < WEEKS:
        return None
    known = usual(past)
    if max(now, known.middle) < FEW:
        return None
    far = known.far(now, max(sqrt(max(known.middle, 1)), PART * known.middle / FAR))
    if far <= FAR or abs(now - known.middle) < PART * known.middle:
        return None
    says = f"{now:,} came, {known.middle:,.0f} are usual"
    return Alarm(event, "", "volume", now, known.middle, far, says)


def of_properties(event: str, now: Slot, past: Sequence[Slot]) -> Iterator[Alarm]:
    """How the properties of an event are not as usual; ``past``: by week."""
    known = [slot for slot in past if slot.facts >= FEW]
    if len(known) < WEEKS or now.facts < FEW:
        return
    keys = dict.fromkeys([*now.types, *(key for slot in known for key in slot.types)])
    for key in keys:
        yield from filter(None, (_missing(event, key, now, known), _types(event, key, now, known)))
        yield from filter(None, (_texts(event, key, now, known), _size(event, key, now, known)))


def _missing(event: str, key: str, now: Slot, past: Sequence[Slot]) -> Alarm | None:
    share, known = now.missing(key), usual([slot.missing(key) for slot in past])
    by_chance = sqrt(max(known.middle * (1 - known.middle), 0.25 / now.facts) / now.facts)
    far = known.far(share, by_chance)
    if far <= FAR or abs(share - known.middle) < SHARE:
        return None
    says = f"missing in {share:.0%} of them, in {known.middle:.0%} usually"
    return Alarm(event, key, "missing", share, known.middle, far, says)


def _types(event: str, key: str, now: Slot, past: Sequence[Slot]) -> Alarm | None:
    found = _apart(key, now.types, [slot.types for slot in past])
    if found is None:
        return None
    share, known, far, most = found
    return Alarm(event, key, "types", share, known, far, f"{most} where it is another type usually")


def _texts(event: str, key: str, now: Slot, past: Sequence[Slot]) -> Alarm | None:
    tables = [now.texts, *(slot.texts for slot in past)]
    if any(len(table.get(key, ())) > TEXTS for table in tables):
        return None
    found = _apart(key, now.texts, [slot.texts for slot in past])
    if found is None:
        return None
    share, known, far, most = found
    says = f"{share:.0%} have other values than usual, most of all {most[:40]!r}"
    return Alarm(event, key, "values", share, known, far, says)


Table = Mapping[str, Counter[str]]


def _apart(key: str, now: Table, past: Sequence[Table]) -> tuple[float, float, float, str] | None:
    """How far the shares of some values lie from those of all past weeks together.

    Gives the share that has moved, that which moves usually, how far that is, and the value that
    has won most. None when it is as usual.
    """
    counts = [table.get(key, Counter()) for table in past]
    weeks = [one for one in counts if one.total() >= FEW]
    present = now.get(key, Counter())
    if len(weeks) < WEEKS or present.total() < FEW:
        return None
    together: Counter[str] = sum(weeks, Counter())
    moved = _distance(present, together)
    known = usual([_distance(one, together - one) for one in weeks])
    by_chance = sqrt(len(together) / present.total()) / 2
    far = known.far(moved, by_chance / 2)
    if far <= FAR or moved < known.middle + 2 * SHARE:
        return None
    gains = {v: n / present.total() - together[v] / together.total() for v, n in present.items()}
    return moved, known.middle, far, max(gains, key=gains.__getitem__)


def _distance(one: Counter[str], other: Counter[str]) -> float:
    """Half the sum of the differences of shares: 0 for the same, 1 for nothing in common."""
    here, there = max(one.total(), 1), max(other.total(), 1)
    return sum(abs(one[v] / here - other[v] / there) for v in one.keys() | other.keys()) / 2


def _size(event: str, key: str, now: Slot, past: Sequence[Slot]) -> Alarm | None:
    weeks = [n for slot in past if len(n := slot.numbers.get(key, [])) >= FEW]
    present = now.numbers.get(key, [])
    if len(weeks) < WEEKS or len(present) < FEW:
        return None
    middle, known = median(present), usual([median(one) for one in weeks])
    spread = median(usual(one).deviation for one in weeks)
    by_chance = 1.2533 * spread / sqrt(len(present))
    far = known.far(middle, max(by_chance, 1e-9))
    if far <= FAR or abs(middle - known.middle) < PART * abs(known.middle):
        return None
    says = f"the middle value is {middle:g}, {known.middle:g} is usual"
    return Alarm(event, key, "size", middle, known.middle, far, says)
