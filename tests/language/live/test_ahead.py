from __future__ import annotations

import os

import pytest

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR, SECOND
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.definitions import Key
from tailorbird.language.files import load_text
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, random_world
from tailorbird.language.laws.readings import asked, households, own_facts
from tailorbird.language.live import ahead
from tailorbird.language.reference.person import Person
from tailorbird.language.world import World

SEED = int(os.environ.get("TAILORBIRD_TEST_SEED", "1"))


def seen(number: int, at_us: int) -> Fact:
    return Fact("ann", at_us, f"m{number}", "Seen", {}, {}, True, True, "web", number, at_us)


def looking(yaml: str, facts: list[Fact], now_us: int) -> live.Ahead:
    return live.Ahead(live.plan(load_text(yaml).definitions), facts, now_us, World())


AWAKE: Key = ("segment", "awake")
RECENT = """segments: {awake: 'did("Seen", last="1h")'}"""


def test_an_answer_changes_by_itself_and_with_later_facts() -> None:
    facts = [seen(1, 0), seen(2, 2 * HOUR), seen(3, 2 * HOUR + 30 * 60 * SECOND)]
    assert looking(RECENT, facts, 0).turns(AWAKE, DAY) == [
        (HOUR, False),
        (2 * HOUR, True),
        (3 * HOUR + 30 * 60 * SECOND, False),
    ]
    assert looking(RECENT, facts, 0).changes([AWAKE], DAY) == ({AWAKE: HOUR}, DAY)
    assert looking(RECENT, facts, 0).changes([AWAKE], HOUR - 1) == ({}, HOUR - 1)


def test_whoever_comes_into_being_later_begins_with_nothing() -> None:
    assert looking(RECENT, [seen(1, HOUR)], 0).turns(AWAKE, DAY) == [
        (HOUR, True),
        (2 * HOUR, False),
    ]


def test_a_duration_that_grows_changes_at_the_next_microsecond() -> None:
    yaml = """traits: {ago: 'since("Seen")', often: 'count("Seen")'}"""
    ago, often = ("trait", "ago"), ("trait", "often")
    aged = looking(yaml, [seen(1, 0)], HOUR)
    assert aged.answers() == {ago: HOUR, often: UNIT}
    assert aged.changes([ago, often], DAY).at == {ago: HOUR + 1}


def test_looking_ahead_of_very_many_facts_ends_and_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "LOOK_AHEAD_FACTS", 60)
    yaml = (
        """segments: {awake: 'did("Seen", last="1h")', both: 'held(did("Seen"), lasting="9d")'}"""
    )
    facts = [seen(number, number * HOUR // 2) for number in range(20)]
    late = [fact._replace(name="$verdict", act=False) for fact in facts[1:]]
    changes = looking(yaml, [facts[0], *late], 0).changes([("segment", "both")], 30 * DAY)
    assert changes.at == {} and changes.seen_us < 10 * HOUR


@pytest.mark.parametrize("number", range(25))
def test_the_next_change_is_that_of_the_reference_when_nothing_more_happens(number: int) -> None:
    world = random_world(Chance((SEED << 21) + number), Size(definitions=4, households=3))
    definitions, history = world.plan.checked, world.history.facts
    workspace = [fact for fact in history if fact.subject == WORKSPACE]
    plan = live.plan(definitions)
    for subject, at_us in world.questions[::4]:
        own = own_facts(households(history).get(subject, []), subject)
        past = [fact for fact in own if fact.time_us <= at_us]
        settings = [fact for fact in workspace if fact.time_us <= at_us]
        horizon_us = at_us + 3 * DAY
        given = live.Ahead(plan, past, at_us, World(settings)).changes(
            asked(definitions), horizon_us
        )
        person = Person(definitions, past, settings, at_us=at_us)
        expected = {key: person.changes_after(key, horizon_us) for key in asked(definitions)}
        assert given.seen_us == horizon_us
        assert given.at == {key: when for key, when in expected.items() if when is not None}
