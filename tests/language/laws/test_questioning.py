from __future__ import annotations

import pytest

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.language.files import load_text
from tailorbird.language.laws import questioning
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.questioning import Questioning
from tailorbird.language.laws.readings import asked
from tailorbird.language.world import World

DEFINITIONS = load_text("""
segments:
  recent: did("Seen", last="1d")
  ordered: sequence("Seen", "Bought")
  lasting: held(did("Seen", last="1d"), lasting="3d")
""").definitions


def history(count: int) -> list[Fact]:
    return [
        Fact("ann", n * HOUR, f"m{n}", "Seen", {}, {}, True, True, "web", n, n * HOUR)
        for n in range(count)
    ]


def test_questions_lie_at_edges_of_windows_and_at_changes() -> None:
    facts = history(3)
    (asked_now,) = Questioning(DEFINITIONS, Chance(1), 40).about("ann", facts, World(), [5]).rounds
    instants = {question.at_us for question in asked_now.questions}
    times = {fact.time_us for fact in facts}
    beside = {time_us + DAY + step for time_us in times for step in (-1, 0)}
    assert 5 in instants and times & instants and beside & instants
    assert asked_now.definitions is DEFINITIONS


def test_who_has_very_many_facts_is_asked_about_swift_definitions_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(questioning, "LIVE_US", 60_000.0)
    told = Questioning(DEFINITIONS, Chance(1), 20).about("ann", history(3_000), World(), [])
    assert told.left_out > 0
    everywhere = set.intersection(*(set(asked(r.definitions)) for r in told.rounds))
    anywhere = set.union(*(set(asked(r.definitions)) for r in told.rounds))
    assert ("segment", "recent") in everywhere
    assert ("segment", "lasting") in anywhere and ("segment", "lasting") not in everywhere


def test_what_takes_too_long_step_by_step_is_left_out() -> None:
    questions = Questioning(DEFINITIONS, Chance(1), 20)
    keys = asked(DEFINITIONS)
    assert questions.stepped(keys, 10) == set(keys)
    assert ("segment", "ordered") not in questions.stepped(keys, 2_000)


def test_nobody_is_asked_nothing() -> None:
    assert Questioning(DEFINITIONS, Chance(1), 20).about("ann", [], World(), []).rounds == []
