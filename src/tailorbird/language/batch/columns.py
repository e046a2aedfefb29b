"""A value for each of many people, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from tailorbird.kernel.values import MISSING, Value

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Flags:
    """Whether a condition holds."""

    values: Array


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers, durations or instants; where ``present`` is false the value is missing."""

    values: Array
    """64-bit integers; 0 where missing."""
    present: Array


@dataclass(frozen=True, slots=True)
class Coded:
    """Values of any type: each person's is ``entries[codes[i]]``."""

    codes: Array
    entries: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Same:
    """One value for everybody."""

    value: Any


Column: TypeAlias = Flags | Numbers | Coded | Same

NOTHING: Final = Same(MISSING)


def value_at(column: Column, row: int) -> Value:
    """The value of one person."""
    if isinstance(column, Flags):
        return bool(column.values[row])
    if isinstance(column, Numbers):
        return int(column.values[row]) if column.present[row] else MISSING
    if isinstance(column, Coded):
        found: Value = column.entries[column.codes[row]]
        return found
    value: Value = column.value
    return value


def column_of(values: Sequence[Any]) -> Column:
    """The column of a list of values: the narrowest kind that holds them all."""
    kinds = {type(value) for value in values}
    if kinds <= {bool}:
        return Flags(np.fromiter(values, bool, len(values)))
    if kinds <= {int, type(MISSING)}:
        present = np.fromiter((value is not MISSING for value in values), bool, len(values))
        numbers = (0 if value is MISSING else value for value in values)
        return Numbers(np.fromiter(numbers, np.int64, len(values)), present)
    return Coded(np.arange(len(values)), values)


def as_flags(column: Column, size: int) -> Array:
    """Which people a column is true for."""
    if isinstance(column, Flags):
        return column.values
    if isinstance(column, Coded):
        true = np.fromiter((entry is True for entry in column.entries), bool, len(column.entries))
        return _taken(true, column.codes)
    return np.full(size, isinstance(column, Same) and column.value is True)


def as_numbers(column: Column, size: int) -> Numbers:
    """The numbers of a column; what is no number is missing."""
    if isinstance(column, Numbers):
        return column
    if isinstance(column, Coded):
        found = column_of([e if type(e) is int else MISSING for e in column.entries])
        if isinstance(found, Numbers):
            return Numbers(_taken(found.values, column.codes), _taken(found.present, column.codes))
    if isinstance(column, Same) and type(column.value) is int:
        return Numbers(np.full(size, column.value, np.int64), np.full(size, True))
    return Numbers(np.zeros(size, np.int64), np.full(size, False))


def as_coded(column: Column, size: int) -> Coded:
    """A column as codes, each standing for another value."""
    if isinstance(column, Coded):
        return column
    if isinstance(column, Flags):
        return Coded(column.values.astype(np.int64), (False, True))
    if isinstance(column, Same):
        return Coded(np.zeros(size, np.int64), (column.value,))
    distinct, codes = np.unique(column.values, return_inverse=True)
    codes = np.where(column.present, codes + 1, 0)
    return Coded(codes, (MISSING, *distinct.tolist()))


def taken(column: Column, rows: Array) -> Column:
    """The column of other people: the i-th is the one that was ``rows[i]``."""
    if isinstance(column, Flags):
        return Flags(column.values[rows])
    if isinstance(column, Numbers):
        return Numbers(column.values[rows], column.present[rows])
    if isinstance(column, Coded):
        return Coded(column.codes[rows], column.entries)
    return column


def replaced(flags: Column, rows: Array, column: Column) -> Flags:
    """Conditions that for the people in some rows are those of another column."""
    values = as_flags(flags, 0).copy()
    values[rows] = as_flags(column, len(rows))
    return Flags(values)


def spread(column: Column, places: Array, size: int, default: Value) -> Column:
    """A column for ``size`` people, in which those not in ``places`` have a default value."""
    if isinstance(column, Flags) and type(default) is bool:
        flags = np.full(size, default)
        flags[places] = column.values
        return Flags(flags)
    if isinstance(column, Numbers) and (default is MISSING or type(default) is int):
        values = np.full(size, 0 if default is MISSING else default, np.int64)
        present = np.full(size, default is not MISSING)
        values[places], present[places] = column.values, column.present
        return Numbers(values, present)
    coded = as_coded(column, len(places))
    codes = np.full(size, len(coded.entries), np.int64)
    codes[places] = coded.codes
    return Coded(codes, (*coded.entries, default))


def joined(columns: Sequence[Column], sizes: Sequence[int]) -> Column:
    """The people of several columns of one kind of value, one after the other."""
    if all(isinstance(column, Flags) for column in columns):
        return Flags(np.concatenate([as_flags(c, n) for c, n in zip(columns, sizes, strict=True)]))
    if all(isinstance(column, Numbers) for column in columns):
        numbers = [as_numbers(c, n) for c, n in zip(columns, sizes, strict=True)]
        values = np.concatenate([column.values for column in numbers])
        return Numbers(values, np.concatenate([column.present for column in numbers]))
    entries: list[Any] = []
    codes: list[Array] = []
    for column, size in zip(columns, sizes, strict=True):
        coded = as_coded(column, size)
        codes.append(coded.codes + len(entries))
        entries.extend(coded.entries)
    return Coded(np.concatenate(codes), entries)


def _taken(entries: Array, codes: Array) -> Array:
    return entries[codes] if len(entries) else np.zeros(len(codes), entries.dtype)
