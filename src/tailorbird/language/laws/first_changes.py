"""When answers change next: the live engine must say what the reference finds, and wake in time."""

from __future__ import annotations

from collections.abc import Iterator

from tailorbird.kernel.facts import WORKSPACE
from tailorbird.kernel.instants import DAY
from tailorbird.language import live
from tailorbird.language.laws.compare import World
from tailorbird.language.laws.readings import Question, asked, households, own_facts
from tailorbird.language.live import PersonState
from tailorbird.language.reference.person import Person
from tailorbird.language.world import World as Workspace

HORIZON_US = 45 * DAY


def wrong_changes(world: World) -> Iterator[str]:
    """Every definition whose next change the live engine misses, invents, or sleeps through."""
    plan = live.plan(world.plan.checked)
    for question in world.questions:
        yield from _wrong(plan, world, question)


def _wrong(plan: live.Plan, world: World, question: Question) -> Iterator[str]:
    at_us, horizon_us = question.at_us, question.at_us + HORIZON_US
    seen = [fact for fact in world.history.facts if fact.time_us <= at_us]
    facts = [fact for fact in seen if fact.subject == WORKSPACE]
    own = own_facts(households(seen).get(question.subject, []), question.subject)
    workspace = Workspace(facts)
    person = Person(world.plan.checked, own, facts, at_us=at_us)
    keys = asked(world.plan.checked)
    announced = live.Ahead(plan, own, at_us, workspace).changes(keys, horizon_us).at
    told = live.fold(plan, own, at_us, workspace)
    state = told.state if isinstance(told, live.Step) else PersonState()
    for key in keys:
        first_us = person.changes_after(key, horizon_us)
        if announced.get(key) != first_us:
            yield f"{key} of {question}: next change {announced.get(key)}, not {first_us}"
        recorded = key[0] in ("segment", "persona")
        if recorded and first_us is not None and state.wake_at > first_us:
            yield f"{key} of {question}: wakes at {state.wake_at}, changes at {first_us}"
