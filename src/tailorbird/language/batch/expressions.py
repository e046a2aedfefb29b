"""Expressions over columns: every function of the language for many people at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tailorbird.kernel.values import MISSING, NUMBER_BOUND, UNIT
from tailorbird.language.batch.columns import (
    Array,
    Coded,
    Column,
    Flags,
    Numbers,
    Same,
    as_coded,
    as_flags,
    as_numbers,
    column_of,
    taken,
)
from tailorbird.language.batch.scalars import Here, evaluate, needs
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Apply, Const, Expr, Given, Leaf, Operation


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked about at which instant, and what is in force for each."""

    now_us: Array
    heres: Sequence[Here]
    """What is in force, without the instant; `here_of` says whose is which."""
    here_of: Array

    @property
    def size(self) -> int:
        """How many questions these are."""
        return len(self.now_us)


class Evaluation:
    """The values of expressions from the columns of their operations."""

    def __init__(
        self,
        asked: Asked,
        columns: Mapping[Operation, Column],
        expressions: Mapping[Key, Expr],
        known: Mapping[Expr, Column] | None = None,
    ) -> None:
        """``known`` are expressions whose values are given and so not worked out."""
        self._asked = asked
        self._columns = columns
        self._expressions = expressions
        self._known: dict[Expr, Column] = dict(known or {})

    def definition(self, key: Key) -> Column:
        """The value of a definition."""
        return self.column(self._expressions[key])

    def column(self, expr: Expr) -> Column:
        """The value of an expression for everybody who is asked about."""
        found = self._known.get(expr)
        if found is None:
            found = self._known[expr] = self._column(expr)
        return found

    def _column(self, expr: Expr) -> Column:
        if isinstance(expr, Const):
            return Same(list(expr.value) if isinstance(expr.value, tuple) else expr.value)
        if isinstance(expr, Leaf):
            return self._columns[expr.operation]
        if isinstance(expr, Given):
            return self.column(self._expressions[expr.key])
        assert isinstance(expr, Apply)
        quick = _QUICK.get(expr.name)
        if quick is None or expr.literal == "each":
            return self._one_by_one(expr)
        arguments = [self.column(argument) for argument in expr.arguments]
        found = quick(self._asked, expr, arguments)
        return self._one_by_one(expr) if found is None else found

    def _one_by_one(self, expr: Apply) -> Column:
        """Evaluate once for each different combination of what the expression reads."""
        reads = _reads(expr)
        inputs = [self.column(read) for read in reads]
        varying = [(r, c) for r, c in zip(reads, inputs, strict=True) if not isinstance(c, Same)]
        fixed = {
            read: column.value
            for read, column in zip(reads, inputs, strict=True)
            if isinstance(column, Same)
        }
        size = self._asked.size
        coded = [as_coded(column, size) for _, column in varying]
        clock = needs(expr)
        keys = [column.codes for column in coded]
        if clock.here:
            keys.append(self._asked.here_of)
        if clock.now:
            keys.append(self._asked.now_us)
        rows, codes = _combinations(keys, size)
        results: list[Any] = []
        for row in rows.tolist():
            known = dict(fixed)
            for (read, _), column in zip(varying, coded, strict=True):
                known[read] = column.entries[column.codes[row]]
            here = self._asked.heres[self._asked.here_of[row]]
            results.append(evaluate(expr, known, here, int(self._asked.now_us[row])))
        if len(results) == 1:
            return Same(results[0])
        return taken(column_of(results), codes) if results else Same(MISSING)


def _reads(expr: Apply) -> list[Expr]:
    """What an expression needs to know before it is evaluated by itself."""
    if expr.literal == "each":
        found: dict[Expr, None] = {}
        for part in expr.arguments:
            found.update(dict.fromkeys(_free(part)))
        return list(found)
    return list(dict.fromkeys(expr.arguments))


def _free(expr: Expr) -> list[Expr]:
    """Leaves and references, wherever they stand; items are bound within."""
    if isinstance(expr, Leaf | Given):
        return [expr]
    if isinstance(expr, Apply):
        return [found for part in expr.arguments for found in _free(part)]
    return []


def _combinations(keys: Sequence[Array], size: int) -> tuple[Array, Array]:
    """One row of each combination of keys, and which combination each row has."""
    if not keys:
        return np.arange(min(size, 1)), np.zeros(size, np.int64)
    combined = np.zeros(size, np.int64)
    for key in keys:
        _, codes = np.unique(key, return_inverse=True)
        _, combined = np.unique(combined * (size + 1) + codes, return_inverse=True)
    _, rows = np.unique(combined, return_index=True)
    return rows, combined


