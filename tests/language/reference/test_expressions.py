"""Logic, comparisons and functions of values, with what is missing and of another type."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, fact

from tailorbird.kernel.errors import DefinitionError
from tailorbird.kernel.values import MISSING, UNIT, IdNumber

TRAITS: dict[str, Any] = {
    "name": "Ann",
    "age": 30,
    "price": 12.5,
    "vip": True,
    "gone": None,
    "tags": ["a", 1, True, None],
    "nothing": [],
    "blank": "",
    "address": {"city": "Rome", "zip": None},
    "since": "2024-02-01",
    "seen": "2024-02-01T10:00:00.1234567+02:00",
    "app": "v1.10.0-beta",
    "cart": [{"price": 2, "quantity": 3}, {"price": 0.5, "quantity": 1}, {"price": "x"}, 7],
}


def of_ann(expression: str) -> Any:
    facts = [fact("0s", "$traits", TRAITS)]
    facts[0].properties["id"] = IdNumber("12345678901234567890")
    return ask(expression, facts, "1h")


@pytest.mark.parametrize(
    "expression",
    [
        'traits.name == "Ann"',
        'traits.name != "ann"',
        "traits.age == 30.0",
        'traits.age != "30"',
        "traits.vip == True",
        "traits.vip != 1",
        "traits.id == 12345678901234567890",
        "traits.id != 12345678901234567891",
        "traits.missing != traits.missing",
        "traits.gone != 0",
        "traits.tags != traits.tags",
        "traits.address != traits.address",
        'traits.name < "Ann "',
        'traits.name < "a"',
        "traits.age >= 30",
        "10 < traits.price < 12.500001",
        "traits.age in [1, 30]",
        'traits.age not in ["30", True]',
        "traits.missing not in [1]",
        '"a" in traits.tags',
        "True in traits.tags",
        "2 not in traits.tags",
        'contains(traits.name, "nn")',
        'contains(traits.name, "")',
        "contains(traits.tags, 1)",
        'starts_with(traits.name, "An")',
        'ends_with(traits.name, "nn")',
        'matches(traits.name, "^A.n$")',
        'matches(traits.name, "n")',
        "exists(traits.nothing)",
        "exists(traits.address)",
        'exists(version("1"))',
        "not exists(traits.gone)",
        "not exists(traits.address.zip)",
        "empty(traits.nothing)",
        "empty(traits.blank)",
        "empty(traits.missing)",
        "empty(traits.gone)",
        "not empty(traits.address)",
        "not empty(traits.age)",
        'version(traits.app) >= version("1.9")',
        'version(traits.app) == version("1.10")',
        'version(traits.app) < version("V1.10.0.1")',
        'version(traits.name) != version("1")',
        'instant(traits.since) == at("2024-02-01T00:00Z")',
        'instant(traits.seen) == at("2024-02-01T08:00:00.123456Z")',
        'since(instant(traits.since)) > "28d"',
        "at_least(2, traits.age == 30, traits.age == 31, traits.vip == True)",
        "traits.age == 31 or not (traits.age == 30 and traits.vip == False)",
    ],
)
def test_conditions_that_hold(expression: str) -> None:
    assert of_ann(expression) is True
    assert of_ann(f"not ({expression})") is False


@pytest.mark.parametrize(
    "expression",
    [
        "traits.missing == traits.missing",
        "traits.gone == traits.gone",
        "traits.tags == traits.tags",
        "traits.missing < 1",
        "traits.missing >= traits.missing",
        "traits.vip <= traits.vip",
        "traits.tags <= traits.tags",
        "traits.id <= traits.id",
        'traits.age < "31"',
        "traits.vip < 2",
        "traits.missing in [0]",
        '"a" in traits.name',
        "traits.missing in traits.tags",
        'contains(traits.name, "NN")',
        "contains(traits.age, 3)",
        "contains(traits.tags, traits.gone)",
        "contains(traits.missing, traits.missing)",
        'starts_with(traits.age, "3")',
        'matches(traits.age, "3")',
        'version(traits.age) >= version("0")',
        'instant(traits.name) < at("2030-01-01")',
        "at_least(2, traits.age == 30, traits.age == 31)",
    ],
)
def test_conditions_that_do_not_hold(expression: str) -> None:
    assert of_ann(expression) is False


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("traits.age + 0.000001", 30 * UNIT + 1),
        ("traits.age - 31", -UNIT),
        ("traits.price * traits.price", 156_250_000),
        ("0.000001 * 0.5", 1),
        ("0.000001 * 0.499999", 0),
        ("1 / 3", 333_333),
        ("2 / 3", 666_667),
        ("-2 / 3", -666_667),
        ("1 / 0", MISSING),
        ("traits.age + traits.name", MISSING),
        ("traits.age + traits.vip", MISSING),
        ("traits.age + traits.id", MISSING),
        ("999999999999 + 1", MISSING),
        ("999999999999 + 0.999999", 10**18 - 1),
        ("999999999999 * 1.1", MISSING),
        ("lower(traits.name)", "ann"),
        ("lower(traits.age)", MISSING),
        ("length(traits.name)", 3 * UNIT),
        ("length(traits.tags)", 4 * UNIT),
        ("length(traits.address)", MISSING),
        ("coalesce(traits.missing, traits.gone, 7)", 7 * UNIT),
        ("coalesce(traits.missing, traits.gone)", MISSING),
        ('coalesce(traits.blank, "x")', ""),
        ("traits.address.city", "Rome"),
        ("traits.name.first", MISSING),
        ("version(traits.app)", (1, 10, 0, 0)),
        ("sum(item.price * item.quantity for item in traits.cart)", 6_500_000),
        ("sum(item.price for item in traits.cart)", 2_500_000),
        ("sum(item.price for item in traits.nothing)", 0),
        ("sum(item for item in traits.tags)", UNIT),
        ("sum(item.price for item in traits.name)", MISSING),
        ("any(item.price == 2 for item in traits.cart)", True),
        ("all(exists(item.price) for item in traits.cart)", False),
        ("all(exists(item.price) for item in traits.nothing)", True),
        ("any(exists(item.price) for item in traits.nothing)", False),
        ("all(exists(item.price) for item in traits.name)", False),
        ("any(not exists(item) for item in traits.tags)", True),
    ],
)
def test_values_of_expressions(expression: str, answer: Any) -> None:
    found = of_ann(expression)
    assert (type(found), found) == (type(answer), answer)


def test_only_ascii_letters_are_folded() -> None:
    facts = [fact("0s", "$traits", {"name": "ÄÖ STRASSE İ Σ K"})]
    assert ask("lower(traits.name)", facts, "1h") == "ÄÖ strasse İ Σ k"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1", (1, 0, 0, 0)),
        ("V2.3", (2, 3, 0, 0)),
        ("1.2.3.4+build-5", (1, 2, 3, 4)),
        ("999999999", (999_999_999, 0, 0, 0)),
        ("007", (7, 0, 0, 0)),
        ("1.2.3.4.5", None),
        ("1..2", None),
        ("vv1", None),
        ("", None),
        ("-1", None),
        ("1000000000", None),
        ("1.٣", None),
        (" 1", None),
    ],
)
def test_what_is_a_version_and_what_is_none(text: str, parts: tuple[int, ...] | None) -> None:
    found = ask("version(traits.app)", [fact("0s", "$traits", {"app": text})], "1h")
    assert found == (MISSING if parts is None else parts)


def test_a_trait_is_what_was_said_last_about_it() -> None:
    facts = [
        fact("1h", "$traits", {"plan": "free", "a": {"b": 1}}, id="m2"),
        fact("1h", "$traits", {"plan": "gold"}, id="m1"),
        fact("2h", "$traits", {"a": {"c": 2}}),
    ]
    assert ask("traits.plan", facts, "9h") == "free"
    assert ask("traits.a.b", facts, "9h") is MISSING
    assert ask("traits.a.b", facts, "2h -1us") == UNIT
    deleted = [*facts, fact("3h", "$traits", {"plan": None})]
    assert ask("exists(traits.plan)", deleted, "9h") is False
    unreadable = fact("3h", "$traits")
    unreadable.properties["plan"] = MISSING
    assert ask("traits.plan", [*facts, unreadable], "9h") == "free"


def test_context_outside_of_where_is_that_of_the_latest_act_that_has_it() -> None:
    facts = [
        fact("1h", "A", context={"device": {"kind": "phone"}}),
        fact("2h", "A", context={"device": {"kind": None}}),
        fact("3h", "A", context={"device": "tv"}),
        fact("4h", "$list", context={"device": {"kind": "pc"}}),
    ]
    assert ask("context.device.kind", facts, "9h") == "phone"
    assert ask("context.device", facts, "9h") == "tv"
    assert ask("context.locale", facts, "9h") is MISSING


def test_only_the_first_thousand_items_count() -> None:
    facts = [fact("0s", "$traits", {"ones": [1] * 1_000 + [5]})]
    assert ask("sum(item for item in traits.ones)", facts, "1h") == 1_000 * UNIT
    assert ask("any(item == 5 for item in traits.ones)", facts, "1h") is False


def test_what_is_asked_about_the_person_knows_nothing_of_an_item() -> None:
    facts = [fact("0s", "$traits", {"wanted": ["x", "y"]})]
    asked = 'any(did("A", where=properties.id == item) for item in traits.wanted)'
    with pytest.raises(DefinitionError, match="item stands only in"):
        ask(asked, facts, "2h")
