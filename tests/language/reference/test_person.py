"""Which facts count, who exists, and when answers change by themselves."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact, person, setting, when

from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.files import load_text
from tailorbird.language.reference import Person

DEFINITIONS = """
segments:
  buyers: did("Order")
  not_today: not did("Order", last="1d")
  big:
    when: count("Order") >= 2
    parent: not_today
scores:
  warmth:
    points: {Order: 2, Visit: 0.5}
traits:
  orders: count("Order")
personas:
  - Big: in_segment("big")
  - Buyer: in_segment("buyers")
"""


def known(at: str, *facts: object) -> Person:
    return Person(load_text(DEFINITIONS).definitions, facts, at_us=when(at))


def test_who_has_no_fact_yet_is_nowhere_and_has_nothing() -> None:
    nobody = known("1h", *events("Order", "1h 1us"))
    assert not nobody.exists()
    assert not nobody.holds("not_today")
    assert nobody.persona() is MISSING
    assert nobody.value(("score", "warmth")) is MISSING
    assert nobody.value(("trait", "orders")) is MISSING


def test_a_condition_of_nobody_is_false() -> None:
    assert ask('not did("Order")', [], "1h") is False


def test_reserved_facts_make_somebody_exist_but_verdicts_do_not() -> None:
    assert known("1h", fact("0s", "$traits", {"plan": "free"})).holds("not_today")
    assert not known("1h", fact("0s", "$verdict", {"message_id": "x", "bot": True})).exists()


def test_definitions_are_read_through_each_other() -> None:
    ann = known("1d 2h", *events("Order", "1h", "2h"))
    assert ann.holds("buyers")
    assert ann.holds("big")
    assert ann.persona() == "Big"
    assert ann.value(("trait", "orders")) == 2 * UNIT
    assert ann.value(("score", "warmth")) == 4 * UNIT


def test_a_parent_narrows_and_the_first_persona_that_holds_counts() -> None:
    ann = known("1d 2h -1us", *events("Order", "1h", "2h"))
    assert not ann.holds("big")
    assert ann.value(PERSONAS) == "Buyer"
    assert ann.value(("persona", "Big")) is False
    assert ann.value(("persona", "Buyer")) is True


def test_order_of_arrival_and_repetition_change_nothing() -> None:
    facts = [*events("Order", "1h", "2h"), fact("3h", "Visit")]
    answers = {
        tuple(
            Person(load_text(DEFINITIONS).definitions, given, at_us=when("9h")).value(key)
            for key in [("score", "warmth"), ("trait", "orders")]
        )
        for given in (facts, facts[::-1], [*facts, facts[0], facts[2]])
    }
    assert answers == {(4 * UNIT + UNIT // 2, 2 * UNIT)}


def test_of_two_facts_with_one_id_the_first_accepted_counts() -> None:
    first = fact("1h", "A", {"x": 1}, id="same")
    second = fact("2h", "A", {"x": 2}, id="same")
    assert ask('sum("A", properties.x)', [second, first], "1d") == UNIT


def test_facts_beyond_a_log_position_are_not_seen() -> None:
    facts = events("A", "1h", "2h")
    assert ask('count("A")', facts, "3h", position=facts[0].position) == UNIT


def test_what_was_not_yet_known_does_not_count() -> None:
    late = fact("1h", "A", known_us=when("5h"))
    zone = setting("0s", "zone", "Asia/Tokyo")._replace(known_us=when("5h"))
    rest = {"workspace": [zone], "known_us": when("4h")}
    assert ask('count("A")', [late, fact("2h", "A")], "9h", **rest) == UNIT
    assert ask("hour()", [late, fact("2h", "A")], "9h", **rest) == 9 * UNIT
    rest["known_us"] = when("5h")
    assert ask('count("A")', [late, fact("2h", "A")], "9h", **rest) == 2 * UNIT
    assert ask("hour()", [late, fact("2h", "A")], "9h", **rest) == 18 * UNIT


def verdict(time: str, message_id: str, bot: object = True) -> object:
    return fact(time, "$verdict", {"message_id": message_id, "bot": bot})


def test_a_fact_of_a_bot_counts_from_no_verdict_to_verdict() -> None:
    facts = [fact("1h", "A", id="x"), fact("2h", "B"), verdict("3h", "x")]
    assert ask('did("A")', facts, "3h -1us") is True
    assert ask('did("A")', facts, "3h") is False


def test_the_latest_verdict_decides_and_only_true_is_a_bot() -> None:
    one = fact("1h", "A", id="x")
    assert ask('did("A")', [one, verdict("3h", "x"), verdict("4h", "x", False)], "5h") is True
    assert ask('did("A")', [one, verdict("4h", "x"), verdict("3h", "x", False)], "5h") is False
    assert ask('did("A")', [one, verdict("3h", "x", "yes")], "5h") is True


def test_a_bot_alone_is_nobody() -> None:
    assert not person("1", [fact("1h", "A", id="x"), verdict("2h", "x")], "3h").exists()


@pytest.mark.parametrize(
    ("expression", "at", "then"),
    [
        ('did("A", last="7d")', "1d", "7d"),
        ('did("A", last="7d")', "7d", None),
        ('absent("B", after="A", wait="2h", last="1d")', "0s", "2h"),
        ('absent("B", after="A", wait="2h", last="1d")', "3h", "1d 2h"),
        ('since("A") > "3d"', "1d", "3d 1us"),
        ('since("A") >= "3d"', "1d", "3d"),
        ('since("A") == "3d"', "1d", "3d"),
        ('since("A") == "3d"', "3d", "3d 1us"),
        ('since("A") in ["3d", "5d"]', "4d", "5d"),
        ('since("A") + since("A") > "3d"', "1d", "36h 1us"),
        ('since("A") - since("A") > "3d"', "1d", None),
        ('did("A", session="current")', "0s", "30m 1us"),
        ('did("A", calendar="week")', "0s", "3d"),
        ('entered("recent", last="1d")', "0s", "1d"),
        ('left("recent", last="1d")', "0s", "7d"),
        ('left("recent", last="1d")', "7d", "8d"),
        ('held(in_segment("recent"), lasting="2d")', "0s", "2d"),
        ('held(in_segment("recent"), lasting="2d")', "3d", "7d"),
        ("weekday() == 1", "0s", "3d"),
        ("hour() == 2", "0s", "2h"),
        ('trait("age")', "0s", "0s 1us"),
        ('trait("age") > "4h"', "0s", "4h 1us"),
        ('trend("A", short="1d", long="2d") > 1', "1h", "1d"),
        ('at_least(1, since(at("2024-03-05")) > "-1h")', "0s", "4d -1h 1us"),
    ],
)
def test_answers_change_by_themselves_exactly_then(
    expression: str, at: str, then: str | None
) -> None:
    """The 1st of March 2024, from which times count, was a Friday."""
    definitions = 'traits: {age: since("A")}\nsegments: {recent: \'did("A", last="7d")\'}'
    ann = person(expression, events("A", "0s"), at, definitions=definitions)
    changed = ann.changes_after(("trait", "asked"), when("90d"))
    assert changed == (None if then is None else when(then))


def test_a_decaying_score_changes_at_its_hops() -> None:
    score = "scores: {warm: {half_life: 64h, points: {A: 1}}}"
    ann = person("1", events("A", "0s"), "10m", definitions=score)
    assert ann.changes_after(("score", "warm"), when("9d")) == when("1h")


def test_changes_beyond_the_horizon_are_not_named() -> None:
    ann = person('did("A", last="7d")', events("A", "0s"), "1d")
    assert ann.changes_after(("trait", "asked"), when("7d -1us")) is None
    assert ann.changes_after(("trait", "asked"), when("7d")) == when("7d")
