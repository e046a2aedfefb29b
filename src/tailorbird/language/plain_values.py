"""Values as JSON for programs that know nothing of millionths and microseconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tailorbird.kernel.instants import format_duration, format_instant
from tailorbird.kernel.values import UNIT, IdNumber, Missing, Value, format_number
from tailorbird.language.operators import Type


def plain(value: Value, gives: Type = Type.ANY) -> Any:
    """A value for JSON: numbers exact, instants and durations as text, missing as null.

    ``gives`` is the type of the definition that has it.

    >>> plain(2_500_000), plain(90_000_000, Type.DURATION)
    (Decimal('2.5'), '90s')
    """
    if value is None or isinstance(value, Missing):
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, IdNumber):
        return Decimal(value.digits)
    if isinstance(value, int):
        if gives is Type.INSTANT:
            return format_instant(value)
        if gives is Type.DURATION:
            return format_duration(value)
        return value // UNIT if value % UNIT == 0 else Decimal(format_number(value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()}
