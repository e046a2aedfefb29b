"""What publishing edited definitions would change: who enters and leaves, and what they did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, NamedTuple

from tailorbird.flow.answer import answer
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import MISSING, UNIT, Missing, Value, bounded
from tailorbird.language.definitions import Definition, Definitions, Key
from tailorbird.language.resolve import resolve
from tailorbird.language.syntax import parse
from tailorbird.ports.history import Warehouse

DAYS: Final = (7, 30)
"""How long after the instant it is looked at what people did."""

Change = Literal["new", "changed", "removed"]


class Afterwards(NamedTuple):
    """What some people did in (T, T + days], as far as there are data."""

    days: int
    covered_to_us: int
    """The end of the window, or the end of the data where that is earlier."""
    complete: bool
    people: int
    active: int
    """Those who did anything at all."""
    buyers: int
    orders: int
    orders_with_revenue: int
    revenue: int | Missing
    """In millionths, of the orders that say one; missing when none does, or out of range."""


class Moved(NamedTuple):
    """People who would enter, or leave, and what they did afterwards."""

    people: Sequence[str]
    afterwards: Sequence[Afterwards]


class Difference(NamedTuple):
    """One segment as published and as edited."""

    segment: str
    change: Change
    published_size: int
    edited_size: int
    entering: Moved
    leaving: Moved


def differences(
    history: Warehouse,
    published: Definitions,
    edited: Definitions,
    at_us: int,
    *,
    data_end_us: int,
    known_then: bool = False,
) -> list[Difference]:
    """The segments whose meaning was edited, compared at an instant; others are left out.

    A segment is edited when it or anything that it depends on is. ``data_end_us`` is the time of
    the last act: windows that reach beyond it are marked.
    """
    changes = edited_segments(published, edited)
    before = _members(history, published, changes, at_us, known_then)
    after = _members(history, edited, changes, at_us, known_then)
    moved = {
        name: (sorted(after[name] - before[name]), sorted(before[name] - after[name]))
        for name in changes
    }
    everybody = {person for both in moved.values() for people in both for person in people}
    outcomes = [_Outcomes(history, everybody, at_us, days, data_end_us) for days in DAYS]
    return [
        Difference(
            name,
            change,
            len(before[name]),
            len(after[name]),
            *(Moved(people, [o.of(people) for o in outcomes]) for people in moved[name]),
        )
        for name, change in changes.items()
    ]


def edited_segments(published: Definitions, edited: Definitions) -> dict[str, Change]:
    """The segments that do not mean the same in both, by name."""
    old, new = published.fingerprints(), edited.fingerprints()
    found: dict[str, Change] = {}
    for kind, name in sorted({*old, *new}):
        if kind != "segment":
            continue
        key: Key = (kind, name)
        if key not in old:
            found[name] = "new"
        elif key not in new:
            found[name] = "removed"
        elif old[key] != new[key]:
            found[name] = "changed"
    return found


def _members(
    history: Warehouse,
    definitions: Definitions,
    names: Iterable[str],
    at_us: int,
    known_then: bool,
) -> dict[str, set[str]]:
    by_key = definitions.by_key()
    keys: list[Key] = [("segment", name) for name in names if ("segment", name) in by_key]
    told = answer(history, definitions, keys, at_us, known_then=known_then) if keys else None
    there = {name for _, name in keys}
    return {
        name: set(told.members(name)) if told is not None and name in there else set()
        for name in names
    }


_QUESTIONS: Final = {
    "acts": "count(any_event(), last={window})",
    "orders": 'count("Order Completed", last={window})',
    "with revenue": 'count("Order Completed", where=properties.revenue >= 0 '
    "or properties.revenue < 0, last={window})",
    "revenue": 'sum("Order Completed", properties.revenue, last={window})',
}


class _Outcomes:
    """What everybody concerned did within some days after an instant."""

    def __init__(
        self,
        history: Warehouse,
        people: Collection[str],
        at_us: int,
        days: int,
        data_end_us: int,
    ) -> None:
        self._days = days
        self._end_us = at_us + days * DAY
        self._data_end_us = data_end_us
        self._found: dict[str, dict[str, Value]] = {}
        self._names: dict[str, str] = {}
        if not people:
            return
        window = f'"{days}d"'
        asked = [
            Definition("trait", name, parse(text.format(window=window)))
            for name, text in _QUESTIONS.items()
        ]
        definitions = resolve(asked).definitions
        keys = [definition.key for definition in asked]
        told = answer(history, definitions, keys, self._end_us, people=people)
        # Who was several people at T, as known then, may be one by now.
        self._names = told.asking.linked(self._end_us)
        for person in {self._names.get(person, person) for person in people}:
            self._found[person] = {key[1]: told.value(key, person) for key in keys}

    def of(self, people: Sequence[str]) -> Afterwards:
        """The sums over some of the people."""
        one_each = {self._names.get(person, person) for person in people}
        acts, orders, known, revenue = (
            [self._number(person, name) for person in one_each] for name in _QUESTIONS
        )
        recorded = sum(known)
        return Afterwards(
            self._days,
            min(self._end_us, max(self._data_end_us, self._end_us - self._days * DAY)),
            self._end_us <= self._data_end_us,
            len(people),
            sum(1 for count in acts if count),
            sum(1 for count in orders if count),
            sum(orders) // UNIT,
            recorded // UNIT,
            bounded(sum(revenue)) if recorded else MISSING,
        )

    def _number(self, person: str, name: str) -> int:
        value = self._found[person][name]
        return value if type(value) is int else 0
