"""One line of JSON to an object that can be stored, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tailorbird.events.envelope import RefusedError
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value, read_json


def read_object(line: str) -> dict[str, Any]:
    """The object in a line; raises `RefusedError`.

    >>> read_object('{"price": 2.5}')
    {'price': 2500000}
    """
    try:
        value = read_json(line)
    except RecursionError:
        raise RefusedError("JSON nested too deep") from None
    except ValueError as error:
        raise RefusedError(f"no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RefusedError("no JSON object")
    if line.count("{") + line.count("[") > limits.FACT_DEPTH and _depth(value) > limits.FACT_DEPTH:
        raise RefusedError(f"JSON nested deeper than {limits.FACT_DEPTH}")
    if "\\u" in line:
        _check_texts(value)
    return value


def _depth(value: Value) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _check_texts(value: Value) -> None:
    for text in _texts(value):
        if "\0" in text:
            raise RefusedError("a NUL character")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise RefusedError("half of a surrogate pair, which no UTF-8 can write")


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
