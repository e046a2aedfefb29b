"""What did not follow in time."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact

CARTS = 'absent("Order", after="Cart", wait="2h"'


@pytest.mark.parametrize(("at", "held"), [("2h -1us", False), ("2h", True), ("900d", True)])
def test_an_absence_begins_at_its_deadline(at: str, held: bool) -> None:
    assert ask(f"{CARTS})", events("Cart", "0s"), at) is held


@pytest.mark.parametrize(
    ("order", "held"), [("0s -1us", True), ("1h", False), ("2h", False), ("5d", False)]
)
def test_it_ends_when_the_event_follows_at_last(order: str, held: bool) -> None:
    facts = [*events("Cart", "0s"), *events("Order", order)]
    assert ask(f"{CARTS})", facts, "9d") is held


@pytest.mark.parametrize(
    ("order", "held"), [("2h -1us", False), ("2h", True), ("5d", True), ("0s", False)]
)
def test_in_time_means_before_the_deadline(order: str, held: bool) -> None:
    facts = [*events("Cart", "0s"), *events("Order", order)]
    assert ask(f"{CARTS}, ever=True)", facts, "9d") is held


def test_at_one_instant_the_greater_id_is_after() -> None:
    cart = fact("0s", "Cart", id="m5")
    assert ask(f"{CARTS})", [cart, fact("0s", "Order", id="m4")], "9d") is True
    assert ask(f"{CARTS})", [cart, fact("0s", "Order", id="m6")], "9d") is False


def test_a_fact_does_not_follow_itself() -> None:
    assert ask('absent("A", after="A", wait="0s")', events("A", "0s"), "0s") is True
    assert ask('absent("A", after="A", wait="1h")', events("A", "0s", "30m"), "1h 29m") is False
    assert ask('absent("A", after="A", wait="1h")', events("A", "0s", "30m"), "90m") is True


@pytest.mark.parametrize(("at", "held"), [("2h", True), ("26h -1us", True), ("26h", False)])
def test_the_window_is_about_the_deadline(at: str, held: bool) -> None:
    assert ask(f'{CARTS}, last="1d")', events("Cart", "0s"), at) is held


def test_some_occasion_is_enough() -> None:
    facts = [*events("Cart", "0s", "10h"), *events("Order", "1h")]
    assert ask(f"{CARTS})", facts, "11h") is False
    assert ask(f"{CARTS})", facts, "12h") is True


def test_without_a_wait_it_holds_until_the_event() -> None:
    facts = [*events("Cart", "1h"), *events("Order", "2h")]
    expression = 'absent("Order", after="Cart", wait="0s")'
    assert [ask(expression, facts, at) for at in ("1h", "2h -1us", "2h")] == [True, True, False]
    assert ask('absent("Order", after="Cart", wait="0s", ever=True)', facts, "9h") is True


def test_the_same_value_must_follow_and_an_occasion_without_one_does_not_count() -> None:
    expression = f"{CARTS}, same=properties.x)"
    x, y = ({"x": value} for value in "xy")
    bought_other = [fact("0s", "Cart", x), fact("1h", "Order", y)]
    assert ask(expression, bought_other, "9h") is True
    assert ask(expression, [*bought_other, fact("2h", "Order", x)], "9h") is False
    assert ask(expression, [fact("0s", "Cart"), fact("1h", "Order")], "9h") is False
    assert ask(expression, [fact("0s", "Cart", {"x": [1]})], "9h") is False


def test_both_sides_may_be_filtered() -> None:
    expression = (
        'absent(step("Order", where=properties.v > 1), '
        'after=step("Cart", where=properties.v > 5), wait="1h")'
    )
    cheap, dear = fact("0s", "Cart", {"v": 5}), fact("0s", "Cart", {"v": 6})
    assert ask(expression, [cheap], "9h") is False
    assert ask(expression, [dear, fact("1h", "Order", {"v": 1})], "9h") is True
    assert ask(expression, [dear, fact("1h", "Order", {"v": 2})], "9h") is False


def test_after_a_sequence_each_completion_is_an_occasion() -> None:
    expression = 'absent("Order", after=sequence("A", "B", within="1h"), wait="2h", last="1h")'
    facts = [*events("A", "0s"), *events("B", "10m", "50m", "1h")]
    at = {"2h 10m": True, "3h 10m -1us": True, "3h 49m": True, "3h 50m": False, "2h": False}
    assert {time: ask(expression, facts, time) for time in at} == at
    assert ask(expression, [*facts, *events("Order", "30m")], "2h 20m") is False
    assert ask(expression, [*facts, *events("Order", "30m")], "2h 50m") is True
