"""Answers about everybody at an instant, or about many people at many instants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tailorbird.flow.asking import Asking, Person
from tailorbird.flow.folding import PEOPLE, fold_answers
from tailorbird.flow.questions import Question, Replies, reply
from tailorbird.flow.running import columns_of, people_of, run
from tailorbird.kernel.instants import find_zone
from tailorbird.kernel.values import Value
from tailorbird.language.batch.columns import (
    Array,
    Column,
    Same,
    as_coded,
    as_flags,
    column_of,
    joined,
    taken,
    value_at,
)
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import Everybody
from tailorbird.language.batch.plan import ALL_WAYS, BatchPlan, Ways, batch_plan, reading, readings
from tailorbird.language.batch.readings import Reading
from tailorbird.language.batch.scalars import Here
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.operations import Operation, TraitValue
from tailorbird.ports import Warehouse

_ZONE = TraitValue("timezone")


@dataclass
class Answer:
    """What definitions say about people at an instant.

    Listed are all people who exist, or only some: then the others are in no segment and have no
    value.
    """

    asking: Asking
    plan: BatchPlan
    at_us: int
    numbers: Array
    """The subjects that are persons of their own and stand first in the columns."""
    persons: Sequence[Person]
    """Those who follow them."""
    columns: Mapping[Key, Column]
    complete: bool
    """Whether all people who exist are listed."""

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

    @cached_property
    def existing(self) -> int:
        """How many people exist."""
        if self.complete:
            return self.listed
        plan = BatchPlan(Definitions(), (), {}, {})
        return _everybody(self.asking, plan, self.at_us, ALL_WAYS).listed

    @property
    def listed(self) -> int:
        """How many people the columns are about."""
        return len(self.numbers) + len(self.persons)

    def names_of(self, rows: Array) -> list[str]:
        """The names of the people in some rows."""
        alone = rows[rows < len(self.numbers)]
        names = self.asking.history.subject_names(self.numbers[alone].tolist())
        others = rows[rows >= len(self.numbers)] - len(self.numbers)
        return [*names, *(self.persons[row].name for row in others.tolist())]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names_of(np.arange(self.listed)))}

    def _flags(self, key: Key) -> Array:
        return as_flags(self.columns[key], self.listed)


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
    asking = Asking(history, known_then=known_then, position=position)
    if people is None:
        return _everybody(asking, plan, at_us, ways)
    persons = asking.persons(people, asking.linked(at_us))
    distinct = list(dict.fromkeys(persons))
    return _some(asking, plan, distinct, at_us, ways)


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
    asking = Asking(history, known_then=known_then, position=position)
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


def _some(
    asking: Asking, plan: BatchPlan, persons: Sequence[Person], at_us: int, ways: Ways
) -> Answer:
    replies = reply(asking, plan, [Question(person, at_us) for person in persons], ways)
    kept = np.flatnonzero(replies.exists)
    return Answer(
        asking,
        plan,
        at_us,
        np.zeros(0, np.int64),
        [persons[row] for row in kept.tolist()],
        {key: taken(column, kept) for key, column in replies.columns.items()},
        complete=True,
    )


# Everybody


def _everybody(asking: Asking, plan: BatchPlan, at_us: int, ways: Ways) -> Answer:
    """Most people by passes over all facts, those who need more care by questions."""
    own_zones = _own_zones(asking, at_us) if plan.zoned else np.zeros(0, np.int64)
    apart = _apart(asking, at_us, own_zones)
    numbers, columns, complete = _lean(asking, plan, at_us, ways, apart.numbers)
    replies = Replies(np.zeros(0, bool), {key: Same(False) for key in plan.keys})
    if apart.persons:
        questions = [Question(person, at_us) for person in apart.persons]
        replies = reply(asking, plan, questions, ways)
    kept = np.flatnonzero(replies.exists)
    sizes = len(numbers), len(kept)
    together = {
        key: joined([columns[key], taken(replies.columns[key], kept)], sizes)
        if len(kept)
        else columns[key]
        for key in plan.keys
    }
    persons = [apart.persons[row] for row in kept.tolist()]
    return Answer(asking, plan, at_us, numbers, persons, together, complete)


@dataclass(frozen=True)
class _Apart:
    """People who are asked about by themselves."""

    persons: Sequence[Person]
    numbers: Array
    """Of all their subjects, sorted."""


def _apart(asking: Asking, at_us: int, own_zones: Array) -> _Apart:
    """Who unites several subjects, has verdicts among her facts, or a zone of her own."""
    linked = asking.linked(at_us)
    single = {
        n for n, found in asking.verdicts.items() if any(asking.counts(v, at_us) for v in found)
    }
    single.update(own_zones.tolist())
    names = asking.history.subject_names(single)
    wanted = dict.fromkeys([*linked.values(), *(linked.get(name, name) for name in names)])
    persons = asking.persons(list(wanted), linked)
    numbers = sorted(number for person in persons for number in person.numbers)
    return _Apart(persons, np.array(numbers, np.int64))


def _own_zones(asking: Asking, at_us: int) -> Array:
    """The subjects with a zone of their own that is not the workspace's."""
    moment = _moment(asking, at_us)
    how = reading(_ZONE, moment)
    assert how is not None
    results = run(asking, moment, {_ZONE: how}, dense=False)
    numbers = people_of(results)
    coded = as_coded(columns_of(results, numbers)[_ZONE], len(numbers))
    own = [
        isinstance(entry, str)
        and (found := find_zone(entry)) is not None
        and found.key != moment.zone.key
        for entry in coded.entries
    ]
    kept: Array = numbers[np.array(own, bool)[coded.codes]] if own else numbers[:0]
    return kept


