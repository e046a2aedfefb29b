"""Rows as the values that messages and facts are made of, one row after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from tailorbird.simulate.catalogue import shelf
from tailorbird.simulate.columns import (
    COLUMNS,
    LINES,
    Chosen,
    Column,
    Day,
    Flag,
    Hex,
    Kind,
    Labelled,
    Moment,
    Scaled,
)
from tailorbird.simulate.draws import Ints
from tailorbird.simulate.rows import ORDERED, Items, Rows

Record: TypeAlias = dict[str, Any]
Numbers: TypeAlias = Callable[[Ints, int], Sequence[object]]
"""How counts of parts of a unit become numbers: doubles for JSON, millionths for facts."""

_BY_NAME: Final = {column.name: column for column in COLUMNS}
_INNER: Final = tuple(column for column in COLUMNS if column.path)


def cells(name: str, rows: Rows, numbers: Numbers) -> list[Any]:
    """One column's values, one a row; None where a row has none."""
    column = _BY_NAME[name]
    found: list[Any] = [None] * len(rows)
    for row, value in zip(*_present(column, rows, numbers), strict=True):
        found[row] = value
    return found


def records(rows: Rows, numbers: Numbers) -> tuple[list[Record], list[Record]]:
    """The properties and the context of every row, without what a row has not."""
    roots: dict[str, list[Record]] = {
        "properties": [{} for _ in range(len(rows))],
        "context": [{} for _ in range(len(rows))],
    }
    for column in _INNER:
        root, *folders, key = column.path
        below = roots[root]
        for row, value in zip(*_present(column, rows, numbers), strict=True):
            record = below[row]
            for folder in folders:
                record = record.setdefault(folder, {})
            record[key] = value
    for row in np.flatnonzero(rows.event == ORDERED).tolist():
        roots["properties"][row][LINES] = order_lines(rows.items[row], numbers)
    return roots["properties"], roots["context"]


def order_lines(items: Items, numbers: Numbers) -> list[Record]:
    """The lines of an order."""
    products = [shelf()[product] for product, _ in items]
    prices = numbers(np.array([product.cents for product in products], dtype=np.int64), 100)
    pieces = numbers(np.array([quantity for _, quantity in items], dtype=np.int64), 1)
    return [
        {
            "product_id": f"p{number}",
            "category": product.category,
            "brand": product.brand,
            "price": price,
            "quantity": quantity,
        }
        for (number, _), product, price, quantity in zip(
            items, products, prices, pieces, strict=True
        )
    ]


def _present(
    column: Column, rows: Rows, numbers: Numbers
) -> tuple[Sequence[int], Sequence[object]]:
    """The rows that have a value in a column, and the values."""
    found = column.numbers(rows)
    return (
        np.flatnonzero(~np.ma.getmaskarray(found)).tolist(),
        _values(column.kind, found.compressed(), numbers),
    )


def _values(kind: Kind, found: Ints, numbers: Numbers) -> Sequence[object]:
    match kind:
        case Labelled(prefix):
            return [f"{prefix}{number}" for number in found.tolist()]
        case Chosen(texts):
            return [texts[index] for index in found.tolist()]
        case Scaled(parts):
            return numbers(found, parts)
        case Hex():
            return [f"{word:X}" for word in found.view(np.uint64).tolist()]
        case Moment():
            return instants_as_text(found)
        case Day():
            days: list[str] = np.datetime_as_string(found.view("datetime64[D]")).tolist()
            return days
        case Flag():
            return [bool(number) for number in found.tolist()]


def instants_as_text(times_us: Ints) -> list[str]:
    """RFC 3339 with milliseconds, in UTC."""
    texts = np.datetime_as_string(times_us.view("datetime64[us]"), unit="ms", timezone="UTC")
    written: list[str] = texts.tolist()
    return written
