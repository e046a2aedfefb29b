"""Which people a proof asks about: the heaviest, the merged, and others by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from tailorbird.flow.asking import Asking, as_of_now
from tailorbird.flow.counting import counted
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.language.batch.columns import Array
from tailorbird.language.laws.chance import Chance
from tailorbird.people.identity import people
from tailorbird.ports.history import Warehouse

_AT_ONCE = 10_000
_NOBODY: Final = np.zeros(0, np.int64)


class Sample(NamedTuple):
    """People to be asked about."""

    names: list[str]
    heaviest: int
    """So many were taken because they have the most facts."""
    merged: int
    """So many were taken because they unite several subjects."""
    population: int
    """All people with facts; everybody was taken when the sample is as large."""


@as_of_now
def sample(history: Warehouse, size: int, chance: Chance) -> Sample:
    """So many people: a quarter the heaviest, a quarter merged ones, the rest by chance.

    Where fewer people are merged, more of the heaviest are taken.
    """
    linked = Asking(history).linked(0)
    numbers, counts = _counted(history)
    population = len(numbers) - _more_than_one(history, linked)
    wanted: dict[str, None] = {}
    merged = chance.sample(sorted(set(linked.values())), size // 4)
    wanted.update(dict.fromkeys(merged))
    heavy = numbers[np.lexsort((numbers, -counts))][:size].tolist()
    for subject in history.subject_names(heavy):
        if len(wanted) >= size // 2:
            break
        wanted.setdefault(linked.get(subject, subject))
    heaviest = len(wanted) - len(merged)
    for subject in _by_chance(history, numbers, chance, 2 * size):
        if len(wanted) >= min(size, population):
            break
        wanted.setdefault(linked.get(subject, subject))
    return Sample(list(wanted), heaviest, len(merged), population)


def everybody(history: Warehouse) -> Iterator[str]:
    """The names of all people with facts, each once."""
    linked = Asking(history).linked(0)
    told: set[str] = set()
    for numbers, _ in counted(history, at_a_time=_AT_ONCE):
        for subject in history.subject_names(numbers.tolist()):
            name = linked.get(subject)
            if name is None:
                yield subject
            elif name not in told:
                told.add(name)
                yield name


@as_of_now
def population(history: Warehouse) -> int:
    """How many people have facts."""
    subjects = sum(len(numbers) for numbers, _ in counted(history))
    return subjects - _more_than_one(history, Asking(history).linked(0))


def _counted(history: Warehouse) -> tuple[Array, Array]:
    numbers, facts = [_NOBODY], [_NOBODY]
    for some, counts in counted(history):
        numbers.append(some)
        facts.append(counts)
    return np.concatenate(numbers), np.concatenate(facts)


def _more_than_one(history: Warehouse, linked: dict[str, str]) -> int:
    """How many subjects with facts there are beyond one a person."""
    there = [linked[subject] for subject in history.subject_numbers(linked)]
    return len(there) - len(set(there))


def _by_chance(history: Warehouse, numbers: Array, chance: Chance, count: int) -> Sequence[str]:
    if not len(numbers):
        return []
    places = dict.fromkeys(chance.below(len(numbers)) for _ in range(count))
    if count >= len(numbers):
        places = dict.fromkeys(chance.shuffled(range(len(numbers))))
    return history.subject_names([int(numbers[place]) for place in places])


class Household(NamedTuple):
    """Subjects that were ever linked with one another, and what happened to them."""

    name: str
    """The subject that is asked about."""
    facts: list[Fact]


@as_of_now
def households(history: Warehouse, names: Sequence[str]) -> list[Household]:
    """The facts of everybody who was ever linked to some subjects, links taken back included."""
    ever = people(fact for fact in history.links() if fact.name == MERGE)
    members: dict[str, list[str]] = {}
    for subject, whose in ever.items():
        members.setdefault(whose, []).append(subject)
    related = {name: members.get(ever.get(name, name), [name]) for name in names}
    by_subject: dict[str, list[Fact]] = {}
    for fact in history.history_of([s for subjects in related.values() for s in subjects]):
        by_subject.setdefault(fact.subject, []).append(fact)
    return [
        Household(name, sorted((f for s in subjects for f in by_subject.get(s, ())), key=_order))
        for name, subjects in related.items()
    ]


def _order(fact: Fact) -> tuple[int, str]:
    return fact.key
