"""Answers about everybody at an instant, or about many people at many instants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tailorbird.flow.asking import Asking, Person, as_of_now
from tailorbird.flow.everybody import People, everybody, some
from tailorbird.flow.questions import Question, reply
from tailorbird.kernel.values import Value
from tailorbird.language.batch.columns import Array, Column, as_flags, value_at
from tailorbird.language.batch.plan import ALL_WAYS, BatchPlan, Ways, batch_plan
from tailorbird.language.definitions import Definitions, Key
from tailorbird.ports.history import Warehouse


@dataclass
class Answer:
    """What definitions say about people at an instant.

    Listed are all people who exist, or only some: then the others are in no segment and have no
    value.
    """

    asking: Asking
    plan: BatchPlan
    at_us: int
    people: People

    @property
    def columns(self) -> Mapping[Key, Column]:
        """The values of each definition, row by row."""
        return self.people.columns

    @property
    def listed(self) -> int:
        """How many people the columns are about."""
        return self.people.size

    def size(self, segment: str) -> int:
        """How many people are in a segment."""
        return int(self._flags(("segment", segment)).sum())

    def members(self, segment: str) -> list[str]:
        """The names of the people in a segment, sorted."""
        return sorted(self.names_of(np.flatnonzero(self._flags(("segment", segment)))))

    def value(self, key: Key, person: str) -> Value:
        """The value of a definition for a person by her name."""
        row = self._rows.get(person)
        return self.plan.nothing(key) if row is None else value_at(self.columns[key], row)

    def values(self, keys: Collection[Key], persons: Collection[str]) -> list[dict[Key, Value]]:
        """The values of some definitions for some people by their names, in the same order."""
        rows = self.people.rows_of(self.asking, persons)
        return [
            {
                key: value_at(self.columns[key], rows[person])
                if person in rows
                else self.plan.nothing(key)
                for key in keys
            }
            for person in persons
        ]

    @cached_property
    def existing(self) -> int:
        """How many people exist."""
        if self.people.complete:
            return self.listed
        plan = BatchPlan(Definitions(), (), {}, {})
        return everybody(self.asking, plan, self.at_us, ALL_WAYS).size

    def names_of(self, rows: Array) -> list[str]:
        """The names of the people in some rows."""
        return self.people.names_of(self.asking, rows)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names_of(np.arange(self.listed)))}

    def _flags(self, key: Key) -> Array:
        return as_flags(self.columns[key], self.listed)


@as_of_now
def answer(
    history: Warehouse,
    definitions: Definitions,
    keys: Collection[Key],
    at_us: int,
    *,
    known_then: bool = False,
    position: int | None = None,
    people: Collection[str] | None = None,
    ways: Ways = ALL_WAYS,
) -> Answer:
    """The answers of some definitions at an instant, about everybody or given people.

    ``known_then``: only what was known at that instant counts; ``position``: only facts up to
    that place in the log. ``ways`` are those that may be taken; folding is always one.
    """
    plan = batch_plan(definitions, keys)
    asking = Asking(history, zoned=plan.zoned, known_then=known_then, position=position)
    if people is None:
        return Answer(asking, plan, at_us, everybody(asking, plan, at_us, ways))
    persons = list(dict.fromkeys(asking.persons(people, asking.linked(at_us))))
    return Answer(asking, plan, at_us, some(asking, plan, persons, at_us, ways))


@as_of_now
def answers_many(
    history: Warehouse,
    definitions: Definitions,
    keys: Collection[Key],
    questions: Sequence[tuple[str, int]],
    *,
    known_then: bool = False,
    position: int | None = None,
    ways: Ways = ALL_WAYS,
) -> list[dict[Key, Value]]:
    """The answers to questions about a person, by one of her subjects, at an instant."""
    plan = batch_plan(definitions, keys)
    asking = Asking(history, zoned=plan.zoned, known_then=known_then, position=position)
    asked = _questions(asking, questions)
    replies = reply(asking, plan, asked, ways)
    return [
        {key: value_at(replies.columns[key], row) for key in plan.keys} for row in range(len(asked))
    ]


def _questions(asking: Asking, questions: Sequence[tuple[str, int]]) -> list[Question]:
    """The persons of questions; in hindsight everybody's links are the same at all instants."""
    instants = {at_us for _, at_us in questions} if asking.known_then and asking.links else {0}
    found: dict[tuple[str, int], Person] = {}
    for instant_us in instants:
        linked = asking.linked(instant_us)
        names = [n for n, at_us in questions if at_us == instant_us or len(instants) == 1]
        distinct = list(dict.fromkeys(names))
        for name, person in zip(distinct, asking.persons(distinct, linked), strict=True):
            found[name, instant_us] = person
    only = next(iter(instants), 0)
    by_instant = len(instants) > 1
    return [
        Question(found[name, at_us if by_instant else only], at_us) for name, at_us in questions
    ]
