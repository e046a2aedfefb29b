"""Logic, comparisons, arithmetic and functions of values."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any, Final

from tailorbird.kernel.instants import parse_instant
from tailorbird.kernel.values import (
    MISSING,
    UNIT,
    Missing,
    bounded,
    divide,
    equal,
    is_missing,
    multiply,
)
from tailorbird.language.ast import Call
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    number_argument,
    or_missing,
    text_argument,
)
from tailorbird.language.text import is_found

_TO_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _and(moment: Moment, call: Call, bound: Bound) -> bool:
    return all(moment.holds(arg, bound) for arg in call.args)


def _or(moment: Moment, call: Call, bound: Bound) -> bool:
    return any(moment.holds(arg, bound) for arg in call.args)


def _not(moment: Moment, call: Call, bound: Bound) -> bool:
    return not moment.holds(call.args[0], bound)


def _at_least(moment: Moment, call: Call, bound: Bound) -> bool:
    wanted = number_argument(call.args[0])
    return sum(moment.holds(arg, bound) for arg in call.args[1:]) * UNIT >= wanted


def _values(moment: Moment, call: Call, bound: Bound) -> list[Answer]:
    return [moment.evaluate(arg, bound) for arg in call.args]


def is_equal(a: Answer, b: Answer) -> bool:
    """Equality without coercion, also of versions; false when either is missing."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return a == b
    return equal(a, b)


def _equals(moment: Moment, call: Call, bound: Bound) -> bool:
    return is_equal(*_values(moment, call, bound))


def _is_in(moment: Moment, call: Call, bound: Bound) -> bool:
    value, items = _values(moment, call, bound)
    return isinstance(items, list) and any(is_equal(value, item) for item in items)


def _negated(operator: Operator) -> Operator:
    return lambda moment, call, bound: not operator(moment, call, bound)


def _ordered(compare: Callable[[Any, Any], bool]) -> Operator:
    def compared(moment: Moment, call: Call, bound: Bound) -> bool:
        a, b = _values(moment, call, bound)
        comparable = type(a) is type(b) and type(a) in (int, str, tuple)
        return comparable and compare(a, b)

    return compared


def _numeric(calculate: Callable[[int, int], int | Missing]) -> Operator:
    def calculated(moment: Moment, call: Call, bound: Bound) -> int | Missing:
        a, b = _values(moment, call, bound)
        both = type(a) is int and type(b) is int
        return calculate(a, b) if both else MISSING  # type: ignore[arg-type]

    return calculated


def _of_texts(ask: Callable[[str, str], bool]) -> Operator:
    def asked(moment: Moment, call: Call, bound: Bound) -> bool:
        a, b = _values(moment, call, bound)
        return isinstance(a, str) and isinstance(b, str) and ask(a, b)

    return asked


def _of_text(read: Callable[[str], Answer | None]) -> Operator:
    def given(moment: Moment, call: Call, bound: Bound) -> Answer:
        value = moment.evaluate(call.args[0], bound)
        return or_missing(read(value) if isinstance(value, str) else None)

    return given


def _contains(moment: Moment, call: Call, bound: Bound) -> bool:
    whole, part = _values(moment, call, bound)
    if isinstance(whole, list):
        return any(is_equal(item, part) for item in whole)
    return isinstance(whole, str) and isinstance(part, str) and part in whole


def _is_there(value: Answer) -> bool:
    return isinstance(value, tuple) or not is_missing(value)


def _exists(moment: Moment, call: Call, bound: Bound) -> bool:
    return _is_there(moment.evaluate(call.args[0], bound))


def _empty(moment: Moment, call: Call, bound: Bound) -> bool:
    value = moment.evaluate(call.args[0], bound)
    return not _is_there(value) or value in ("", [])


def _length(moment: Moment, call: Call, bound: Bound) -> Answer:
    value = moment.evaluate(call.args[0], bound)
    return len(value) * UNIT if isinstance(value, str | list) else MISSING


def _coalesce(moment: Moment, call: Call, bound: Bound) -> Answer:
    return next(filter(_is_there, _values(moment, call, bound)), MISSING)


def _parse_version(text: str) -> tuple[int, ...] | None:
    """The four parts of a version such as ``v1.10.0-beta``; None when it is none."""
    for mark in "-+":
        text = text.partition(mark)[0]
    groups = (text[1:] if text[:1] in ("v", "V") else text).split(".")
    if len(groups) > 4 or not all(_is_group(group) for group in groups):
        return None
    return tuple(int(group) for group in [*groups, "0", "0", "0"][:4])


def _is_group(text: str) -> bool:
    return 1 <= len(text) <= 9 and text.isascii() and text.isdigit()


def _instant(moment: Moment, call: Call, bound: Bound) -> Answer:
    value = moment.evaluate(call.args[0], bound)
    return or_missing(parse_instant(value, moment.zone) if isinstance(value, str) else None)


def _at(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return or_missing(parse_instant(text_argument(call), moment.zone))


OPERATORS: Final[dict[str, Operator]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "at_least": _at_least,
    "==": _equals,
    "!=": _negated(_equals),
    "<": _ordered(lt),
    "<=": _ordered(le),
    ">": _ordered(gt),
    ">=": _ordered(ge),
    "in": _is_in,
    "not in": _negated(_is_in),
    "+": _numeric(lambda a, b: bounded(a + b)),
    "-": _numeric(lambda a, b: bounded(a - b)),
    "*": _numeric(multiply),
    "/": _numeric(divide),
    "contains": _contains,
    "starts_with": _of_texts(str.startswith),
    "ends_with": _of_texts(str.endswith),
    "matches": _of_texts(lambda text, pattern: is_found(pattern, text)),
    "exists": _exists,
    "empty": _empty,
    "lower": _of_text(lambda text: text.translate(_TO_LOWER)),
    "length": _length,
    "coalesce": _coalesce,
    "version": _of_text(_parse_version),
    "instant": _instant,
    "at": _at,
}
