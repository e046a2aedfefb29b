"""Robots, traps and double clicks are marked with verdicts, which can be taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.events.arriving import arrived
from tailorbird.events.cells import tagged
from tailorbird.events.columns import FactColumns, columns_of, facts_of
from tailorbird.events.marking import (
    SUSTAINED,
    Mark,
    Marking,
    Rules,
    robot_decoded,
    robot_in,
    verdicts_among,
    with_verdicts,
)
from tailorbird.kernel import limits
from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.instants import MINUTE, SECOND

ROBOT = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
PAGE = {"page": {"path": "/cart"}}


def fact(
    time_us: int = 0,
    id_: str = "m",
    event: str = "Clicked",
    who: str = "ann",
    context: dict[str, Any] | None = None,
    **properties: Any,
) -> Fact:
    return Fact(who, time_us, id_, event, properties, context or {}, True, True, "web", 0, 0)


def marks(rules: Rules, *facts: Fact) -> dict[str, Mark]:
    found = Marking(rules).marks(columns_of(facts))
    return {facts[row].id: mark for row, mark in found.items()}


def test_known_robots_and_browsers_without_a_screen_are_marked() -> None:
    headless = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36"}
    person = {"userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1"}
    given = [
        fact(0, "a", context=ROBOT),
        fact(0, "b", context=headless),
        fact(0, "c", context=person),
    ]
    assert marks(Rules(), *given, fact(0, "d")) == {
        "a": Mark("list", "Googlebot"),
        "b": Mark("headless", "Headless"),
    }


AGENTS = st.sampled_from(
    [
        "Googlebot/2.1",
        "Mozilla/5.0 Firefox/125.0",
        'a "Googlebot/2.1"',
        "Googlebot\\",
        "",
        '"userAgent":"',
    ]
)
CONTEXTS = st.recursive(
    AGENTS | st.none() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["userAgent", "x", '"userAgent"', "\\", "##"]), inner, max_size=3
        )
    ),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


@given(CONTEXTS, st.booleans())
@example({"x": {"userAgent": "Mozilla/5.0 Firefox/125.0"}, "userAgent": "Googlebot/2.1"}, False)
@example({"userAgent": 'a "Googlebot/2.1"'}, False)
def test_an_agent_in_the_text_is_a_robots_as_one_that_was_decoded(
    context: dict[str, Any], is_spaced: bool
) -> None:
    text = tagged(context)
    if is_spaced:
        text = json.dumps(json.loads(text))
    assert robot_in(text) == robot_decoded(text)


def test_what_is_no_act_is_never_marked() -> None:
    assert marks(Rules(), fact(context=ROBOT)._replace(act=False)) == {}


def burst(minute: int, count: int, who: str = "ann") -> list[Fact]:
    return [fact(minute * MINUTE + n, f"{who}{minute}-{n}", who=who, n=n) for n in range(count)]


def test_too_many_acts_are_a_robots_once_they_go_on() -> None:
    rules = Rules(per_minute=10)
    short = [one for minute in range(SUSTAINED - 1) for one in burst(minute, 20)]
    assert marks(rules, *short) == {}
    long = [one for minute in range(SUSTAINED + 1) for one in burst(minute, 20)]
    found = marks(rules, *long)
    assert set(found) == {f"ann{m}-{n}" for m in (SUSTAINED - 1, SUSTAINED) for n in range(10, 20)}
    assert {mark.by for mark in found.values()} == {"rate"}


def test_a_pause_or_a_slow_minute_begins_anew() -> None:
    rules = Rules(per_minute=10)
    paused = [one for minute in (0, 1, 3, 4) for one in burst(minute, 20)]
    assert marks(rules, *paused) == {}
    slow = [one for minute in range(5) for one in burst(minute, 20 if minute != 2 else 5)]
    assert marks(rules, *slow) == {}
    others = [one for minute in range(4) for who in "abc" for one in burst(minute, 10, who)]
    assert marks(rules, *others) == {}


def test_whoever_is_trapped_is_a_robot_from_then_on() -> None:
    rules = Rules(honeypots=frozenset({"Trap Opened", "/hidden/"}))
    given = [
        fact(0, "before"),
        fact(1, "named", "Trap Opened"),
        fact(2, "after"),
        fact(3, "other", who="bob"),
        fact(4, "path", who="bob", context={"page": {"url": "https://a.example/hidden/x?y"}}),
        fact(5, "later", who="bob"),
        fact(6, "near", who="cid", context={"page": {"path": "/hiddenx"}}),
    ]
    found = marks(rules, *given)
    assert set(found) == {"named", "after", "path", "later"}
    assert found["later"] == Mark("honeypot", "/hidden/")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2, 1, 0, 2)])
def test_of_two_clicks_that_were_meant_as_one_the_first_stays(order: tuple[int, ...]) -> None:
    rules = Rules(double_us=SECOND // 2)
    clicks = [
        fact(0, "first", context=PAGE),
        fact(SECOND // 2, "second", context=PAGE),
        fact(2 * SECOND, "third", context=PAGE),
    ]
    found = marks(rules, *[clicks[place] for place in order])
    assert "first" not in found
    assert "third" not in found
    if order[:2] == (0, 1):
        assert found == {"second": Mark("double", "first")}


def test_other_acts_are_no_double_clicks() -> None:
    rules = Rules(double_us=SECOND // 2)
    first = fact(0, "a", context=PAGE, product="p")
    for second in (
        fact(SECOND // 2 + 1, "b", context=PAGE, product="p"),
        fact(1, "b", context=PAGE, product="q"),
        fact(1, "b", "Bought", context=PAGE, product="p"),
        fact(1, "b", who="bob", context=PAGE, product="p"),
        fact(1, "b", product="p"),
        first,
    ):
        assert marks(rules, first, second) == {}


def test_a_verdict_stands_behind_its_fact_and_counts_once() -> None:
    messages: list[Any] = [
        {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m1", "context": ROBOT},
        {"type": "track", "event": "Seen", "userId": "bob", "messageId": "m2"},
    ]
    given = arrived(
        [(m, None) for m in messages], {}, source="web", now_us=SECOND * 10**9, new_id=str
    )
    found = with_verdicts(given, Marking(Rules()))
    assert list(found.columns.id) == ["m1", "m1$verdict", "m2"]
    assert found.places == [0, 0, 1]
    verdict = facts_of(found.columns, range(3))[1]
    assert verdict.properties == {
        "bot": True,
        "by": "list",
        "message_id": "m1",
        "what": "Googlebot",
    }
    assert (verdict.name, verdict.act, verdict.time_us) == (
        VERDICT,
        False,
        found.columns.time_us[0],
    )


def test_a_verdict_belongs_to_the_message_of_its_fact() -> None:
    messages: list[Any] = [
        {"type": "identify", "userId": "ann", "anonymousId": "v1", "messageId": "m1"},
        {"type": "page", "userId": "ann", "messageId": "m2", "context": ROBOT},
    ]
    given = arrived(
        [(m, None) for m in messages], {}, source="web", now_us=SECOND * 10**9, new_id=str
    )
    found = with_verdicts(given, Marking(Rules()))
    assert list(found.columns.id) == ["m1", "m1$merge", "m2", "m2$verdict"]
    assert found.places == [0, 0, 1, 1]


def test_a_message_id_without_room_for_a_verdict_is_left_alone() -> None:
    long = fact(0, "m" * limits.ID_CHARACTERS, context=ROBOT)
    assert verdicts_among(columns_of([long]), Marking(Rules())).length == 0


def test_what_is_remembered_of_identifiers_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WATCHED_IDS", 5)
    marking = Marking(Rules(10, frozenset({"Clicked"}), SECOND))
    marking.marks(columns_of([fact(0, str(n), who=str(n), context=PAGE) for n in range(50)]))
    assert 2 <= len(marking._trapped) <= 5
    marking = Marking(Rules(10, frozenset(), SECOND))
    marking.marks(columns_of([fact(0, str(n), who=str(n), context=PAGE) for n in range(50)]))
    assert 2 <= len(marking._watched) <= 5


def test_columns_without_facts_have_no_marks() -> None:
    assert (
        verdicts_among(FactColumns(*([] for _ in FactColumns._fields)), Marking(Rules())).length
        == 0
    )
