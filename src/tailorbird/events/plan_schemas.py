"""JSON Schemas of a tracking plan: draft 2020-12, compiled once, that reach nothing outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from tailorbird.events.scaled_schemas import NotScalableError, scaled
from tailorbird.events.schema_words import REFERENCES, SchemaFault, faults_of, shared_name
from tailorbird.kernel.values import MISSING, UNIT, IdNumber, Value

TOLD: Final = 3
"""So many faults of one value are told; those beyond are not looked for."""
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MATCHING: Final = jsonschema_rs.RegexOptions()
"""Patterns that take linear time, and none that look around."""


class SchemaFaultError(Exception):
    """Something that is no schema; says what is wrong, and where."""

    def __init__(self, faults: Sequence[SchemaFault]) -> None:
        super().__init__("; ".join(fault.says for fault in faults))
        self.faults = faults


class Schema:
    """A compiled schema.

    >>> schema = Schema({"properties": {"price": {"type": "number", "minimum": 0}}})
    >>> schema.fault({"price": 12_500_000}, "properties")
    ''
    >>> schema.fault({"price": -1_000_000}, "properties")
    'properties.price: -1 is less than the minimum of 0'
    """

    def __init__(self, written: Any, shared: Mapping[str, Any] | None = None) -> None:
        """``shared`` schemas are what ``#/$defs/NAME`` refers to; raises `SchemaFaultError`."""
        if not isinstance(written, dict):
            raise _error((), "a schema is a mapping, such as `type: object`")
        members = _members(written, ())
        faults = [SchemaFault(path, says) for path, k, v in members if (says := _fault(k, v))]
        own = written.get("$defs", {})
        if not isinstance(own, dict):
            faults.append(SchemaFault(("$defs",), "`$defs` is a mapping of names to schemas"))
        if faults := faults or faults_of(written, shared or {}):
            raise SchemaFaultError(faults)
        whole = {**written, "$defs": {**_needed(written, shared or {}), **own}}
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                whole, pattern_options=_MATCHING, offline=True
            )
        except jsonschema_rs.ValidationError as error:
            raise _error(tuple(error.instance_path), _says(error)) from None
        self._fits = _fitting(whole)

    def fault(self, value: Value, what: str) -> str:
        """What of a value does not fit, which is called ``what``; empty when all of it does."""
        try:
            if self._fits(value):
                return ""
        except ValueError:  # something that JSON does not have
            pass
        given = as_json(value)
        if self._validator.is_valid(given):
            return ""
        errors = islice(self._validator.iter_errors(given), TOLD)
        return "; ".join(f"{_path(what, error)}: {_first_line(error)}" for error in errors)


def _fitting(whole: dict[str, Any]) -> Callable[[Value], bool]:
    """Whether a value as it is held fits; what does not is looked at again as JSON has it."""
    try:
        return jsonschema_rs.Draft202012Validator(
            scaled(whole), pattern_options=_MATCHING, offline=True
        ).is_valid
    except (NotScalableError, jsonschema_rs.ValidationError):
        return lambda _: False


def _needed(written: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the shared schemas that a schema refers to, and those that these refer to."""
    found: dict[str, Any] = {}
    ahead = [written]
    while ahead:
        for _, key, value in _members(ahead.pop(), ()):
            name = shared_name(value) if key in REFERENCES else None
            if name is not None and name in shared and name not in found:
                found[name] = shared[name]
                ahead.append(shared[name])
    return found


def _members(value: Any, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), key, inner
            yield from _members(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _members(inner, (*path, place))


def _fault(key: str, value: Any) -> str:
    if key in REFERENCES and isinstance(value, str) and not value.startswith("#"):
        return f"{value!r} lies elsewhere; refer to a shared schema: '#/$defs/NAME'"
    if key == "$id" and isinstance(value, str):
        return "`$id` is not used here: schemas are shared by their names"
    if key == "$schema" and value != _DIALECT:
        return f"schemas are of draft 2020-12: {_DIALECT}"
    return ""


def _error(path: tuple[object, ...], says: str) -> SchemaFaultError:
    return SchemaFaultError([SchemaFault(path, says)])


def _says(error: jsonschema_rs.ValidationError) -> str:
    if error.message.endswith('is not a "regex"'):
        pattern = error.message.removesuffix(' is not a "regex"')
        return f"{pattern} is no pattern that is used here: none looks around or back"
    return f"this is no JSON Schema: {_first_line(error)}"


def _path(what: str, error: jsonschema_rs.ValidationError) -> str:
    return ".".join([what, *map(str, error.instance_path)])


def _first_line(error: jsonschema_rs.ValidationError) -> str:
    return error.message.partition("\n")[0]


def as_json(value: Value) -> Any:
    """A value as programs that read JSON have it: numbers as doubles, unless they are whole.

    >>> as_json({"price": 12_500_000, "count": 2_000_000})
    {'price': 12.5, 'count': 2}
    """
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, inner in value.items():
            kind = type(inner)
            if kind is str:  # most values are texts and numbers: a call for each costs more
                found[key] = inner
            elif kind is int:
                found[key] = inner / UNIT if inner % UNIT else inner // UNIT
            elif inner is not MISSING:
                found[key] = as_json(inner)
        return found
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, int):
        return value / UNIT if value % UNIT else value // UNIT
    if isinstance(value, list):
        return [inner if type(inner) is str else as_json(inner) for inner in value]
    return int(value.digits) if isinstance(value, IdNumber) else None
