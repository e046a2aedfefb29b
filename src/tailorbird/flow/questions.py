"""Answers about some people, each at an instant of her own, with a few queries for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from tailorbird.flow.asking import Asking, Person
from tailorbird.flow.deciding import decide
from tailorbird.flow.folding import fold_answers
from tailorbird.flow.running import columns_of, run
from tailorbird.kernel.instants import find_zone
from tailorbird.kernel.values import Value
from tailorbird.language.batch.columns import (
    Array,
    Column,
    as_numbers,
    spread,
    taken,
    value_at,
)
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import ASKED, BOTS, MEMBERS, Questions
from tailorbird.language.batch.plan import BatchPlan, Ways, reading, readings
from tailorbird.language.batch.readings import Reading
from tailorbird.language.batch.scalars import Here
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Fold, Operation, Select, TraitValue

EXISTENCE = Fold("count", Select(everything=True))
"""Whoever has a fact that is no verdict exists."""
_ZONE = TraitValue("timezone")


class Question(NamedTuple):
    """What is true of a person at an instant?"""

    person: Person
    at_us: int


class Replies(NamedTuple):
    """The answers to questions: who exists, and a column for each definition."""

    exists: Array
    columns: Mapping[Key, Column]


def reply(
    asking: Asking,
    plan: BatchPlan,
    questions: Sequence[Question],
    ways: Ways,
    *,
    existence: bool = True,
) -> Replies:
    """Answer all questions; whoever does not exist has no value and is in no segment.

    Without ``existence`` that is not looked at, where nothing is said about those of whom
    nothing is read; then everybody is taken to exist.
    """
    size = len(questions)
    moment = posed(asking, questions, zoned=plan.zoned)
    known = readings(plan, moment, ways)
    if existence:
        known[EXISTENCE] = _read(EXISTENCE, moment)
    columns = _run(asking, moment, known, size)
    exists = np.ones(size, bool)
    if existence:
        exists = as_numbers(columns[EXISTENCE], size).values > 0
    heres = [
        Here(in_zone, asking.world(at_us).at(at_us))
        for in_zone, (_, at_us) in zip(moment.zones, questions, strict=True)
    ]
    evaluation = Evaluation(_asked(questions, heres), columns, plan.expressions)

    def fold(rows: Array, keys: list[Key]) -> list[dict[Key, Any]]:
        return fold_answers(asking, plan, [questions[row] for row in rows.tolist()], keys)

    found = decide(plan, evaluation, known, size).completed(fold)
    return Replies(
        exists, {key: _of_existing(found[key], exists, plan.nothing(key)) for key in plan.keys}
    )


def posed(asking: Asking, questions: Sequence[Question], *, zoned: bool) -> Questions:
    """Tell the engine who is asked about, so that queries may be written about it."""
    with_bots = _define(asking, questions)
    zones = _zones(asking, questions, with_bots) if zoned else None
    return _moment(asking, questions, zones, with_bots)


def asked_at(asking: Asking, moment: Questions) -> None:
    """Tell the engine what the queries written so far read of each question."""
    numbers = np.arange(len(moment.now_us), dtype=np.int64)
    asking.history.define_table(ASKED, {"who": numbers, **moment.columns})


def _define(asking: Asking, questions: Sequence[Question]) -> bool:
    """Tell the engine who is asked about, and which facts are bots'; false when none is."""
    members = [
        (number, member)
        for number, (person, _) in enumerate(questions)
        for member in person.numbers
    ]
    bots = [
        (number, bot)
        for number, (person, at_us) in enumerate(questions)
        for bot in asking.bots(person.numbers, at_us)
    ]
    _table(asking, MEMBERS, [number for number, _ in members], "member", [m for _, m in members])
    if bots:
        _table(asking, BOTS, [number for number, _ in bots], "bot", [bot for _, bot in bots])
    return bool(bots)


def _table(
    asking: Asking, name: str, questions: list[int], column: str, values: Sequence[object]
) -> None:
    kind = object if column == "bot" else np.int64
    columns = {"question": np.array(questions, np.int64), column: np.array(values, kind)}
    asking.history.define_table(name, columns)


def _moment(
    asking: Asking,
    questions: Sequence[Question],
    zones: Sequence[ZoneInfo] | None,
    with_bots: bool,
) -> Questions:
    instants = [at_us for _, at_us in questions]
    workspaces = [asking.world(at_us).at(at_us) for at_us in instants]
    return Questions(
        instants,
        zones or [workspace.zone for workspace in workspaces],
        [workspace.session_gap_us for workspace in workspaces],
        asking.first_us,
        asking.known_then,
        asking.position,
        with_bots,
        asking.hot,
    )


def _zones(asking: Asking, questions: Sequence[Question], with_bots: bool) -> list[ZoneInfo]:
    """The zone in force for each question: the person's own, else the workspace's."""
    moment = _moment(asking, questions, None, with_bots)
    found = _run(asking, moment, {_ZONE: _read(_ZONE, moment)}, len(questions))[_ZONE]
    names = [value_at(found, row) for row in range(len(questions))]
    own = (find_zone(name) if isinstance(name, str) else None for name in names)
    return [zone or other for zone, other in zip(own, moment.zones, strict=True)]


def _read(operation: Operation, moment: Questions) -> Reading:
    found = reading(operation, moment)
    assert found is not None
    return found


def _run(
    asking: Asking, moment: Questions, known: Mapping[Operation, Reading], size: int
) -> dict[Operation, Column]:
    asked_at(asking, moment)
    return columns_of(run(asking, moment, known, dense=False), np.arange(size))


def _asked(questions: Sequence[Question], heres: Sequence[Here]) -> Asked:
    """The questions, with what is in force listed once for those that share it."""
    numbers: dict[tuple[str, int], int] = {}
    distinct: list[Here] = []
    here_of = []
    for here in heres:
        key = here.zone.key, id(here.workspace)
        if key not in numbers:
            numbers[key] = len(distinct)
            distinct.append(here)
        here_of.append(numbers[key])
    instants = np.array([at_us for _, at_us in questions], np.int64)
    return Asked(instants, distinct, np.array(here_of, np.int64))


def _of_existing(column: Column, exists: Array, nothing: Value) -> Column:
    if exists.all():
        return column
    rows = np.flatnonzero(exists)
    return spread(taken(column, rows), rows, len(exists), nothing)
