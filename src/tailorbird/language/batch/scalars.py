"""Expressions for one person, from the values of what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from tailorbird.kernel.geometry import circle, inside, near, read_location
from tailorbird.kernel.instants import (
    days_to_anniversary,
    local_date,
    local_hour,
    local_weekday,
    parse_instant,
    to_date,
)
from tailorbird.kernel.values import MISSING, UNIT, Value, at_path
from tailorbird.language import functions
from tailorbird.language.functions import VALUE_FUNCTIONS
from tailorbird.language.operations import Apply, Const, Expr, Item
from tailorbird.language.text import is_found
from tailorbird.language.world import Workspace


class Here(NamedTuple):
    """What is in force for a person at an instant."""

    zone: ZoneInfo
    workspace: Workspace


class Needs(NamedTuple):
    """What an expression depends on besides its arguments."""

    here: bool
    now: bool


_OF_HERE: Final = frozenset({"instant", "at", "rank", "inside"})
_OF_NOW: Final = frozenset({"anniversary", "hour", "weekday", "date", "unexpired", "elapsed"})


def needs(expr: Expr) -> Needs:
    """Whether an expression depends on what is in force, or on the instant."""
    if not isinstance(expr, Apply):
        return Needs(False, False)
    below = [needs(part) for part in expr.arguments]
    now = expr.name in _OF_NOW or any(part.now for part in below)
    here = now or expr.name in _OF_HERE or any(part.here for part in below)
    return Needs(here, now)


def evaluate(
    expr: Expr, known: Mapping[Expr, Any], here: Here, now_us: int, item: Value = MISSING
) -> Any:
    """The value of an expression; ``known`` holds the values of what it reads."""
    if expr in known:
        return known[expr]
    if isinstance(expr, Const):
        return list(expr.value) if isinstance(expr.value, tuple) else expr.value
    if isinstance(expr, Item):
        return at_path(item, expr.path)
    assert isinstance(expr, Apply)
    if expr.literal == "each":
        items, body = expr.arguments
        return functions.each(
            expr.name,
            evaluate(items, known, here, now_us, item),
            lambda one: evaluate(body, known, here, now_us, one),
        )
    arguments = [evaluate(part, known, here, now_us, item) for part in expr.arguments]
    function = VALUE_FUNCTIONS.get(expr.name)
    if function is not None:
        return function(*arguments)
    return _SPECIAL[expr.name](expr.literal, arguments, here, now_us)


def _first_true(names: Any, conditions: list[Any], _here: Here, _now_us: int) -> Value:
    held = (name for name, holds in zip(names, conditions, strict=True) if holds is True)
    return next(held, MISSING)


def _instant_of(text: Value, here: Here) -> int | None:
    return parse_instant(text, here.zone) if isinstance(text, str) else None


def _instant(_literal: Any, arguments: list[Any], here: Here, _now_us: int) -> Value:
    found = _instant_of(arguments[0], here)
    return MISSING if found is None else found


def _at(literal: Any, _arguments: list[Any], here: Here, _now_us: int) -> Value:
    found = _instant_of(literal, here)
    return MISSING if found is None else found


def _elapsed(_literal: Any, arguments: list[Any], _here: Here, now_us: int) -> Value:
    return now_us - arguments[0] if type(arguments[0]) is int else MISSING


def _anniversary(days: Any, arguments: list[Any], here: Here, now_us: int) -> bool:
    born_us = _instant_of(arguments[0], here)
    if born_us is None:
        return False
    born, today = local_date(born_us, here.zone), local_date(now_us, here.zone)
    return days_to_anniversary(born, today) <= int(days)


def _unexpired(_literal: Any, arguments: list[Any], here: Here, now_us: int) -> bool:
    if not functions.exists(arguments[0]):
        return True
    expires_us = _instant_of(arguments[0], here)
    return expires_us is not None and now_us < expires_us


def _rank(name: Any, arguments: list[Any], here: Here, _now_us: int) -> Value:
    cuts = here.workspace.figures.get(name)
    return MISSING if cuts is None else functions.rank(cuts, arguments[0])


def _near(fixed: Any, arguments: list[Any], _here: Here, _now_us: int) -> bool:
    location = read_location(arguments[0])
    return location is not None and near(circle(*fixed), *location)


def _inside(name: Any, arguments: list[Any], here: Here, _now_us: int) -> bool:
    location, area = read_location(arguments[0]), here.workspace.areas.get(name)
    return location is not None and area is not None and inside(area, *location)


def _trend(lengths: Any, counts: list[Any], _here: Here, _now_us: int) -> Value:
    short, long = (count // UNIT for count in counts)
    return functions.trend(short, long, *lengths)


_Special = Callable[[Any, list[Any], Here, int], Any]
_SPECIAL: Final[dict[str, _Special]] = {
    "and": lambda _, conditions, *__: all(held is True for held in conditions),
    "or": lambda _, conditions, *__: any(held is True for held in conditions),
    "not": lambda _, conditions, *__: conditions[0] is not True,
    "at_least": lambda k, conditions, *_: sum(held is True for held in conditions) >= k,
    "matches": lambda pattern, arguments, *_: (
        isinstance(arguments[0], str) and is_found(pattern, arguments[0])
    ),
    "path": lambda path, arguments, *_: at_path(arguments[0], path),
    "bucket": lambda salt, arguments, *_: functions.bucket(salt, arguments[0]),
    "hour": lambda _, __, here, now_us: local_hour(now_us, here.zone) * UNIT,
    "weekday": lambda _, __, here, now_us: local_weekday(now_us, here.zone) * UNIT,
    "date": lambda _, __, here, now_us: to_date(local_date(now_us, here.zone)).isoformat(),
    "first_true": _first_true,
    "instant": _instant,
    "at": _at,
    "elapsed": _elapsed,
    "anniversary": _anniversary,
    "unexpired": _unexpired,
    "rank": _rank,
    "near": _near,
    "inside": _inside,
    "trend": _trend,
}
