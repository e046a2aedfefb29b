"""Everybody at an instant: most by passes over all facts, those who need more care by questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from tailorbird.flow.asking import Asking, Person
from tailorbird.flow.deciding import decide
from tailorbird.flow.folding import PEOPLE, fold_answers
from tailorbird.flow.questions import Question, reply
from tailorbird.flow.running import columns_of, people_of, run
from tailorbird.kernel.facts import VERDICT
from tailorbird.kernel.instants import find_zone
from tailorbird.language.batch.columns import (
    Array,
    Column,
    Same,
    as_coded,
    joined,
    taken,
    value_at,
)
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import UNITED, Everybody
from tailorbird.language.batch.plan import BatchPlan, Ways, reading, readings
from tailorbird.language.batch.readings import Ordered, Reading
from tailorbird.language.batch.scalars import Here
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Operation, TraitValue

_ZONE: Final = TraitValue("timezone")
_NOBODY: Final = np.zeros(0, np.int64)


@dataclass(frozen=True)
class People:
    """People and the values of definitions about them, row by row.

    Listed are all people who exist, or only some: then nothing is said about the others.
    """

    numbers: Array
    """Of the first rows: a subject of each person."""
    persons: Sequence[Person]
    """Those of the rows that follow."""
    columns: Mapping[Key, Column]
    complete: bool
    """Whether all people who exist are listed."""
    named: Mapping[int, str] = field(default_factory=dict)
    """The names of those in the first rows who are not called by that subject."""

    @property
    def size(self) -> int:
        """How many people are listed."""
        return len(self.numbers) + len(self.persons)

    def names_of(self, asking: Asking, rows: Array) -> list[str]:
        """The names of the people in some rows."""
        numbers = self.numbers[rows[rows < len(self.numbers)]].tolist()
        names = asking.history.subject_names(numbers) if numbers else []
        if self.named:
            pairs = zip(numbers, names, strict=True)
            names = [self.named.get(number, name) for number, name in pairs]
        others = rows[rows >= len(self.numbers)] - len(self.numbers)
        return [*names, *(self.persons[row].name for row in others.tolist())]

    def rows_of(self, asking: Asking, names: Collection[str]) -> dict[str, int]:
        """The rows of those of some people who are listed; few are found without naming all."""
        places = {person.name: len(self.numbers) + i for i, person in enumerate(self.persons)}
        called = {name: number for number, name in self.named.items()}
        numbers = {**asking.history.subject_numbers(names), **called}
        found = {name: places[name] for name in names if name in places}
        for name in names:
            number = numbers.get(name)
            if name in found or number is None:
                continue
            row = int(np.searchsorted(self.numbers, number))
            if row < len(self.numbers) and self.numbers[row] == number:
                found[name] = row
        return found


def some(
    asking: Asking, plan: BatchPlan, persons: Sequence[Person], at_us: int, ways: Ways
) -> People:
    """The answers about given people, of those who exist."""
    replies = reply(asking, plan, [Question(person, at_us) for person in persons], ways)
    kept = np.flatnonzero(replies.exists)
    columns = {key: taken(column, kept) for key, column in replies.columns.items()}
    return People(_NOBODY, [persons[row] for row in kept.tolist()], columns, complete=True)


def everybody(asking: Asking, plan: BatchPlan, at_us: int, ways: Ways) -> People:
    """The answers about everybody."""
    own_zones = _own_zones(asking, at_us) if plan.zoned else _NOBODY
    apart, united = set_apart(asking, at_us, own_zones)
    moment = moment_at(asking, at_us)
    known = readings(plan, moment, ways)
    alone = all(op in known and not isinstance(known[op], Ordered) for op in plan.of(plan.keys))
    if united and alone:
        _define(asking, united)
        moment = replace(moment, with_united=True)
        known = readings(plan, moment, ways)
    else:
        apart, united = [*apart, *united], []
    most = _most(asking, plan, moment, known, apart)
    most = replace(most, named={person.numbers[0]: person.name for person in united})
    if not apart:
        return most
    existence = most.complete or plan.reads(VERDICT)
    questions = [Question(person, at_us) for person in apart]
    replies = reply(asking, plan, questions, ways, existence=existence)
    kept = np.flatnonzero(replies.exists)
    sizes = most.size, len(kept)
    columns = {
        key: joined([most.columns[key], taken(replies.columns[key], kept)], sizes)
        for key in plan.keys
    }
    return replace(most, persons=[apart[row] for row in kept.tolist()], columns=columns)


def set_apart(
    asking: Asking, at_us: int, own_zones: Array = _NOBODY
) -> tuple[list[Person], list[Person]]:
    """Who is asked about by herself, and who else unites several subjects.

    The former have verdicts among their facts, or a zone of their own.
    """
    linked = asking.linked(at_us)
    single = {
        n for n, found in asking.verdicts.items() if any(asking.counts(v, at_us) for v in found)
    }
    single.update(own_zones.tolist())
    names = asking.history.subject_names(single) if single else []
    apart = dict.fromkeys(linked.get(name, name) for name in names)
    united = dict.fromkeys(name for name in linked.values() if name not in apart)
    persons = asking.persons([*apart, *united], linked) if apart or united else []
    with_facts = [person for person in persons[len(apart) :] if person.numbers]
    return persons[: len(apart)], with_facts


def _define(asking: Asking, united: Sequence[Person]) -> None:
    """Tell the engine which subjects are one person; each is known by her first number."""
    pairs = [(number, person.numbers[0]) for person in united for number in person.numbers]
    members, persons = (np.array(numbers, np.int64) for numbers in zip(*pairs, strict=True))
    asking.history.define_table(UNITED, {"member": members, "person": persons})


def _own_zones(asking: Asking, at_us: int) -> Array:
    """The subjects with a zone of their own that is not the workspace's."""
    moment = moment_at(asking, at_us)
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


