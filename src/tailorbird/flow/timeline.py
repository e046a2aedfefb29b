"""The size of a segment over time: at given instants, with who came and went between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from tailorbird.flow.asking import Asking, Person, as_of_now
from tailorbird.flow.everybody import moment_at, set_apart
from tailorbird.flow.folding import PEOPLE, histories
from tailorbird.flow.questions import Question, asked_at, posed
from tailorbird.flow.running import chunks_of
from tailorbird.flow.stepping import turns_of
from tailorbird.language import live
from tailorbird.language.batch.columns import Array, Flags
from tailorbird.language.batch.courses import Course
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import distinct
from tailorbird.language.batch.plan import ALL_WAYS, BatchPlan, Ways, batch_plan
from tailorbird.language.batch.readings import filled
from tailorbird.language.batch.timelines import Timeline, timeline
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.definitions import Definitions, Key
from tailorbird.ports.history import Warehouse

_NO_TIMES: Final = np.zeros(0, np.int64)


class SizeAt(NamedTuple):
    """A segment at an instant."""

    at_us: int
    size: int
    entered: int
    """How often people came in since the instant before."""
    left: int
    """How often people went out since then."""


@as_of_now
def sizes_over(
    history: Warehouse,
    definitions: Definitions,
    segment: str,
    instants: Sequence[int],
    *,
    position: int | None = None,
    ways: Ways = ALL_WAYS,
) -> list[SizeAt]:
    """The size of a segment at ascending instants, in hindsight.

    Who came and went is counted exactly, also those who did both between two instants; at the
    first instant nobody is said to have done either.
    """
    key: Key = ("segment", segment)
    plan = batch_plan(definitions, [key])
    asking = Asking(history, zoned=plan.zoned, position=position)
    if not instants:
        return []
    tally = _Tally(np.array(instants, np.int64))
    _Walk(asking, plan, key, tally).run(ways)
    return tally.sizes()


@dataclass
class _Tally:
    """How many turns fall between instants."""

    instants: Array
    entered: Array = field(init=False)
    left: Array = field(init=False)

    def __post_init__(self) -> None:
        self.entered = np.zeros(len(self.instants) + 1, np.int64)
        self.left = np.zeros(len(self.instants) + 1, np.int64)

    def add(self, entered_us: Array, left_us: Array) -> None:
        """Count turns; those after the last instant go to a place that nobody reads."""
        for counts, times in ((self.entered, entered_us), (self.left, left_us)):
            places = np.searchsorted(self.instants, times, side="left")
            counts += np.bincount(places, minlength=len(counts))

    def sizes(self) -> list[SizeAt]:
        """The size at each instant, and who came and went since the one before."""
        size = np.cumsum(self.entered - self.left)[:-1].tolist()
        entered, left = self.entered[:-1].tolist(), self.left[:-1].tolist()
        rows = zip(self.instants.tolist(), size, [0, *entered[1:]], [0, *left[1:]], strict=True)
        return [SizeAt(*row) for row in rows]


class _Walk:
    """Through the history of everybody, by arrays where they can and step by step elsewhere."""

    def __init__(self, asking: Asking, plan: BatchPlan, key: Key, tally: _Tally) -> None:
        self._asking = asking
        self._plan = plan
        self._key = key
        self._tally = tally
        self._from_us = int(tally.instants[0])
        self._end_us = int(tally.instants[-1])

    def run(self, ways: Ways) -> None:
        asking = self._asking
        apart, united = set_apart(asking, self._end_us)
        moment = moment_at(asking, self._end_us)
        found = self._timeline(moment) if "arrays" in ways else None
        if found is None:
            self._step_all([*apart, *united])
            return
        numbers = [number for person in (*apart, *united) for number in person.numbers]
        self._follow(moment, found, np.array(sorted(numbers), np.int64))
        if united:
            questions = [Question(person, self._end_us) for person in united]
            posed_moment = posed(asking, questions, zoned=False)
            again = self._timeline(posed_moment)
            assert again is not None
            asked_at(asking, posed_moment)
            self._follow(posed_moment, again, _NO_TIMES)
        self._step(apart)

    def _timeline(self, moment: Moment) -> Timeline | None:
        expressions = self._plan.expressions
        try:
            found = timeline(expressions[self._key], expressions, moment, self._from_us)
        except NotInSqlError:
            return None
        changes = self._asking.world(self._end_us).changes(self._from_us, self._end_us)
        return None if changes and found.by_gap else found

    # By arrays

    def _follow(self, moment: Moment, found: Timeline, others: Array) -> None:
        """Follow everybody but those with these numbers."""
        beginnings = self._beginnings(moment, others) if found.holds_before() else None
        for chunk, _ in chunks_of(self._asking, moment, found):
            kept = chunk.without(others) if len(others) else chunk
            existence = None if beginnings is None else beginnings.course(kept.who)
            _, time_us, into = found.turns(kept, existence)
            self._tally.add(time_us[into], time_us[~into])
        if beginnings is not None:
            self._tally.add(beginnings.first_us[beginnings.unread], _NO_TIMES)

    def _beginnings(self, moment: Moment, others: Array) -> _Beginnings:
        columns = self._asking.history.query(
            f"SELECT who, min(time_us) AS first_us FROM {moment.seen} GROUP BY who ORDER BY who"
        )
        who, first_us = (filled(columns[name]) for name in ("who", "first_us"))
        kept = ~np.isin(who, others)
        return _Beginnings(who[kept], first_us[kept], np.ones(int(kept.sum()), bool))

    # Step by step

    def _step_all(self, apart: Sequence[Person]) -> None:
        others = [number for person in apart for number in person.numbers]
        moment = moment_at(self._asking, self._end_us)
        everybody = self._beginnings(moment, np.array(others, np.int64)).who
        for start in range(0, len(everybody), PEOPLE):
            numbers = everybody[start : start + PEOPLE].tolist()
            names = self._asking.history.subject_names(numbers)
            self._step([Person(n, (i,), (n,)) for n, i in zip(names, numbers, strict=True)])
        self._step(apart)

    def _step(self, persons: Sequence[Person]) -> None:
        world = self._asking.world(self._end_us)
        compiled = live.plan(self._plan.definitions)
        questions = [Question(person, self._end_us) for person in persons]
        for _, facts in histories(self._asking, questions):
            seen = [fact for fact in facts if self._asking.counts(fact, self._end_us)]
            seen.sort(key=lambda fact: fact.key)
            times = list(turns_of(compiled, self._key, seen, world, self._end_us))
            self._tally.add(np.array(times[::2], np.int64), np.array(times[1::2], np.int64))


@dataclass
class _Beginnings:
    """When each person began to exist, and of whom that is all that is known."""

    who: Array
    first_us: Array
    unread: Array

    def course(self, who: Array) -> Course:
        """The existence of some people, who count as read from then on."""
        places = np.searchsorted(self.who, distinct(who))
        self.unread[places] = False
        there = Flags(np.ones(len(places), bool))
        return Course(self.who[places], self.first_us[places], there, False)
