"""One line of JSON to an object that can be stored, or the reason why not."""

from __future__ import annotations

from typing import Any

from tailorbird.events.exact_json import read_stored
from tailorbird.events.refusals import RefusedError


def read_object(line: str) -> dict[str, Any]:
    """The object in a line; raises `RefusedError`.

    >>> read_object('{"price": 2.5}')
    {'price': 2500000}
    """
    try:
        value, fault = read_stored(line)
    except RecursionError:
        raise RefusedError("json", "JSON nested too deep") from None
    except ValueError as error:
        raise RefusedError("json", f"no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RefusedError("json", "no JSON object")
    if fault:
        raise RefusedError("json", fault)
    return value
