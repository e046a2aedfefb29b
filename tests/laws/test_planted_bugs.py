"""A harness that finds nothing proves nothing: planted bugs must be found, and shown small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.laws.planted import Planted

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.cases import parse_cases
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.readings import Question, ReferenceReading, same
from tailorbird.language.laws.shrink import as_case
from tailorbird.language.reference import (
    absence,
    aggregates,
    expressions,
    moment,
    person,
    scores,
    selection,
    sequences,
    sessions,
)

CASES = 60_000


def window_that_keeps_its_far_end(at: Any, instant_us: int, last_us: int | None) -> bool:
    return last_us is None or at.now_us - last_us <= instant_us <= at.now_us


def window_that_is_a_microsecond_short(at: Any, instant_us: int, last_us: int | None) -> bool:
    return last_us is None or at.now_us - last_us + 1 < instant_us <= at.now_us


def order_by_time_and_position(facts: Any) -> list[Fact]:
    first = {fact.id: fact for fact in sorted(facts, key=lambda fact: -fact.position)}
    return sorted(first.values(), key=lambda fact: (fact.time_us, fact.position))


def bots_are_people(facts: list[Fact]) -> list[Fact]:
    return facts


def numbers_with_missing_as_zero(at: Any, facts: list[Fact], of: Any) -> list[int]:
    values = (at.evaluate(of, moment.Bound(fact)) for fact in facts)
    return [value if type(value) is int else 0 for value in values]


def comparable_without_types(value: Any) -> Any:
    kind, known = COMPARABLE(value) or (None, None)
    return (None, UNIT * known if kind is bool else known) if kind else None


def booleans_are_numbers(a: Any, b: Any) -> bool:
    return bool(a == b and a is not MISSING and a is not None)


def sessions_that_end_at_the_gap(at: Any) -> list[list[Fact]]:
    found: list[list[Fact]] = []
    for act in at.acts:
        if found and act.time_us - found[-1][-1].time_us < at.session_gap_us:
            found[-1].append(act)
        else:
            found.append([act])
    return found


def decay_that_begins_a_hop_late(age: int) -> int:
    return WEIGHT(max(age - 1, 0))


def matches_of_equal_facts_only(at: Any, call: Any) -> list[tuple[int, int]]:
    return [(first, last) for first, last in MATCHES(at, call) if last - first < len(call.args)]


def never_followed_at_one_instant(at: Any, call: Any, index: int, deadline_us: int) -> bool:
    facts = at.facts
    while index + 1 < len(facts) and facts[index + 1].time_us == facts[index].time_us:
        index += 1
    return FOLLOWED(at, call, index, deadline_us)


COMPARABLE = aggregates.comparable
WEIGHT = scores.weight
MATCHES = sequences.matches
FOLLOWED = absence._followed

BUGS: list[tuple[Any, str, Callable[..., Any]]] = [
    (selection, "is_recent", window_that_keeps_its_far_end),
    (selection, "is_recent", window_that_is_a_microsecond_short),
    (person, "_once", order_by_time_and_position),
    (person, "_human", bots_are_people),
    (aggregates, "numbers", numbers_with_missing_as_zero),
    (aggregates, "comparable", comparable_without_types),
    (expressions, "is_equal", booleans_are_numbers),
    (sessions, "sessions", sessions_that_end_at_the_gap),
    (scores, "weight", decay_that_begins_a_hop_late),
    (sequences, "matches", matches_of_equal_facts_only),
    (absence, "_followed", never_followed_at_one_instant),
]


@pytest.mark.parametrize(("module", "function", "wrong"), BUGS)
def test_a_planted_bug_is_found_and_printed_as_a_small_case(
    module: Any, function: str, wrong: Callable[..., Any]
) -> None:
    reference = ReferenceReading()
    planted = Planted(reference, module, function, wrong)
    report = campaign([reference, planted], 7, CASES, most=1)
    assert report.found, f"{report.cases} cases did not find it"
    smallest = min(report.found, key=lambda found: len(found.world.history.facts))
    assert len(smallest.world.history.facts) <= 8
    (case,) = parse_cases(as_case(smallest, "planted"))
    (expected,) = case.expected
    definitions = load_text(case.definitions).definitions
    question = Question(smallest.question.subject, expected.at_us)
    (right,) = reference.answers(definitions, case.facts, [question], known_then=case.known_then)
    (wrongly,) = planted.answers(definitions, case.facts, [question], known_then=case.known_then)
    assert same(right[expected.key], expected.of(question.subject))
    assert not same(wrongly[expected.key], expected.of(question.subject))
