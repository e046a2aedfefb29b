"""The words of a JSON Schema: one that is misspelt would be passed over, and check nothing.

Programs that read schemas take a keyword that they do not know for a remark. So `minLenght` is
found here, with its place and the word that was meant; what resembles no keyword may stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from tailorbird.kernel.errors import nearest

SHARED: Final = "#/$defs/"
REFERENCES: Final = ("$ref", "$dynamicRef")
TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
_MAPS: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
)
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE: Final = frozenset(
    {"items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema"}
)
_PLAIN: Final = frozenset(
    {"$schema", "$id", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "type"}
    | {"const", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum"}
    | {"exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems"}
    | {"uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties"}
    | {"required", "dependentRequired", "title", "description", "default", "deprecated"}
    | {"readOnly", "writeOnly", "examples", "example", "format", "contentEncoding"}
    | {"contentMediaType", "dependencies"}
)
KEYWORDS: Final = frozenset({*_MAPS, *_LISTS, *_SINGLE, *_PLAIN, *REFERENCES})
_ALIKE: Final = 0.82
"""So much of an unknown word has to be that of a keyword for it to be a slip."""

Path = tuple[object, ...]


class SchemaFault(NamedTuple):
    """What is wrong with a schema, and where, by keys and numbers."""

    path: Path
    says: str


def faults_of(written: Mapping[str, Any], shared: Mapping[str, Any]) -> list[SchemaFault]:
    """Words of a schema that nobody knows; ``shared`` are the schemas that it may refer to.

    >>> [fault.says for fault in faults_of({"properties": {"sku": {"minLenght": 1}}}, {})]
    ["there is no 'minLenght' in a JSON Schema; did you mean 'minLength'?"]
    """
    own = written.get("$defs", {})
    names = {*shared, *(own if isinstance(own, dict) else ())}
    return [
        SchemaFault((*path, key), says)
        for path, schema in _schemas(written, ())
        for key, value in schema.items()
        if (says := _fault(key, value, names))
    ]


def _fault(key: str, value: Any, names: set[str]) -> str:
    if key not in KEYWORDS:
        hint = nearest(key, KEYWORDS, _ALIKE)
        return f"there is no {key!r} in a JSON Schema{hint}" if "did you mean" in hint else ""
    if key == "type":
        given = value if isinstance(value, list) else [value]
        wrong = [one for one in given if isinstance(one, str) and one not in TYPES]
        return f"`type` cannot be {wrong[0]!r}{nearest(wrong[0], TYPES)}" if wrong else ""
    if key in REFERENCES and (name := shared_name(value)) is not None and name not in names:
        return f"there is no shared schema {name!r}{nearest(name, names)}"
    return ""


def shared_name(value: Any) -> str | None:
    """The name of the shared schema that a reference is to; None where it is to none.

    >>> shared_name("#/$defs/money/properties/amount")
    'money'
    """
    if not isinstance(value, str) or not value.startswith(SHARED):
        return None
    name = unquote(value.removeprefix(SHARED).partition("/")[0])
    return name.replace("~1", "/").replace("~0", "~")


def _schemas(schema: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """A schema and all within it, with their places; what only holds values is not looked into."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key, value in schema.items():
        if key in _SINGLE:
            yield from _schemas(value, (*path, key))
        elif key in _MAPS and isinstance(value, dict):
            for name, inner in value.items():
                yield from _schemas(inner, (*path, key, name))
        elif key in _LISTS and isinstance(value, list):
            for place, inner in enumerate(value):
                yield from _schemas(inner, (*path, key, place))
