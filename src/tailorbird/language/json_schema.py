"""The JSON Schema of the JSON form, made from the catalogue, for editors.

A schema sees one node at a time. What depends on several (whether two sides compare, windows that
exclude each other, names of definitions) stays with the checker, so the schema lets more through
than the checker but refuses nothing that the checker accepts.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from tailorbird.kernel import limits
from tailorbird.kernel.instants import PERIODS
from tailorbird.language.operators import EACH, OPERATORS, ROOTS, Operator, Scope, Slot, Type

Schema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "number"}
_FLAG: Final[Schema] = {"type": "boolean"}
_DURATION_TEXT: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,15}(us|s|m|h|d|w)$"}
_SELECTIONS: Final = ("any_event", "active_events", "passive_events")
_VALUES: Final = frozenset(Type) - {Type.CONDITION}
_TYPES: Final = {
    Slot.CONDITION: frozenset({Type.CONDITION}),
    Slot.WHERE: frozenset({Type.CONDITION}),
    Slot.VALUE: _VALUES,
    Slot.FACT_VALUE: _VALUES,
    Slot.NUMBER: frozenset({Type.NUMBER, Type.ANY}),
    Slot.TEXT: frozenset({Type.TEXT, Type.ANY}),
    Slot.LIST: frozenset({Type.LIST, Type.ANY}),
    Slot.INSTANT: frozenset({Type.INSTANT}),
}
"""What the expression in a slot has to give."""
_LITERALS: Final = {
    Type.NUMBER: _NUMBER,
    Type.TEXT: _TEXT,
    Type.BOOLEAN: _FLAG,
    Type.DURATION: {"$ref": "#/$defs/a duration"},
    Type.LIST: {"$ref": "#/$defs/a list"},
    Type.ANY: {"$ref": "#/$defs/a way"},
}


def schema() -> Schema:
    """The schema as a plain structure, ready for any JSON writer.

    >>> schema()["$defs"]["operator since"]["properties"]["op"]
    {'const': 'since'}
    """
    defs: Schema = {
        "a way": _object({"ref": _way()}, ("ref",)),
        "a duration": _object(
            {"duration": {**_DURATION_TEXT, "pattern": _signed()}}, ("duration",)
        ),
        "a list": {"type": "array", "items": {"anyOf": _plain()}},
    }
    defs |= {f"operator {name}": _operator(operator) for name, operator in OPERATORS.items()}
    defs |= {f"{op} for each item": _each(op) for op in sorted(EACH)}
    defs |= {f"slot {slot.name}": _slot(slot) for slot in Slot}
    return {
        "$schema": DIALECT,
        "title": "A condition or value of the targeting language",
        "anyOf": [_at(Slot.CONDITION), _at(Slot.VALUE)],
        "$defs": defs,
    }


def _signed() -> str:
    return str(_DURATION_TEXT["pattern"]).replace("^", "^-?")


def _plain() -> list[Schema]:
    return [_NUMBER, _TEXT, _FLAG, _LITERALS[Type.DURATION]]


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _way() -> Schema:
    key = {"type": "string", "maxLength": limits.NAME_CHARACTERS}
    return {
        "type": "array",
        "prefixItems": [{"enum": sorted(ROOTS)}],
        "items": key,
        "minItems": 1,
        "maxItems": limits.FACT_DEPTH + 1,
    }


def _at(slot: Slot) -> Schema:
    return {"$ref": f"#/$defs/slot {slot.name}"}


def _operator(operator: Operator) -> Schema:
    least = len(operator.takes) - operator.optional
    properties: Schema = {"op": {"const": operator.name}}
    properties |= {key: _at(slot) for key, slot in operator.keywords}
    args: Schema = {
        "type": "array",
        "prefixItems": [_at(slot) for slot in operator.takes],
        "items": _at(operator.more) if operator.more is not None else False,
        "minItems": least,
    }
    if not operator.takes:
        args = {"type": "array", "maxItems": 0}
    needs = ("op", "args") if least else ("op",)
    found = _object({**properties, "args": args}, (*needs, *operator.required))
    return {"description": operator.meaning, **found}


def _each(op: str) -> Schema:
    body = Slot.NUMBER if op == "sum" else Slot.CONDITION
    properties = {"each": {"const": op}, "body": _at(body), "source": _at(Slot.LIST)}
    return _object(properties, ("each", "body", "source"))


def _slot(slot: Slot) -> Schema:
    return {"description": slot.value, **_accepted(slot)}


def _accepted(slot: Slot) -> Schema:
    if slot in _TYPES:
        return _giving(_TYPES[slot])
    if slot in _CHOSEN:
        return _CHOSEN[slot]
    events: list[Schema] = [_named(), {"type": "array", "items": _named(), "minItems": 1}]
    events += [_operation(name) for name in _SELECTIONS]
    if slot is Slot.MOMENT:
        return {"anyOf": [*events, *_giving(_TYPES[Slot.INSTANT])["anyOf"]]}
    if slot in (Slot.STEP, Slot.FILTERED, Slot.OCCASION):
        events.append(_operation("step"))
    if slot is Slot.OCCASION:
        events.append(_operation("sequence"))
    return {"anyOf": events}


def _named() -> Schema:
    return {"type": "string", "minLength": 1}


def _operation(name: str) -> Schema:
    return {"$ref": f"#/$defs/operator {name}"}


def _giving(types: frozenset[Type]) -> Schema:
    """Every literal and operator that can give one of some types."""
    found = [literal for kind, literal in _LITERALS.items() if kind in types]
    found += [
        _operation(operator.name)
        for operator in OPERATORS.values()
        if _may_give(operator, types) and operator.scope is not Scope.ARGUMENT
    ]
    loops = {"any": Type.CONDITION, "all": Type.CONDITION, "sum": Type.NUMBER}
    found += [{"$ref": f"#/$defs/{op} for each item"} for op in sorted(EACH) if loops[op] in types]
    return {"anyOf": found}


def _may_give(operator: Operator, types: frozenset[Type]) -> bool:
    """Sums give times too, and what refers to a value may give one of any type."""
    if operator.name in ("+", "-"):
        return bool(types & {Type.NUMBER, Type.DURATION, Type.INSTANT})
    if operator.gives is Type.ANY:
        return types != {Type.CONDITION} or operator.name == "trait"
    return operator.gives in types


def _duration() -> Schema:
    return {"anyOf": [_LITERALS[Type.DURATION], _DURATION_TEXT]}


def _pair() -> Schema:
    return {"type": "array", "items": _at(Slot.DURATION), "minItems": 2, "maxItems": 2}


def _name() -> Schema:
    return {**_named(), "maxLength": limits.NAME_CHARACTERS}


_CHOSEN: Final[dict[Slot, Schema]] = {
    Slot.DURATION: _duration(),
    Slot.DURATION_PAIR: _pair(),
    Slot.GAP: {"anyOf": [_at(Slot.DURATION), _pair()]},
    Slot.PERIOD: {"enum": list(PERIODS)},
    Slot.SESSION: {"enum": ["current"]},
    Slot.MOMENT_TEXT: _named(),
    Slot.NAME: _name(),
    Slot.PATTERN: {"type": "string", "maxLength": limits.PATTERN_BYTES},
    Slot.INTEGER: {"type": "integer"},
    Slot.DECIMAL: _NUMBER,
    Slot.FLAG: _FLAG,
    Slot.PLACE: _LITERALS[Type.ANY],
    **dict.fromkeys((Slot.SCORE, Slot.TRAIT, Slot.SEGMENT), _named()),
}
