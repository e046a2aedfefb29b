"""Everything about one person at an instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tailorbird.flow.asking import Asking, Person, as_of_now
from tailorbird.flow.consenting import verdicts_of
from tailorbird.governance.gate import Verdict
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import TRAITS, Fact
from tailorbird.kernel.values import MISSING, Value, is_missing
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.purposes import table_of
from tailorbird.ports.history import Warehouse


class NamingWarehouse(Warehouse, Protocol):
    """A history that finds subjects by a spelling that is not quite theirs."""

    def nearest_subject(self, subject: str) -> str | None:
        """The subject with the closest spelling; None when none is close."""


Place = tuple[int, str]
"""Where a fact stands in a person's history: its time and message id."""


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
    consent: Mapping[str, Verdict]
    """What may be done with data about her, by purpose."""


@as_of_now
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
    person, facts = _facts_of(history, asking, subject, at_us)
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
        verdicts_of(counted, asking.links, table_of(definitions.purposes), at_us),
    )


@as_of_now
def consent_of(
    history: NamingWarehouse,
    definitions: Definitions,
    key: Key,
    subject: str,
    at_us: int,
    *,
    known_then: bool = False,
) -> dict[str, Verdict]:
    """Whether data about a person may be used for what a definition is for, by purpose."""
    purposes = definitions.purposes_by_key()[key]
    if not purposes:
        return {}
    asking = Asking(history, known_then=known_then)
    _, facts = _facts_of(history, asking, subject, at_us)
    counted = [fact for fact in facts if asking.counts(fact, at_us)]
    found = verdicts_of(counted, asking.links, table_of(definitions.purposes), at_us)
    return {purpose: found[purpose] for purpose in sorted(purposes)}


@as_of_now
def facts_before(
    history: NamingWarehouse, subject: str, at_us: int, before: Place | None, most: int
) -> list[Fact]:
    """So many of somebody's facts by an instant, the newest first, that stand before a place."""
    _, facts = _facts_of(history, Asking(history), subject, at_us)
    end = bisect_right(facts, at_us, key=lambda fact: fact.time_us)
    if before is not None:
        end = min(end, bisect_left(facts, before, key=lambda fact: fact.key))
    return facts[max(end - most, 0) : end][::-1]


@as_of_now
def sent_traits(history: NamingWarehouse, subject: str, at_us: int) -> dict[str, Value]:
    """The traits that sources told about somebody, whether or not a definition reads them."""
    asking = Asking(history)
    _, facts = _facts_of(history, asking, subject, at_us)
    return _told([fact for fact in facts if asking.counts(fact, at_us)])


def _facts_of(
    history: NamingWarehouse, asking: Asking, subject: str, at_us: int
) -> tuple[Person, list[Fact]]:
    """The person that a subject belongs to, and all her facts in order."""
    (person,) = asking.persons([subject], asking.linked(at_us))
    facts = history.history_of(person.subjects)
    if not facts:
        close = history.nearest_subject(subject)
        hint = "" if close is None else f"; did you mean {close!r}?"
        raise InputError(f"the history has no fact of {subject!r}{hint}")
    return person, facts


def _told(facts: Sequence[Fact]) -> dict[str, Value]:
    """The latest value of every trait; an explicit null takes one away."""
    found: dict[str, Value] = {}
    for fact in facts:
        if fact.name == TRAITS:
            found.update(fact.properties)
    return {name: value for name, value in sorted(found.items()) if not is_missing(value)}
