"""What is planted, checked by plain Python over the facts, and by the definitions' meaning."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, parse_instant, zone
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text
from tailorbird.language.reference.person import Person
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.planted import BEHAVIOURS, planted_behaviours
from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.truth import truth_of

History = list[Fact]
Rule = Callable[[History, int], bool]


def within(history: History, name: str, at_us: int, last_us: int) -> History:
    return [f for f in history if f.name == name and at_us - last_us < f.time_us <= at_us]


def in_order(history: History, names: list[str]) -> Iterator[tuple[Fact, Fact]]:
    """First and last fact of every way to find the names one after the other."""

    def go(start: int, left: list[str], first: Fact | None) -> Iterator[tuple[Fact, Fact]]:
        for place in range(start, len(history)):
            fact = history[place]
            if fact.name != left[0]:
                continue
            if len(left) == 1:
                yield first or fact, fact
            else:
                yield from go(place + 1, left[1:], first or fact)

    yield from go(0, names, None)


def sequence(names: list[str], within_us: int, last_us: int) -> Rule:
    return lambda history, at_us: any(
        last.time_us - first.time_us < within_us and at_us - last_us < last.time_us <= at_us
        for first, last in in_order(history, names)
    )


def watched(product: str) -> Rule:
    return lambda history, at_us: (
        len(
            [
                fact
                for fact in within(history, "Product Viewed", at_us, 7 * DAY)
                if fact.properties["product_id"] == product
            ]
        )
        >= 3
    )


def some_product_three_times(history: History, at_us: int) -> bool:
    seen: dict[str, int] = defaultdict(int)
    for fact in within(history, "Product Viewed", at_us, 7 * DAY):
        seen[fact.properties["product_id"]] += 1
    return max(seen.values(), default=0) >= 3


def abandoned(history: History, at_us: int) -> bool:
    return any(
        at_us - 7 * DAY < added.time_us + 2 * HOUR <= at_us
        and not any(
            fact.name == "Order Completed" and added.key < fact.key and fact.time_us <= at_us
            for fact in history
        )
        for added in history
        if added.name == "Product Added"
    )


def hot_session(history: History, at_us: int) -> bool:
    sessions: list[History] = []
    for fact in history:
        if not fact.act or fact.time_us > at_us:
            continue
        if not sessions or fact.time_us - sessions[-1][-1].time_us > 30 * MINUTE:
            sessions.append([])
        sessions[-1].append(fact)
    return any(
        at_us - 30 * DAY < acts[0].time_us
        and sum(f.name == "Product Viewed" for f in acts) > 3
        and sum(f.name == "Product Added" for f in acts) > 2
        and any(f.name == "Checkout Started" for f in acts)
        for acts in sessions
    )


def long_reader(history: History, at_us: int) -> bool:
    engaged = within(history, "Page Engaged", at_us, DAY)
    return (
        len(within(history, "Page Viewed", at_us, DAY)) > 3
        and sum(fact.properties["seconds"] for fact in engaged) > 300_000_000
    )


def dormant(history: History, at_us: int) -> bool:
    return not any(fact.act and at_us - 30 * DAY < fact.time_us <= at_us for fact in history)


def seen_once(history: History, at_us: int) -> bool:
    views = [f for f in history if f.name == "Product Viewed" and f.time_us <= at_us]
    return sum(fact.properties["product_id"] == "p20002" for fact in views) == 1


RULES: dict[str, Rule] = {
    "flash_shopper": sequence(
        ["Product Viewed", "Product Viewed", "Product Added"], 10 * MINUTE, 10 * MINUTE
    ),
    "flash_buyer": sequence(
        ["Product Viewed", "Product Added", "Order Completed"], 5 * MINUTE, DAY
    ),
    "watcher": watched("p20000"),
    "repeat_viewer": some_product_three_times,
    "cross_device_watcher": watched("p20001"),
    "abandoned_cart": abandoned,
    "hot_session": hot_session,
    "long_reader": long_reader,
    "dormant": dormant,
    "seen_once": seen_once,
}


@pytest.fixture(scope="module")
def asked(typical: Simulation) -> Simulation:
    return Simulation(events=40_000, start_us=typical.start_us, seed=11, planted=8)


@pytest.fixture(scope="module")
def histories(asked: Simulation) -> dict[str, History]:
    """The facts of every person in order, under each of her identifiers."""
    found: dict[str, History] = defaultdict(list)
    links = []
    for fact in simulated_facts(asked):
        found[fact.subject].append(fact)
        if fact.name == "$merge":
            links.append((fact.subject, fact.properties["other"]))
    for subject, other in links:
        found[subject] = found[other] = found[subject] + found[other]
    return {name: sorted(facts, key=lambda fact: fact.key) for name, facts in found.items()}


@pytest.fixture(scope="module")
def truth(asked: Simulation) -> dict[str, dict[str, Any]]:
    return {behaviour["name"]: behaviour for behaviour in truth_of(asked)["behaviours"]}


@pytest.fixture(scope="module")
def definitions(truth: dict[str, dict[str, Any]]) -> Definitions:
    segments = {name: told["definition"] for name, told in truth.items()}
    loaded = load_text(json.dumps({"segments": segments}))
    assert loaded.warnings == []
    return loaded.definitions


def instant(text: str) -> int:
    found = parse_instant(text, zone("UTC"))
    assert found is not None
    return found


def test_every_behaviour_has_a_rule_of_its_own_here(truth: dict[str, Any]) -> None:
    assert set(truth) == set(RULES) == {behaviour.name for behaviour in BEHAVIOURS}


@pytest.mark.parametrize("name", RULES)
def test_planted_people_are_in_from_the_told_instant_until_the_told_one(
    name: str, truth: dict[str, Any], histories: dict[str, History]
) -> None:
    people = truth[name]["people"]
    assert len(people) == 8
    for person in people:
        for identifier in person["ids"]:
            history = histories[identifier]
            from_us = instant(person["from"])
            assert RULES[name](history, from_us)
            assert not RULES[name](history, from_us - 1)
            if person["until"] is not None:
                assert RULES[name](history, instant(person["until"]) - 1)
                assert not RULES[name](history, instant(person["until"]))


@pytest.mark.parametrize("name", RULES)
def test_near_misses_are_not_in_at_the_told_instant(
    name: str, truth: dict[str, Any], histories: dict[str, History]
) -> None:
    misses = truth[name]["near_misses"]
    assert len(misses) >= 8
    for miss in misses:
        assert not RULES[name](histories[miss["ids"][0]], instant(miss["at"])), miss["why"]


@pytest.mark.parametrize("name", RULES)
def test_the_told_definition_means_what_the_rule_here_says(
    name: str,
    truth: dict[str, Any],
    histories: dict[str, History],
    definitions: Definitions,
) -> None:
    for part in truth[name]["people"] + truth[name]["near_misses"]:
        history = histories[part["ids"][0]]
        edges = [instant(part[key]) for key in ("from", "until", "at") if part.get(key)]
        for at_us in [edge + beside for edge in edges for beside in (-1, 0, 1)]:
            person = Person(definitions, history, at_us=at_us)
            assert person.holds(name) == RULES[name](history, at_us)


@pytest.mark.parametrize("name", [b.name for b in BEHAVIOURS if b.exact])
def test_where_the_truth_is_exact_nobody_else_is_ever_in(
    name: str, truth: dict[str, Any], histories: dict[str, History]
) -> None:
    planted = {identifier for person in truth[name]["people"] for identifier in person["ids"]}
    others = [history for identifier, history in histories.items() if identifier not in planted]
    assert len(others) > 10_000
    found = [
        fact.subject
        for history in others
        for fact in history
        if RULES[name](history, fact.time_us + 1) or RULES[name](history, fact.time_us + HOUR)
    ]
    assert found == []


def test_told_facts_are_all_there_is_of_a_planted_person(
    truth: dict[str, Any], histories: dict[str, History]
) -> None:
    for behaviour in truth.values():
        for part in behaviour["people"] + behaviour["near_misses"]:
            told = [(instant(fact["time"]), fact["event"]) for fact in part["facts"]]
            there = [(fact.time_us, fact.name) for fact in histories[part["ids"][0]]]
            assert sorted(told) == sorted(there)


def test_a_short_span_has_only_the_behaviours_that_fit_into_it(asked: Simulation) -> None:
    assert planted_behaviours(1) == ()
    names = {behaviour.name for behaviour in planted_behaviours(14)}
    assert "watcher" in names
    assert "dormant" not in names


def test_everything_planted_and_asked_about_lies_within_the_span(asked: Simulation) -> None:
    for days in range(2, 60):
        told = truth_of(replace(asked, days=days))
        assert len(told["behaviours"]) == len(planted_behaviours(days)) > 0
        for behaviour in told["behaviours"]:
            parts = behaviour["people"] + behaviour["near_misses"]
            instants = [part.get("from", part.get("at")) for part in parts]
            instants += [fact["time"] for part in parts for fact in part["facts"]]
            assert max(map(instant, instants)) < instant(told["end"]), behaviour["name"]