def _moment(asking: Asking, at_us: int) -> Everybody:
    workspace = asking.world(at_us).at(at_us)
    return Everybody(
        at_us,
        workspace.zone,
        workspace.session_gap_us,
        asking.first_us,
        at_us if asking.known_then else None,
        asking.position,
        asking.hot,
    )


def _lean(
    asking: Asking, plan: BatchPlan, at_us: int, ways: Ways, apart: Array
) -> tuple[Array, dict[Key, Column], bool]:
    """The answers about all subjects but those that are apart."""
    moment = _moment(asking, at_us)
    known = readings(plan, moment, ways)
    answered = [key for key in plan.keys if all(op in known for op in plan.operations[key])]
    here = Here(moment.zone, asking.world(at_us).at(at_us))
    folds = len(answered) < len(plan.keys)
    dense = folds or not plan.keys or _tells_all(plan, known, here, at_us)
    needed = {operation: known[operation] for operation in plan.of(answered)}
    results = run(asking, moment, needed, dense=dense)
    numbers = people_of(results)
    if len(apart):
        numbers = numbers[~np.isin(numbers, apart)]
    size = len(numbers)
    asked = Asked(np.full(size, at_us, np.int64), [here], np.zeros(size, np.int64))
    evaluation = Evaluation(asked, columns_of(results, numbers), plan.expressions)
    values = {key: evaluation.definition(key) for key in answered}
    folded = [key for key in plan.keys if key not in values]
    if folded:
        values.update(_folded(asking, plan, numbers, at_us, folded))
    return numbers, values, dense


def _tells_all(plan: BatchPlan, known: Mapping[Operation, Reading], here: Here, at_us: int) -> bool:
    """Whether something is said even about those of whom no operation has read a fact."""
    asked = Asked(np.array([at_us], np.int64), [here], np.zeros(1, np.int64))
    defaults = {operation: Same(how.default) for operation, how in known.items()}
    evaluation = Evaluation(asked, defaults, plan.expressions)
    values = [(value_at(evaluation.definition(key), 0), plan.nothing(key)) for key in plan.keys]
    return not all(value is nothing for value, nothing in values)


def _folded(
    asking: Asking, plan: BatchPlan, numbers: Array, at_us: int, keys: Sequence[Key]
) -> dict[Key, Column]:
    values: dict[Key, list[Any]] = {key: [] for key in keys}
    for start in range(0, len(numbers), PEOPLE):
        chunk = numbers[start : start + PEOPLE].tolist()
        names = asking.history.subject_names(chunk)
        people = [Person(n, (i,), (n,)) for n, i in zip(names, chunk, strict=True)]
        questions = [Question(person, at_us) for person in people]
        for found in fold_answers(asking, plan, questions, keys):
            for key in keys:
                values[key].append(found[key])
    return {key: column_of(values[key]) for key in keys}
