"""How an operation is answered by SQL: as columns of one pass over the rows, or by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tailorbird.kernel.values import MISSING, UNIT, IdNumber, Value, read_tagged
from tailorbird.language.batch.columns import Array, Coded, Column, Flags, Numbers
from tailorbird.language.batch.literals import text_list, whole
from tailorbird.language.batch.ordered import Chunk
from tailorbird.language.batch.typed import NotInSqlError, Typed

Decode: TypeAlias = Callable[[Sequence[Array]], Column]


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows an aggregate is over."""

    relation: str
    conditions: tuple[str, ...] = ()
    """All hold; the cheapest first."""
    names: frozenset[str] | None = None
    """Facts with these names alone can fit; None: of any name."""
    after: int | None = None
    """Facts at or before this instant cannot fit; None: of any time."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """Aggregates that share a pass over the rows with others."""

    rows: Rows
    build: Callable[[str | None], Sequence[str]]
    """The aggregates over the rows that meet a condition; None: all of them."""
    decode: Decode
    default: Value
    """The value of somebody without any such row."""
    otherwise: Otherwise | None = None
    """Who is told by rows in order where the aggregates do not tell."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What answers those of whom aggregates do not tell."""

    unsure: Callable[[Sequence[Array]], Array]
    """Given the aggregates, of which rows they do not tell."""
    ordered: Ordered
    """Its column is of the same kind, and nobody has another default."""


@dataclass(frozen=True, slots=True)
class Queried:
    """A query of its own, whose first column is ``who``."""

    sql: str
    decode: Decode
    default: Value
    width: int = 1
    """How many columns follow the first."""


Computed: TypeAlias = tuple[Array, list[Array]]
"""People in ascending order, and what was found out about each."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A function of the rows in order, taken chunk by chunk."""

    rows: Rows
    columns: tuple[str, ...]
    """What the function reads of each row, besides the person and the time."""
    partition: str | None
    """What tells the stories of a person apart, a text."""
    compute: Callable[[Chunk, Array], Computed]
    """It is also given the instants asked about, row by row."""
    decode: Decode
    default: Value
    by_id: bool = True
    """Whether the order of rows with one time matters."""


Reading: TypeAlias = Aggregated | Queried | Ordered


def when(condition: str | None, value: str) -> str:
    """A value where a condition holds, else null.

    The engine evaluates the value only for those rows, unlike that of a filtered aggregate.
    """
    return value if condition is None else f"CASE WHEN {condition} THEN {value} END"


def where(conditions: Sequence[str]) -> str:
    """A clause for conditions that all hold."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def row_conditions(rows: Rows) -> list[str]:
    """All that holds for some rows, what the engine can look up first."""
    found = [] if rows.names is None else [named(rows.names)]
    if rows.after is not None:
        found.append(later_than(rows.after))
    return [*found, *(condition for condition in rows.conditions if condition not in found)]


def named(names: frozenset[str]) -> str:
    """That a fact has one of these names."""
    return f"name IN {text_list(names)}"


def later_than(instant_us: int) -> str:
    """That a fact is later than an instant."""
    return f"time_us > {whole(instant_us)}"


def whole_code(typed: Typed) -> str:
    """A text that says which value it is, lists and objects too; empty when it is missing."""
    if typed.listing is not None and typed.json is None:
        raise NotInSqlError("an object whose parts are stored elsewhere")
    parts = [typed.key()]
    if typed.json is not None:
        parts.append(f"'j' || {typed.json}")
    return f"coalesce({', '.join(parts)}, '')"


def from_code(code: str) -> Value:
    """The value that a code stands for."""
    kind, rest = code[:1], code[1:]
    if kind == "t":
        return rest
    if kind == "n":
        return int(rest)
    if kind == "b":
        return rest == "1"
    if kind == "#":
        return IdNumber(rest)
    return read_tagged(rest) if kind == "j" else MISSING


def counted(arrays: Sequence[Array]) -> Column:
    """A count as a number."""
    return Numbers(filled(arrays[0]) * UNIT, np.full(len(arrays[0]), True))


def numbers(arrays: Sequence[Array]) -> Column:
    """Numbers, missing where null."""
    return Numbers(filled(arrays[0]), ~nulls(arrays[0]))


def coded(arrays: Sequence[Array]) -> Column:
    """Values of any type, from their codes."""
    places: dict[str, int] = {}
    codes = [places.setdefault(code, len(places)) for code in texts(arrays[0])]
    return Coded(np.array(codes, np.int64), [from_code(code) for code in places])


def flags(arrays: Sequence[Array]) -> Column:
    """Booleans, false where null."""
    return Flags(filled(arrays[0]).astype(bool))


def texts(array: Array) -> list[str]:
    """Texts, empty where null."""
    found: list[str] = np.ma.filled(array, "").tolist()
    return found


def filled(array: Array) -> Array:
    """Integers, 0 where null."""
    found: Array = np.ma.filled(array, 0)
    return found


def nulls(array: Array) -> Array:
    """Where an array of an answer is null."""
    found: Array = np.ma.getmaskarray(array)
    return found
