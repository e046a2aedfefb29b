"""The pure functions of the language on values: comparing, calculating, texts and lists.

Every one is total: what it cannot answer is ``MISSING``, or false for a condition.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Final

from tailorbird.kernel.limits import ITEMS
from tailorbird.kernel.values import (
    MISSING,
    UNIT,
    IdNumber,
    Value,
    bounded,
    divide,
    divide_rounded,
    equal,
    multiply,
)
from tailorbird.language.arguments import parse_version

_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_BUCKETS: Final = 10_000


def less(a: Value, b: Value) -> bool:
    """Whether two numbers, texts or versions are in ascending order."""
    kind = type(a)
    return kind is type(b) and kind in _ORDERED and a < b  # type: ignore[operator]


_ORDERED: Final = frozenset({int, str, tuple})


def less_or_equal(a: Value, b: Value) -> bool:
    """Whether two numbers, texts or versions are equal or in ascending order."""
    kind = type(a)
    return kind is type(b) and kind in _ORDERED and a <= b  # type: ignore[operator]


def same(a: Any, b: Any) -> bool:
    """Equality; versions too."""
    return equal(a, b) or (type(a) is tuple and a == b)


def is_in(a: Value, items: Sequence[Value] | Value) -> bool:
    """Whether a value equals an item of a list; false for what is no list."""
    return isinstance(items, list | tuple) and any(equal(a, item) for item in items)


def add(a: Value, b: Value) -> Value:
    """The exact sum of two numbers."""
    return bounded(a + b) if type(a) is int and type(b) is int else MISSING


def subtract(a: Value, b: Value) -> Value:
    """The exact difference of two numbers."""
    return bounded(a - b) if type(a) is int and type(b) is int else MISSING


def times(a: Value, b: Value) -> Value:
    """The product of two numbers, rounded once."""
    return multiply(a, b) if type(a) is int and type(b) is int else MISSING


def over(a: Value, b: Value) -> Value:
    """The quotient of two numbers, rounded once; missing when divided by zero."""
    return divide(a, b) if type(a) is int and type(b) is int else MISSING


def contains(a: Value, b: Value) -> bool:
    """Whether a text stands in a text, or an item equals the value."""
    if isinstance(a, str):
        return isinstance(b, str) and b in a
    return isinstance(a, list) and is_in(b, a)


def starts_with(a: Value, b: Value) -> bool:
    """Whether a text begins with another."""
    return isinstance(a, str) and isinstance(b, str) and a.startswith(b)


def ends_with(a: Value, b: Value) -> bool:
    """Whether a text ends with another."""
    return isinstance(a, str) and isinstance(b, str) and a.endswith(b)


def exists(a: Value) -> bool:
    """Whether a value is not missing."""
    return a is not None and a is not MISSING


def empty(a: Value) -> bool:
    """Whether a value is missing, an empty text or an empty list."""
    return a is None or a is MISSING or a == "" or a == []


def lower(a: Value) -> Value:
    """A text with the letters A to Z in lower case."""
    return a.translate(_LOWER) if isinstance(a, str) else MISSING


def length(a: Value) -> Value:
    """Code points of a text or items of a list, as a number."""
    return len(a) * UNIT if isinstance(a, str | list) else MISSING


def coalesce(*values: Any) -> Any:
    """The first value that is not missing."""
    for value in values:
        if value is not None and value is not MISSING:
            return value
    return MISSING


def version(a: Value) -> Any:
    """Four whole numbers of a version text."""
    return (parse_version(a) or MISSING) if isinstance(a, str) else MISSING


def each(op: str, items: Value, body: Callable[[Value], Any]) -> Value:
    """``any``, ``all`` or ``sum`` of a body over the items of a list, the first 1,000 of it."""
    if not isinstance(items, list):
        return MISSING if op == "sum" else False
    results = (body(item) for item in items[:ITEMS])
    if op == "any":
        return any(results)
    if op == "all":
        return all(results)
    return bounded(sum(result for result in results if type(result) is int))


def bucket(salt: str, anchor: Value) -> Value:
    """A number from 0 to 99.99 that stays the same for a salt and an anchor."""
    if not isinstance(anchor, str):
        return MISSING
    digest = hashlib.sha256(f"{salt}:{anchor}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _BUCKETS * (UNIT // 100)


def trend(short_count: int, long_count: int, short_us: int, long_us: int) -> Value:
    """Frequency in a short time against that in a long one; the counts are numbers."""
    if not long_count:
        return MISSING
    return bounded(divide_rounded(short_count * long_us * UNIT, long_count * short_us))


def rank(cuts: Sequence[int], value: Value) -> Value:
    """The largest p whose cut point is not above the value, as a number; 0 below the first."""
    return bisect_right(cuts, value) * UNIT if type(value) is int else MISSING


VALUE_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "==": same,
    "<": less,
    "<=": less_or_equal,
    ">": lambda a, b: less(b, a),
    ">=": lambda a, b: less_or_equal(b, a),
    "in": is_in,
    "+": add,
    "-": subtract,
    "*": times,
    "/": over,
    "contains": contains,
    "starts_with": starts_with,
    "ends_with": ends_with,
    "exists": exists,
    "empty": empty,
    "lower": lower,
    "length": length,
    "coalesce": coalesce,
    "version": version,
}
"""What needs nothing but its arguments, by the operator's name."""


def group_key(value: Value) -> bool:
    """Whether a value can be counted as one among different values."""
    return type(value) in (int, str, bool, IdNumber)
