"""A JSON Schema to one that says the same of values as they are held: numbers in millionths.

With it a value is checked as it is, instead of being written as JSON has it first, which costs
several times more.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from tailorbird.kernel.values import UNIT

_NUMBERS: Final = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("const", "enum"),
)
_SCHEMAS: Final = (
    *("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains"),
    *("propertyNames", "not", "if", "then", "else"),
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_TABLES: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_WHOLE: Final = {"multipleOf": UNIT}
"""In millionths what JSON Schema calls an integer."""


class NotScalableError(Exception):
    """A number with more than six places, which no value has."""


def scaled(schema: Any) -> Any:
    """The schema for values in millionths; raises `NotScalableError`.

    >>> scaled({"type": "number", "minimum": 0.5})
    {'type': 'number', 'minimum': 500000}
    >>> scaled({"type": "integer"})
    {'type': 'integer', 'allOf': [{'multipleOf': 1000000}]}
    """
    if not isinstance(schema, dict):
        return schema
    found = {key: _scaled_member(key, value) for key, value in schema.items()}
    types = schema.get("type")
    types = types if isinstance(types, list) else [types]
    if "integer" in types and "number" not in types:
        found["allOf"] = [*found.get("allOf", ()), _WHOLE]
    return found


def _scaled_member(key: str, value: Any) -> Any:
    if key in _NUMBERS:
        return _scaled_value(value)
    if key in _SCHEMAS:
        return scaled(value)
    if key in _LISTS and isinstance(value, list):
        return [scaled(one) for one in value]
    if key in _TABLES and isinstance(value, dict):
        return {name: scaled(one) for name, one in value.items()}
    return value


def _scaled_value(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value * UNIT
    if isinstance(value, float):
        exact = Decimal(repr(value)) * UNIT
        if exact != exact.to_integral_value():
            raise NotScalableError(value)
        return int(exact)
    if isinstance(value, list):
        return [_scaled_value(one) for one in value]
    return {key: _scaled_value(one) for key, one in value.items()}