Quick = Callable[[Asked, Apply, list[Column]], Column | None]


def _logic(combine: Any) -> Quick:
    def quick(asked: Asked, _expr: Apply, columns: list[Column]) -> Column:
        return Flags(combine.reduce([as_flags(column, asked.size) for column in columns]))

    return quick


def _not(asked: Asked, _expr: Apply, columns: list[Column]) -> Column:
    return Flags(~as_flags(columns[0], asked.size))


def _at_least(asked: Asked, expr: Apply, columns: list[Column]) -> Column:
    held = sum(as_flags(column, asked.size).astype(np.int64) for column in columns)
    wanted: Any = expr.literal
    return Flags(np.asarray(held) >= wanted)


def _first_true(asked: Asked, expr: Apply, columns: list[Column]) -> Column:
    names: Any = expr.literal
    codes = np.full(asked.size, len(names), np.int64)
    for number, column in reversed(list(enumerate(columns))):
        codes[as_flags(column, asked.size)] = number
    return Coded(codes, (*names, MISSING))


def _both_numbers(columns: list[Column]) -> bool:
    return all(
        isinstance(column, Numbers) or (isinstance(column, Same) and type(column.value) is int)
        for column in columns
    ) and any(isinstance(column, Numbers) for column in columns)


def _comparison(compare: Callable[[Array, Array], Array]) -> Quick:
    def quick(asked: Asked, _expr: Apply, columns: list[Column]) -> Column | None:
        if not _both_numbers(columns):
            return None
        a, b = (as_numbers(column, asked.size) for column in columns)
        return Flags(compare(a.values, b.values) & a.present & b.present)

    return quick


def _calculation(calculate: Callable[[Array, Array], Array]) -> Quick:
    """Sums and differences of numbers, which fit 64 bits before they are cut to the range."""

    def quick(asked: Asked, _expr: Apply, columns: list[Column]) -> Column | None:
        if not _both_numbers(columns):
            return None
        a, b = (as_numbers(column, asked.size) for column in columns)
        return _bounded(calculate(a.values, b.values), a.present & b.present)

    return quick


def _bounded(values: Array, present: Array) -> Numbers:
    present = present & (np.abs(values) < NUMBER_BOUND)
    return Numbers(np.where(present, values, 0), present)


def _elapsed(asked: Asked, _expr: Apply, columns: list[Column]) -> Column:
    then = as_numbers(columns[0], asked.size)
    return Numbers(np.where(then.present, asked.now_us - then.values, 0), then.present)


_SAFE: Final = 2**62


def _times(asked: Asked, _expr: Apply, columns: list[Column]) -> Column | None:
    """Products that fit 64 bits; larger ones are left to exact integers."""
    if not _both_numbers(columns):
        return None
    a, b = (as_numbers(column, asked.size) for column in columns)
    if _largest(a) * _largest(b) * 2 + UNIT >= _SAFE:
        return None
    return Numbers(_rounded(a.values * b.values, np.array(UNIT)), a.present & b.present)


def _over(asked: Asked, _expr: Apply, columns: list[Column]) -> Column | None:
    if not _both_numbers(columns):
        return None
    a, b = (as_numbers(column, asked.size) for column in columns)
    if _largest(a) * UNIT * 2 + _largest(b) >= _SAFE:
        return None
    present = a.present & b.present & (b.values != 0)
    divisor = np.where(present, b.values, 1)
    return _bounded(_rounded(a.values * UNIT * np.sign(divisor), np.abs(divisor)), present)


def _largest(numbers: Numbers) -> int:
    return int(np.abs(numbers.values).max(initial=0))


def _rounded(numerator: Array, denominator: Array) -> Array:
    """Quotients rounded half away from zero; denominators are positive."""
    quotient = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    signed: Array = np.where(numerator < 0, -quotient, quotient)
    return signed


_QUICK: Final[dict[str, Quick]] = {
    "and": _logic(np.logical_and),
    "or": _logic(np.logical_or),
    "not": _not,
    "at_least": _at_least,
    "first_true": _first_true,
    "==": _comparison(np.equal),
    "<": _comparison(np.less),
    "<=": _comparison(np.less_equal),
    ">": _comparison(np.greater),
    ">=": _comparison(np.greater_equal),
    "+": _calculation(np.add),
    "-": _calculation(np.subtract),
    "*": _times,
    "/": _over,
    "elapsed": _elapsed,
}
