from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.events.mapping import FORMATS, KINDS, MAPPING_KEYS, Mapping, parse_mapping
from tailorbird.events.ready_mappings import READY, mapping_text, ready_mapping
from tailorbird.kernel.errors import DefinitionError

SMALL = """
source: shop
person: customer
time: moment
event: what
"""


def parsed(text: str) -> Mapping:
    return parse_mapping(text, "shop.yaml", "shop")


def test_a_small_mapping_needs_four_lines() -> None:
    mapping = parsed(SMALL)
    assert mapping.columns_used() == {"customer": "person", "moment": "time", "what": "event"}
    assert mapping.others


def test_every_column_that_is_read_is_known() -> None:
    mapping = parsed(
        """
source: shop
person: [user, visitor]
time: {column: at, unit: ms}
received: got
event: {column: what, names: {buy: Order Completed}}
rules: [{when: {amount: < 0}, event: Order Refunded}]
order: line
properties: {price: {column: amount, type: number}, item.color: colour}
orders: {by: number, else_by: [user, at], items: [price]}
"""
    )
    assert set(mapping.columns_used()) == {
        *("user", "visitor", "at", "got", "what", "amount", "line", "colour", "number")
    }


@pytest.mark.parametrize("name", READY)
def test_every_ready_mapping_can_be_read(name: str) -> None:
    mapping = ready_mapping(name)
    assert mapping.source
    assert "about:" in mapping_text(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: a mapping is empty"),
        ("- a", "1:1: a mapping is a list of `key: value` lines"),
        ("source: [", "1:10: this is no YAML"),
        ("source: a\nsource: b", "2:1: 'source' is said twice"),
        ("sauce: a", "1:1: there is no 'sauce' in a mapping; did you mean 'source'?"),
        ("person: a", "a mapping needs `source`"),
        ("source: a", "a mapping needs `person`"),
        ("source: a\nperson: b", "a mapping needs `time`"),
        ("source: a\nperson: b\ntime: c", "a mapping needs `event`"),
        (SMALL + "format: xml", "6:9: `format` cannot be 'xml'"),
        (SMALL + 'separator: ";;"', "`separator` is one character"),
        (
            SMALL.replace("moment", "{column: at, zone: Europe/Lundun}"),
            "there is no zone 'Europe/Lu",
        ),
        (
            SMALL.replace("moment", "{column: at, unit: sec}"),
            "`unit` cannot be 'sec'; known are ms",
        ),
        (SMALL.replace("moment", "{column: at, unit: s, zone: UTC}"), "neither zone nor pattern"),
        (SMALL.replace("moment", "{column: at, pattern: '%Q'}"), "'Q' is a bad directive"),
        (SMALL.replace("moment", "{column: at, pattern: '%Y %Y'}"), "the same part of a time"),
        (SMALL.replace("moment", "{column: at, pattern: ''}"), "it asks for nothing"),
        (SMALL.replace("moment", "{unit: s}"), "`time` needs `column`"),
        (SMALL.replace("what", "{constant: x, column: y}"), "a `column` or a `constant`"),
        (SMALL.replace("what", "{constant: ''}"), "a name has 1 to 200 characters"),
        (SMALL.replace("what", "{column: y, names: {a: $trait}}"), "there is none '$trait'"),
        (SMALL + "id: a\norder: b", "7:8: `id` and `order` exclude each other"),
        (SMALL + "without_person: order", "needs `orders`"),
        (SMALL + "orders: {items: [a]}", "`orders` needs `by`"),
        (SMALL + "properties: {a: {column: b, type: int}}", "`type` cannot be 'int'"),
        (SMALL + "properties: {a..b: c}", "'a..b' has an empty part"),
        (SMALL + "properties: {a: b, a.c: d}", "'a' cannot be a value and hold 'a.c'"),
        (SMALL + "properties: {a: [b]}", "`a` is one text, not a list or a mapping"),
        (SMALL + "rules: {when: x}", "`rules` is a list"),
        (SMALL + "rules: [{event: x}]", "an entry of `rules` needs `when`"),
        (SMALL + "rules: [{when: {a: missing}}]", "an `event` or a reason to `skip`"),
        (SMALL + "rules: [{when: {a: about 3}, skip: x}]", "'about 3' is no condition"),
        (SMALL + "others: maybe", "`others` cannot be 'maybe'"),
        ("source: a\nvariants: [{person: b}]", "a variant needs `columns`"),
        (
            "source: a\nvariants:\n"
            + "- {columns: [a, b], person: a, time: b, event: {constant: x}}\n" * 2,
            "two variants have equally many columns",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(DefinitionError) as error:
        parsed(text)
    assert str(error.value).startswith("shop.yaml:")
    assert said in str(error.value)


def test_yaml_that_is_nested_too_deep_is_a_fault_like_any_other() -> None:
    with pytest.raises(DefinitionError, match="this is no YAML"):
        parsed("[" * 20_000)


@pytest.mark.parametrize("key", [*MAPPING_KEYS, *KINDS, *FORMATS, "only", "absolute", "unknown"])
def test_every_key_of_a_mapping_is_in_the_reference(key: str) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "import.md"
    assert f"`{key}`" in page.read_text(encoding="utf-8")
