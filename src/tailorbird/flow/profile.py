"""Everything about one person at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tailorbird.flow.asking import Asking
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import TRAITS, Fact
from tailorbird.kernel.values import MISSING, Value, is_missing
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.ports import Warehouse


class NamingWarehouse(Warehouse, Protocol):
    """A history that finds subjects by a spelling that is not quite theirs."""

    def nearest_subject(self, subject: str) -> str | None:
        """The subject with the closest spelling; None when none is close."""


class Profile(NamedTuple):
    """What is known about a person, and what follows from it."""

    person: str
    """Her name: the smallest of her subjects."""
    subjects: Sequence[str]
    exists: bool
    facts: int
    first_us: int | None
    last_us: int | None
    told: Mapping[str, Value]
    """The traits that sources told about her."""
    values: Mapping[Key, Value]
    """Her traits, scores and segments by definition."""
    persona: Value
    timeline: Sequence[Fact]
    """Her last facts, the newest first."""


def profile(
    history: NamingWarehouse,
    definitions: Definitions,
    subject: str,
    at_us: int,
    *,
    known_then: bool = False,
    last: int = 10,
) -> Profile:
    """The person that a subject belongs to; raises `InputError` for one without facts."""
    asking = Asking(history, known_then=known_then)
    (person,) = asking.persons([subject], asking.linked(at_us))
    facts = history.history_of(person.subjects)
    if not facts:
        close = history.nearest_subject(subject)
        hint = "" if close is None else f"; did you mean {close!r}?"
        raise InputError(f"the history has no fact of {subject!r}{hint}")
    counted = [fact for fact in facts if asking.counts(fact, at_us)]
    world = asking.world(at_us)
    plan = live.plan(definitions)
    step = live.fold(plan, counted, at_us, world, unbounded=True)
    assert isinstance(step, live.Step)
    answers = live.answers(plan, step.state, at_us, world)
    return Profile(
        person.name,
        person.subjects,
        live.exists(step.state, at_us),
        len(counted),
        counted[0].time_us if counted else None,
        counted[-1].time_us if counted else None,
        _told(counted),
        {key: answers[key] for key in definitions.by_key()},
        answers.get(PERSONAS, MISSING),
        counted[: -last - 1 : -1],
    )


def _told(facts: Sequence[Fact]) -> dict[str, Value]:
    """The latest value of every trait; an explicit null takes one away."""
    found: dict[str, Value] = {}
    for fact in facts:
        if fact.name == TRAITS:
            found.update(fact.properties)
    return {name: value for name, value in sorted(found.items()) if not is_missing(value)}
