"""Aggregates over all facts: commutative monoids with a state of constant size, or by group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import local_date, parse_instant
from tailorbird.kernel.values import (
    MISSING,
    STDDEV_BOUND,
    UNIT,
    Value,
    bounded,
    mean,
    read_tagged,
    sample_deviation,
    write_tagged,
)
from tailorbird.language.functions import group_key
from tailorbird.language.live.scene import IGNORED, Lasting, ReplayError, Scene
from tailorbird.language.operations import Fixed, Fold, FoldKind
from tailorbird.language.predicates import (
    Compiled,
    View,
    compile_select,
    compile_value,
    depends_on_areas,
    depends_on_zone,
)


class LifetimeFold(Lasting):
    """A fold over all facts, or over those of a fixed span of time."""

    def __init__(self, fold: Fold) -> None:
        self.selects = (fold.select,)
        self._kind = fold.kind
        self._argument = fold.argument
        self._fits = compile_select(fold.select)
        self._value: Compiled = compile_value(fold.value) if fold.value is not None else _nothing
        self._fixed = fold.window if isinstance(fold.window, Fixed) else None
        self._zero, self._add, self._merge = MONOIDS[fold.kind]
        self._answer = _VALUES[fold.kind]
        where = fold.select.where
        self.zoned = (
            fold.kind == "active_days"
            or depends_on_zone(where)
            or depends_on_zone(fold.value)
            or (self._fixed is not None and _is_date(self._fixed))
        )
        self.placed = depends_on_areas(where) or depends_on_areas(fold.value)

    def add(self, state: Any, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        if not self._fits(view) or (self._fixed and not _lies_in(self._fixed, view)):
            return IGNORED
        fact = view.fact
        if self._kind == "active_days":
            value: Value = local_date(fact.time_us, view.zone)
        else:
            value = self._value(view)
        taken = self._add(self._zero() if state is None else state, fact, value)
        if isinstance(taken, dict) and len(taken) > limit:
            raise ReplayError("heavy")
        return taken

    def merge(self, one: Any, other: Any) -> Any:
        """See `LiveOperation`."""
        return self._merge(one, other)

    def value(self, state: Any, scene: Scene) -> Any:
        """See `LiveOperation`."""
        return self._answer(self._zero() if state is None else state, self._argument)


def _nothing(_view: View) -> Value:
    return MISSING


def _is_date(window: Fixed) -> bool:
    return any(text is not None and len(text) == 10 for text in (window.start, window.end))


def _lies_in(window: Fixed, view: View) -> bool:
    time_us = view.fact.time_us
    if window.start is not None:
        start_us = parse_instant(window.start, view.zone)
        if start_us is None or time_us < start_us:
            return False
    if window.end is not None:
        end_us = parse_instant(window.end, view.zone)
        if end_us is None or time_us >= end_us:
            return False
    return True


# Monoids: zero, add(state, fact, value), merge

Monoid = tuple[Callable[[], Any], Callable[[Any, Fact, Value], Any], Callable[[Any, Any], Any]]


def _count(state: int, _fact: Fact, _value: Value) -> int:
    return state + 1


def _plus(one: int, other: int) -> int:
    return one + other


def _add_number(state: list[int], _fact: Fact, value: Value) -> list[int]:
    if type(value) is not int:
        return state
    return [state[0] + 1, state[1] + value]


def _add_both(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _add_extreme(state: list[int], _fact: Fact, value: Value) -> list[int]:
    """[smallest, largest], empty while there is none."""
    if type(value) is not int:
        return state
    return [min(state[0], value), max(state[1], value)] if state else [value, value]


def _merge_extreme(one: list[int], other: list[int]) -> list[int]:
    if not one or not other:
        return one or other
    return [min(one[0], other[0]), max(one[1], other[1])]


def _add_square(state: list[int], _fact: Fact, value: Value) -> list[int]:
    """[numbers, sum, sum of squares, numbers too large to square]."""
    if type(value) is not int:
        return state
    large = abs(value) >= STDDEV_BOUND
    return [state[0] + 1, state[1] + value, state[2] + value * value, state[3] + large]


def _add_first(state: list[Any], fact: Fact, value: Value) -> list[Any]:
    entry = [fact.time_us, fact.id, value]
    return entry if not state or entry[:2] < state[:2] else state


def _add_latest(state: list[Any], fact: Fact, value: Value) -> list[Any]:
    entry = [fact.time_us, fact.id, value]
    return entry if not state or entry[:2] > state[:2] else state


def _add_anchor(state: list[Any], fact: Fact, _value: Value) -> list[Any]:
    return _add_first(state, fact, fact.subject)


def _merge_first(one: list[Any], other: list[Any]) -> list[Any]:
    if not one or not other:
        return one or other
    return min(one, other, key=lambda entry: entry[:2])


def _merge_latest(one: list[Any], other: list[Any]) -> list[Any]:
    if not one or not other:
        return one or other
    return max(one, other, key=lambda entry: entry[:2])


def _add_group(state: dict[str, list[Any]], fact: Fact, value: Value) -> dict[str, list[Any]]:
    """By value: [how many, time and id of the latest]."""
    if not group_key(value):
        return state
    key = write_tagged(value)
    group = state.get(key)
    if group is None:
        state[key] = [1, fact.time_us, fact.id]
    else:
        state[key] = [group[0] + 1, *max(group[1:], [fact.time_us, fact.id])]
    return state


def _merge_groups(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, list[Any]]:
    merged = dict(one)
    for key, group in other.items():
        mine = merged.get(key)
        merged[key] = group if mine is None else [mine[0] + group[0], *max(mine[1:], group[1:])]
    return merged


def _add_member(state: dict[int, int], _fact: Fact, value: Value) -> dict[int, int]:
    """By number: how many facts have it."""
    if type(value) is int:
        state[value] = state.get(value, 0) + 1
    return state


def _merge_members(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    merged = dict(one)
    for value, count in other.items():
        merged[value] = merged.get(value, 0) + count
    return merged


_COUNT: Final[Monoid] = (lambda: 0, _count, _plus)
_SUM: Final[Monoid] = (lambda: [0, 0], _add_number, _add_both)
_EXTREME: Final[Monoid] = (list, _add_extreme, _merge_extreme)
_FIRST: Final[Monoid] = (list, _add_first, _merge_first)
_LATEST: Final[Monoid] = (list, _add_latest, _merge_latest)
_GROUPS: Final[Monoid] = (dict, _add_group, _merge_groups)
_MEMBERS: Final[Monoid] = (dict, _add_member, _merge_members)
MONOIDS: Final[dict[FoldKind, Monoid]] = {
    "count": _COUNT,
    "sum": _SUM,
    "avg": _SUM,
    "min": _EXTREME,
    "max": _EXTREME,
    "stddev": (lambda: [0, 0, 0, 0], _add_square, _add_both),
    "first": _FIRST,
    "latest": _LATEST,
    "first_time": _FIRST,
    "last_time": _LATEST,
    "anchor": (list, _add_anchor, _merge_first),
    "count_by": _GROUPS,
    "distinct": _GROUPS,
    "favourite": _GROUPS,
    "top": _GROUPS,
    "percentile_of": _MEMBERS,
    "active_days": _MEMBERS,
}


# Values


def _first(groups: dict[Any, list[Any]], most: int) -> list[Any]:
    """Those of which there are most, of equal ones those that were there last."""
    return sorted(groups, key=groups.__getitem__, reverse=True)[:most]


def _ranked(groups: dict[str, list[Any]], most: int) -> list[Value]:
    return [read_tagged(key) for key in _first(groups, most)]


def _favourite(groups: dict[str, list[Any]], _argument: int) -> Value:
    ranked = _ranked(groups, 1)
    return ranked[0] if ranked else MISSING


def _percentile(members: dict[int, int], percent: int) -> Value:
    wanted = -(-percent * sum(members.values()) // 100)
    for value in sorted(members):
        wanted -= members[value]
        if wanted <= 0:
            return value
    return MISSING


def _deviation(state: list[int], _argument: int) -> Value:
    return MISSING if state[3] else sample_deviation(*state[:3])


_VALUES: Final[dict[FoldKind, Callable[[Any, int], Any]]] = {
    "count": lambda state, _: state * UNIT,
    "sum": lambda state, _: bounded(state[1]),
    "avg": lambda state, _: mean(state[1], state[0]),
    "min": lambda state, _: state[0] if state else MISSING,
    "max": lambda state, _: state[1] if state else MISSING,
    "stddev": _deviation,
    "first": lambda state, _: state[2] if state else MISSING,
    "latest": lambda state, _: state[2] if state else MISSING,
    "first_time": lambda state, _: (state[0], 0) if state else MISSING,
    "last_time": lambda state, _: (state[0], 0) if state else MISSING,
    "anchor": lambda state, _: state[2] if state else MISSING,
    "count_by": lambda state, _: max((g[0] for g in state.values()), default=0) * UNIT,
    "distinct": lambda state, _: len(state) * UNIT,
    "favourite": _favourite,
    "top": _ranked,
    "percentile_of": _percentile,
    "active_days": lambda state, _: len(state) * UNIT,
}
"""Instants are pairs (value, slope): the slope says how they move as time passes."""


def value_of(kind: FoldKind, argument: int, entries: list[Any], scene: Scene) -> Any:
    """The value of a fold over entries (time, id, value) of a window, in order."""
    zero, add, _ = MONOIDS[kind]
    if zero is dict and add is _add_group:
        return _value_of_groups(kind, argument, entries)
    state = zero()
    for time_us, fact_id, value in entries:
        if kind == "active_days":
            value = local_date(time_us, scene.zone)
        state = add(state, Fact("", time_us, fact_id, "", {}, {}, True, True, "", 0, 0), value)
    return _VALUES[kind](state, argument)


def _value_of_groups(kind: FoldKind, argument: int, entries: list[Any]) -> Any:
    """The same of what is grouped by value, which need not be written down to be told apart."""
    groups: dict[Any, list[Any]] = {}
    for time_us, fact_id, value in entries:
        if group_key(value):
            key = (type(value), value)
            group = groups.get(key)
            groups[key] = [1 if group is None else group[0] + 1, time_us, fact_id]
    if kind in ("favourite", "top"):
        ranked = [value for _, value in _first(groups, argument if kind == "top" else 1)]
        return ranked if kind == "top" else (ranked or [MISSING])[0]
    return _VALUES[kind](groups, argument)