def moment_at(asking: Asking, at_us: int) -> Everybody:
    """The question about everybody at an instant, with what is in force there."""
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


def _most(
    asking: Asking,
    plan: BatchPlan,
    moment: Everybody,
    known: Mapping[Operation, Reading],
    apart: Sequence[Person],
) -> People:
    """The answers about all people but those that are apart."""
    here = Here(moment.zone, asking.world(moment.now_us).at(moment.now_us))
    dense = not plan.keys or _tells_all(plan, known, here, moment.now_us)
    results = run(asking, moment, known, dense=dense)
    numbers = people_of(results)
    others = np.array([number for person in apart for number in person.numbers], np.int64)
    if len(others):
        numbers = numbers[~np.isin(numbers, others)]
    evaluation = Evaluation(
        _asked(moment.now_us, here, len(numbers)), columns_of(results, numbers), plan.expressions
    )
    decided = decide(plan, evaluation, known, len(numbers))

    def fold(rows: Array, keys: list[Key]) -> list[dict[Key, Any]]:
        return _folded(asking, plan, numbers[rows], moment.now_us, keys)

    return People(numbers, [], decided.completed(fold), complete=dense)


def _asked(at_us: int, here: Here, size: int) -> Asked:
    return Asked(np.full(size, at_us, np.int64), [here], np.zeros(size, np.int64))


def _tells_all(plan: BatchPlan, known: Mapping[Operation, Reading], here: Here, at_us: int) -> bool:
    """Whether something may be said of those of whom no operation has read a fact."""
    defaults = {operation: Same(how.default) for operation, how in known.items()}
    evaluation = Evaluation(_asked(at_us, here, 1), defaults, plan.expressions)
    decided = decide(plan, evaluation, known, 1)
    told = {key: value_at(column, 0) for key, column in decided.values.items()}
    told.update((key, bool(s[0])) for key, s in decided.surely.items() if s is not None)
    return len(decided.open) > 0 or any(told[key] is not plan.nothing(key) for key in told)


def _folded(
    asking: Asking, plan: BatchPlan, numbers: Array, at_us: int, keys: list[Key]
) -> list[dict[Key, Any]]:
    found: list[dict[Key, Any]] = []
    for start in range(0, len(numbers), PEOPLE):
        chunk = numbers[start : start + PEOPLE].tolist()
        names = asking.history.subject_names(chunk)
        people = [Person(n, (i,), (n,)) for n, i in zip(names, chunk, strict=True)]
        questions = [Question(person, at_us) for person in people]
        found += fold_answers(asking, plan, questions, keys)
    return found
