"""Schemas say the same of values as they are held, and reach nothing outside."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.plan_schemas import Schema, SchemaFaultError, as_json
from tailorbird.kernel.values import MISSING, IdNumber, read_json

SCHEMAS: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 2},
    {"type": ["integer", "string"], "multipleOf": 0.5},
    {"type": ["integer", "number"], "exclusiveMaximum": 7.25},
    {"enum": [1, "1", 2.5, None, True]},
    {"const": {"a": [1, 0.5]}},
    {"enum": [1_000_000, True]},
    {"not": {"type": "integer"}},
    {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "array", "items": {"maximum": 1}}]},
    {"properties": {"a": {"$ref": "#/$defs/few"}}, "$defs": {"few": {"maximum": 3}}},
    {"type": "array", "minItems": 1, "contains": {"type": "integer"}, "maxContains": 1},
    {"additionalProperties": {"type": "number", "minimum": 0.000001}},
    {"if": {"type": "number"}, "then": {"minimum": 1}, "else": {"type": "boolean"}},
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 2, 2.5, 3, 7.25, -1, 0.000001, "1", "", "ab", 1.5]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(value=VALUES, schema=st.sampled_from(SCHEMAS))
def test_a_value_in_millionths_fits_when_its_json_fits(value: Any, schema: dict[str, Any]) -> None:
    oracle = jsonschema_rs.Draft202012Validator(schema).is_valid(value)
    held = read_json(json.dumps(value))
    made = Schema(schema)
    assert (made.fault(held, "v") == "") == oracle
    assert made._fits(held) == oracle
    assert as_json(held) == value


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_simple_value_fits_when_its_json_fits(schema: dict[str, Any]) -> None:
    oracle, made = jsonschema_rs.Draft202012Validator(schema), Schema(schema)
    for value in (
        None,
        True,
        False,
        0,
        1,
        2,
        2.5,
        3,
        7.25,
        8,
        -1,
        1.5,
        "1",
        "",
        [1],
        [1, 2],
        [0.5],
    ):
        assert made._fits(read_json(json.dumps(value))) == oracle.is_valid(value), value


def test_what_is_no_json_value_is_judged_as_if_it_were_not_there() -> None:
    schema = Schema({"required": ["a"], "properties": {"a": {"type": "integer"}}})
    assert schema.fault({"a": IdNumber("9" * 30)}, "p") == ""
    assert "required" in schema.fault({"a": MISSING}, "p")


def test_faults_are_told_with_their_places_and_only_a_few() -> None:
    schema = Schema({"properties": {name: {"type": "string"} for name in "abcdefgh"}})
    told = schema.fault(dict.fromkeys("abcdefgh", 1_500_000), "properties")
    assert told.startswith('properties.a: 1.5 is not of type "string"; properties.b: ')
    assert told.count("properties.") == 3


def test_numbers_finer_than_any_value_are_judged_too() -> None:
    schema = Schema({"minimum": 0.00000015})
    assert schema.fault(0, "p") != ""
    assert schema.fault(1, "p") == ""


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("text", "a schema is a mapping"),
        ({"type": "objekt"}, "`type` cannot be 'objekt'; did you mean 'object'"),
        ({"items": {"type": ["string", "nul"]}}, "did you mean 'null'"),
        ({"minimum": "0"}, "no JSON Schema"),
        ({"properties": {"a": {"minLenght": 1}}}, "'minLenght' in a JSON Schema; did you mean"),
        ({"anyOf": [{}, {"propertys": {}}]}, "did you mean 'properties'"),
        ({"properties": {"a": {"$ref": "https://example.com/x.json"}}}, "lies elsewhere"),
        ({"$ref": "file:///etc/hosts"}, "lies elsewhere"),
        ({"$ref": "#/$defs/none"}, "no shared schema 'none'; none is known"),
        ({"$ref": "#/$defs/mony", "$defs": {"money": {}}}, "did you mean 'money'"),
        ({"$ref": "#/properties/none"}, "does not exist"),
        ({"$id": "https://example.com/x", "type": "object"}, "not used here"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft 2020-12"),
        ({"pattern": "a(?=b)"}, "none looks around"),
    ],
)
def test_what_is_no_schema_or_reaches_outside_is_refused(written: Any, says: str) -> None:
    with pytest.raises(SchemaFaultError, match=says):
        Schema(written)


def test_what_only_resembles_a_keyword_where_none_is_meant_may_stay() -> None:
    Schema(
        {
            "properties": {"minLenght": {"const": {"typ": 1}}, "typo": {"x-owner": "shop"}},
            "default": {"propertys": 1},
            "nullable": True,
        }
    )


def test_every_fault_of_a_schema_is_told() -> None:
    with pytest.raises(SchemaFaultError) as told:
        Schema({"maxlength": 1, "properties": {"a": {"type": "text"}, "b": {"$ref": "#/$defs/c"}}})
    assert [fault.path for fault in told.value.faults] == [
        ("maxlength",),
        ("properties", "a", "type"),
        ("properties", "b", "$ref"),
    ]


def test_shared_schemas_are_found_by_their_names() -> None:
    schema = Schema({"items": {"$ref": "#/$defs/sku"}}, {"sku": {"type": "string"}})
    assert schema.fault(["a"], "p") == ""
    assert schema.fault([1_000_000], "p").startswith("p.0: 1 is not")
