"""Answers about everybody at an instant, or about many people at many instants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tailorbird.flow.asking import Asking, Person, rows_by_number
from tailorbird.flow.folding import PEOPLE, fold_answers
from tailorbird.flow.questions import Question, Replies, reply
from tailorbird.kernel.instants import find_zone
from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.batch.columns import (
    Array,
    Column,
    Same,
    as_coded,
    as_flags,
    column_of,
    joined,
    spread,
    taken,
    value_at,
)
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import Everybody
from tailorbird.language.batch.plan import ALL_WAYS, BatchPlan, Ways, batch_plan, reading, scans
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
    (scan,) = scans({_ZONE: how}, moment, dense=False)
    numbers, arrays = rows_by_number(asking.history.query(scan.sql))
    coded = as_coded(how.decode(arrays), len(numbers))
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
    readings = _readings(plan, moment, ways)
    answered = [key for key in plan.keys if all(op in readings for op in plan.operations[key])]
    here = Here(moment.zone, asking.world(at_us).at(at_us))
    dense = (
        len(answered) < len(plan.keys) or not plan.keys or _tells_all(plan, readings, here, at_us)
    )
    found = {
        operation: how
        for operation, how in readings.items()
        if any(operation in plan.operations[key] for key in answered)
    }
    numbers, columns = _run(asking, moment, found, dense, apart)
    asked = Asked(np.full(len(numbers), at_us, np.int64), [here], np.zeros(len(numbers), np.int64))
    evaluation = Evaluation(asked, columns, plan.expressions)
    values = {key: evaluation.definition(key) for key in answered}
    folded = [key for key in plan.keys if key not in values]
    if folded:
        values.update(_folded(asking, plan, numbers, at_us, folded))
    return numbers, values, dense


def _readings(plan: BatchPlan, moment: Everybody, ways: Ways) -> dict[Operation, Reading]:
    if "sql" not in ways:
        return {}
    found = {operation: reading(operation, moment) for operation in plan.of(plan.keys)}
    return {operation: how for operation, how in found.items() if how is not None}


def _tells_all(
    plan: BatchPlan, readings: Mapping[Operation, Reading], here: Here, at_us: int
) -> bool:
    """Whether something is said even about those of whom no operation has read a fact."""
    asked = Asked(np.array([at_us], np.int64), [here], np.zeros(1, np.int64))
    defaults = {operation: Same(how.default) for operation, how in readings.items()}
    evaluation = Evaluation(asked, defaults, plan.expressions)
    values = [value_at(evaluation.definition(key), 0) for key in plan.keys]
    return not all(value is False or value is MISSING for value in values)


def _run(
    asking: Asking,
    moment: Everybody,
    readings: Mapping[Operation, Reading],
    dense: bool,
    apart: Array,
) -> tuple[Array, dict[Operation, Column]]:
    """The people whom any query is about, and their columns."""
    results = []
    for scan in scans(readings, moment, dense=dense):
        whose, arrays = rows_by_number(asking.history.query(scan.sql))
        results.append((scan, whose, arrays))
    everyone = [whose for _, whose, _ in results]
    numbers = (
        everyone[0] if len(everyone) == 1 else np.unique(np.concatenate(everyone or [apart[:0]]))
    )
    order = np.argsort(numbers)
    kept = np.ones(len(numbers), bool)
    if len(apart):
        kept = ~np.isin(numbers, apart)
    columns: dict[Operation, Column] = {}
    for scan, whose, arrays in results:
        places = order[np.searchsorted(numbers, whose, sorter=order)]
        for operation, how, first, end in scan.parts:
            column = how.decode(arrays[first:end])
            if whose is not numbers:
                column = spread(column, places, len(numbers), how.default)
            columns[operation] = taken(column, np.flatnonzero(kept)) if len(apart) else column
    return numbers[kept], columns


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
