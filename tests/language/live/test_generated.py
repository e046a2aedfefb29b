"""A function that was written for a kind of fact does what the closures do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tailorbird.kernel.facts import TRAITS, VERDICT, Fact
from tailorbird.kernel.instants import DAY, HOUR, parse_instant, zone
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.ast import Call, Ref, Text
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.live_readings import FoldReading
from tailorbird.language.laws.live_stream import StreamReading
from tailorbird.language.live.generated import patience
from tailorbird.language.live.generated.filters import Filters
from tailorbird.language.live.generated.source import Source
from tailorbird.language.operations import Select
from tailorbird.language.world import World

SEED = int(os.environ.get("TAILORBIRD_TEST_SEED", "1"))


@pytest.fixture(autouse=True)
def _written_at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "WRITTEN_AFTER", 0)
    yield


def fact(number: int, name: str, at_us: int, **properties: Any) -> Fact:
    return Fact("ann", at_us, f"m{number}", name, properties, {}, True, True, "web", 0, at_us)


def stepped(plan: live.Plan, facts: list[Fact]) -> live.PersonState:
    state = live.PersonState()
    for one in facts:
        told = live.step(plan, state, one, max(one.time_us, one.known_us), World())
        assert isinstance(told, live.Step)
        state = told.state
    return state


def instant(text: str) -> int:
    found = parse_instant(text, zone("UTC"))
    assert found is not None
    return found


def planned(*conditions: str) -> live.Plan:
    lines = [f"  s{number}: '{text}'" for number, text in enumerate(conditions)]
    return live.plan(load_text("\n".join(["segments:", *lines])).definitions)


def members(plan: live.Plan, facts: list[Fact]) -> set[str]:
    return {name for _, name in live.membership(plan, stepped(plan, facts))}


def test_facts_one_by_one_answer_as_a_fold_of_the_history_does() -> None:
    report = campaign([FoldReading(), StreamReading()], SEED, 60_000)
    assert not report.found, str(report)


@pytest.mark.parametrize("further", [[], ['entered("s0")']])
def test_whoever_moves_is_woken_by_the_calendar_of_her_new_zone(further: list[str]) -> None:
    plan = planned('did("Seen", calendar="year")', *further)
    seen = fact(1, "Seen", instant("2012-02-07T12:00:00Z"))
    moved = fact(2, TRAITS, instant("2012-03-13T12:00:00Z"), timezone="Pacific/Apia")
    assert stepped(plan, [seen]).wake_at == instant("2013-01-01T00:00:00Z")
    assert stepped(plan, [seen, moved]).wake_at == instant("2012-12-31T10:00:00Z")


def test_text_of_users_stands_in_a_function_as_a_literal() -> None:
    hostile = "\\'''\"\n); raise SystemExit  # {0} %s \u2028 \ud800"
    yaml = """segments: {odd: 'count("Seen", where=properties["KEY"] == "VALUE") >= 1'}"""
    plan = live.plan(load_text(yaml.replace("KEY", "a b").replace("VALUE", "c d")).definitions)
    assert "properties.get('a b') == 'c d'" in plan.reactions.text("Seen", True)
    for odd in (hostile, "'", "\\", "\r"):
        source = Source()
        equals = Call("==", (Ref("properties", (odd,)), Text(odd)))
        fits = Filters(source, odd, act=True).fits(Select(frozenset({odd}), where=equals), "0")
        source.line(f"return {fits}")
        written = source.function("def fits(properties):", "fits")
        assert written({odd: odd})
        assert not written({odd: "else"})


def test_a_boolean_is_no_number_and_a_list_no_text() -> None:
    plan = planned(
        'did("Seen", where=properties.n == 0.000001)',
        'did("Seen", where=properties.n == True)',
        'did("Seen", where=properties.n in ["1", "x"])',
        'did("Seen", where=properties.n != 5)',
    )
    assert members(plan, [fact(1, "Seen", DAY, n=True)]) == {"s1", "s3"}
    assert members(plan, [fact(1, "Seen", DAY, n=1)]) == {"s0", "s3"}
    assert members(plan, [fact(1, "Seen", DAY, n=["x"])]) == {"s3"}
    assert members(plan, [fact(1, "Seen", DAY, n="x")]) == {"s2", "s3"}
    assert members(plan, [fact(1, "Seen", DAY, n=5 * UNIT)]) == set()


def test_a_window_wakes_at_the_instant_its_oldest_fact_leaves() -> None:
    plan = planned('count("Seen", last="1d") >= 2', 'since("Seen") >= "3h"')
    state = stepped(plan, [fact(1, "Seen", 0), fact(2, "Seen", HOUR)])
    assert state.wake_at == 3 * HOUR
    woken = live.wake(plan, state, 5 * HOUR, World())
    assert isinstance(woken, live.Step)
    assert woken.changes == (live.Change(("segment", "s1"), True),)
    assert woken.state.wake_at == DAY


def test_a_fact_that_sets_the_zone_asks_for_the_history() -> None:
    plan = planned('active_days("Seen") >= 2', 'traits.plan == "pro"')
    state = stepped(plan, [fact(1, "Seen", DAY), fact(2, TRAITS, DAY + 1, plan="pro")])
    assert live.membership(plan, state) == {("segment", "s1")}
    moved = live.step(
        plan, state, fact(3, TRAITS, DAY + 2, timezone="Asia/Tokyo"), DAY + 2, World()
    )
    assert moved == live.Replay("zone")


def test_a_value_among_many_that_filters_ask_for_is_found() -> None:
    plan = planned(*(f'count("Seen", where=properties.id == "p{n}") >= 2' for n in range(20)))
    facts = [fact(n, "Seen", DAY + n, id=f"p{n % 3}") for n in range(5)]
    assert members(plan, [*facts, fact(9, "Seen", 2 * DAY, id=["p1"])]) == {"s0", "s1"}


def test_names_that_no_definition_mentions_share_a_function() -> None:
    plan = planned("count(any_event()) >= 3", 'did(any_event(name="TEST_*"))')
    facts = [fact(1, "TEST_a", DAY), fact(2, "Else", DAY + 1), fact(3, "More", DAY + 2)]
    assert members(plan, facts) == {"s0", "s1"}
    assert members(plan, facts[1:]) == set()


def test_what_a_verdict_left_is_answered_when_the_person_begins_to_exist() -> None:
    plan = planned('fresh("web", "7d")')
    verdict = fact(1, VERDICT, DAY, message_id="nothing", bot=True)
    told = live.fold(plan, [verdict], DAY, World())
    assert isinstance(told, live.Step)
    assert not live.membership(plan, told.state)
    told = live.step(
        plan, told.state, fact(2, "Seen", 2 * DAY)._replace(source="app"), 2 * DAY, World()
    )
    assert isinstance(told, live.Step)
    assert told.changes == (live.Change(("segment", "s0"), True),)


def test_ids_decide_between_facts_of_one_time_that_come_in_another_order() -> None:
    plan = planned('sequence("Seen", "Bought")', 'sequence("Bought", "Seen")')
    assert members(plan, [fact(2, "Seen", DAY), fact(1, "Bought", DAY)]) == {"s1"}
    assert members(plan, [fact(1, "Seen", DAY), fact(2, "Bought", DAY)]) == {"s0"}


def test_a_fact_at_which_somebody_wakes_counts_and_so_does_the_time_that_has_passed() -> None:
    plan = planned(
        'count("Seen", last="1d") >= 2',
        'not did("Seen", last="1d")',
        'absent("Bought", after="Seen", wait="2h", last="1d")',
    )
    facts = [fact(1, "Seen", 0), fact(2, "Seen", 3 * HOUR), fact(3, "Seen", 3 * DAY)]
    assert members(plan, facts[:2]) == {"s0", "s2"}
    assert members(plan, facts) == set()
    assert members(plan, [*facts, fact(4, "Seen", 3 * DAY + HOUR)]) == {"s0"}
