"""What JSON can say and no store can keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tailorbird.kernel import limits
from tailorbird.kernel.values import Value


def fault_of_json(text: str, value: Value) -> str | None:
    """Why a value, read from this JSON text, cannot be stored; None when it can.

    >>> fault_of_json('"\\\\u0000"', "\\0")
    'a NUL character'
    """
    if text.count("{") + text.count("[") > limits.FACT_DEPTH and _is_too_deep(value):
        return f"JSON nested deeper than {limits.FACT_DEPTH}"
    for inner in _texts(value) if "\\u" in text else ():
        if "\0" in inner:
            return "a NUL character"
        if not inner.isascii() and any("\ud800" <= character <= "\udfff" for character in inner):
            return "half of a surrogate pair, which no UTF-8 can write"
    return None


def _is_too_deep(value: Value) -> bool:
    """Level by level, which costs a fifth of asking each value how deep it is."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(limits.FACT_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
