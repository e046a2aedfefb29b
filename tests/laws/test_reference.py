"""Laws that the reference must keep by itself: it is what everything else is compared with."""

from __future__ import annotations

from dataclasses import replace

from tailorbird.kernel.facts import WORKSPACE
from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, World, ask
from tailorbird.language.laws.readings import (
    Question,
    ReferenceReading,
    asked,
    households,
    own_facts,
    same,
)
from tailorbird.language.reference.person import Person


def test_arrival_in_another_order_and_twice_changes_nothing(seed: int) -> None:
    chance = Chance(seed)
    for _, world in zip(range(40), worlds(seed, Size()), strict=False):
        facts = world.history.facts
        again = [*facts, *chance.sample(facts, len(facts) // 4)]
        shuffled = replace(
            world, history=replace(world.history, facts=tuple(chance.shuffled(again)))
        )
        for one, other in zip(
            ask(ReferenceReading(), world), ask(ReferenceReading(), shuffled), strict=True
        ):
            assert all(same(one[key], other[key]) for key in one)


def test_changes_are_found_exactly_and_none_is_missed(seed: int) -> None:
    """Between an instant and the first later change every answer is the same as at the instant."""
    chance = Chance(seed)
    for _, world in zip(range(25), worlds(seed, Size(households=4, instants=3)), strict=False):
        for question in world.questions:
            check_first_change(world, question, chance)


def check_first_change(world: World, question: Question, chance: Chance) -> None:
    def at(at_us: int) -> Person:
        return Person(world.plan.checked, own, workspace, at_us=at_us)

    facts = [fact for fact in world.history.facts if fact.time_us <= question.at_us]
    workspace = [fact for fact in facts if fact.subject == WORKSPACE]
    own = own_facts(households(facts).get(question.subject, []), question.subject)
    horizon_us = question.at_us + chance.choice((1, 3_600_000_000, 40 * 86_400_000_000))
    now = at(question.at_us)
    for key in asked(world.plan.checked):
        changed_us = now.changes_after(key, horizon_us)
        until_us = horizon_us + 1 if changed_us is None else changed_us
        for _ in range(6):
            probe_us = chance.between(question.at_us, until_us - 1)
            assert same(at(probe_us).value(key), now.value(key)), (key, question, probe_us)
        assert same(at(until_us - 1).value(key), now.value(key)), (key, question, until_us)
        if changed_us is not None:
            assert not same(at(changed_us).value(key), now.value(key)), (key, question)
