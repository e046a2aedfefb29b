"""What databases answer to values that facts may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from tailorbird.events.refusals import RefusedError
from tailorbird.kernel import limits
from tailorbird.kernel.values import MISSING, Value, parse_number

_SHOWN: Final = 40


def value_of(cell: Any, depth: int = 0) -> Value:
    """The value of a cell; missing for a null and for a number beyond all numbers.

    A double is the shortest decimal number that means it. A time with an offset is written in UTC,
    one without as it is. Raises `RefusedError` for what is no value.

    >>> value_of(Decimal("2.50")), value_of(0.1), value_of(date(2024, 5, 1)), value_of([True, "a"])
    (2500000, 100000, '2024-05-01', [True, 'a'])
    """
    if cell is None or cell is True or cell is False:
        return MISSING if cell is None else cell
    if isinstance(cell, str):
        return _text(cell)
    if isinstance(cell, int | float | Decimal):
        return parse_number(repr(cell) if isinstance(cell, float) else str(cell))
    if isinstance(cell, date | time | timedelta | UUID):
        return _written(cell)
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).hex()
    if depth > limits.FACT_DEPTH:
        raise RefusedError("json", f"a value nested deeper than {limits.FACT_DEPTH}")
    if isinstance(cell, Mapping):
        return {
            _text(str(key)): value_of(one, depth + 1)
            for key, one in cell.items()
            if one is not None
        }
    if isinstance(cell, Sequence):
        return [None if one is None else value_of(one, depth + 1) for one in cell]
    raise RefusedError("type", f"a value of the kind {type(cell).__name__}")


def _text(text: str) -> str:
    if "\0" in text:
        raise RefusedError("json", "a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedError("json", f"half of a surrogate pair in {text[:_SHOWN]!r}") from None
    return text


def _written(cell: date | time | timedelta | UUID) -> str:
    if isinstance(cell, datetime):
        if cell.tzinfo is None:
            return cell.isoformat(" ")
        return cell.astimezone(UTC).replace(tzinfo=None).isoformat(" ") + "Z"
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
