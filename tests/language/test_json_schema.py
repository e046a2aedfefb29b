"""The schema accepts what the checker accepts and refuses what no operator takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from tests.language import trees

from tailorbird.language.ast import Node
from tailorbird.language.json_form import dump
from tailorbird.language.json_schema import schema
from tailorbird.language.operators import OPERATORS, Slot
from tailorbird.language.syntax import parse

SCHEMA = schema()
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "number": int | float}


def fits(value: Any, rule: Any) -> bool:
    """A validator of the few words of JSON Schema that the schema uses; unknown ones fail."""
    if isinstance(rule, bool):
        return rule
    return all(_word(word, value, rule) for word in rule)


def _word(word: str, value: Any, rule: dict[str, Any]) -> bool:
    wanted = rule[word]
    if word == "$ref":
        return fits(value, SCHEMA["$defs"][wanted.removeprefix("#/$defs/")])
    if word == "anyOf":
        return any(fits(value, one) for one in wanted)
    if word in ("$schema", "$defs", "title", "description"):
        return True
    if word == "const":
        return bool(value == wanted)
    if word == "enum":
        return value in wanted
    if word == "type":
        return _is_kind(value, wanted)
    if isinstance(value, str):
        return _text_word(word, value, wanted)
    return (
        _list_word(word, value, rule) if isinstance(value, list) else _key_word(word, value, rule)
    )


def _is_kind(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int | float) and value == int(value)
    is_flag = isinstance(value, bool)
    return isinstance(value, KINDS[kind]) and (not is_flag or kind == "boolean")


def _text_word(word: str, value: str, wanted: Any) -> bool:
    return bool(
        {
            "pattern": lambda: re.search(wanted, value),
            "minLength": lambda: len(value) >= wanted,
            "maxLength": lambda: len(value) <= wanted,
        }[word]()
    )


def _list_word(word: str, value: list[Any], rule: dict[str, Any]) -> bool:
    before = rule.get("prefixItems", [])
    return bool(
        {
            "minItems": lambda: len(value) >= rule["minItems"],
            "maxItems": lambda: len(value) <= rule["maxItems"],
            "prefixItems": lambda: all(map(fits, value, before)),
            "items": lambda: all(fits(item, rule["items"]) for item in value[len(before) :]),
        }[word]()
    )


def _key_word(word: str, value: Any, rule: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    known = rule["properties"]
    return {
        "properties": lambda: all(fits(value[key], known[key]) for key in known if key in value),
        "required": lambda: all(key in value for key in rule["required"]),
        "additionalProperties": lambda: set(value) <= set(known),
    }[word]()


def accepts(node: Node) -> bool:
    return fits(json.loads(dump(node)), SCHEMA)


@settings(max_examples=200)
@given(trees.conditions())
def test_whatever_the_checker_accepts_fits(tree: Node) -> None:
    assert accepts(tree)


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - {"hour", "weekday", "date"}))
def test_every_operator_fits_in_its_place(name: str) -> None:
    @settings(max_examples=10)
    @given(trees.asking(name))
    def fitting(tree: Node) -> None:
        assert accepts(tree)

    fitting()


@pytest.mark.parametrize(
    "text",
    [
        'count("A", last="7d") >= 3',
        'since("A") > "30d" or since(at("2024-01-01") + "7d") < "1h"',
        'traits.x in [1, "b", True] and persona() == "VIP" and trait("plan") == 3',
        'sequence("A", step(["B", "C"], where=prev.properties.x == 1, gap=("60s", "10m")))',
        "hour() >= 22 and weekday() in [6, 7]",
        'coalesce(traits.x, "a") == "a" and not starts_with(coalesce(traits.x, "b"), "a")',
    ],
)
def test_text_durations_and_mixed_values_fit(text: str) -> None:
    assert accepts(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "count()",
        'count("A", "B") > 1',
        'sum("A") > 1',
        'did("A") + 1 > 3',
        'not count("A")',
        'count("A", last=7) > 1',
        'count("A", calendar="decade") > 1',
        'did("")',
        "did([])",
        "did(traits.x)",
        'sequence(count("A"))',
        'absent("A", after="B")',
        "exists(bounced())",
        "any(item.x for item in traits.y)",
        "near(traits.x, 1, 2)",
        'step("A")',
        "at_least(1.5, bounced())",
        "bounced(1)",
        "[1, [2]] == 1",
    ],
)
def test_what_no_operator_takes_does_not_fit(text: str) -> None:
    assert not accepts(parse(text))


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"op": "nope"},
        {"ref": []},
        {"ref": ["x", "y"]},
        {"duration": "1 day"},
        {"each": "any"},
    ],
)
def test_what_is_no_tree_does_not_fit(value: Any) -> None:
    assert not fits(value, SCHEMA)


def test_the_schema_is_plain_json_whose_references_all_lead_somewhere() -> None:
    text = json.dumps(SCHEMA)
    targets = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', text))
    assert json.loads(text) == SCHEMA
    assert targets <= set(SCHEMA["$defs"])
    assert {f"slot {slot.name}" for slot in Slot} <= set(SCHEMA["$defs"])
