"""Live states of everybody, computed from history: by reading their facts, or by SQL.

People are taken in chunks of about so many facts. Whoever has one fact, as most have, is told from
it: that takes less than a row of an answer. For each chunk of the others, one pass computes the
states that SQL can say. The other operations are shown the facts that they read, person by person;
where the order of everything matters, a person's whole history is folded.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final, NamedTuple

import numpy as np

from tailorbird.flow.ahead import ahead
from tailorbird.flow.asking import Asking, Person
from tailorbird.flow.counting import counted
from tailorbird.flow.cycles import no_search_for_cycles
from tailorbird.flow.questions import EXISTENCE, Question, asked_at, posed
from tailorbird.flow.running import run
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.batch import states
from tailorbird.language.batch.columns import Array, as_coded
from tailorbird.language.batch.moments import MEMBERS, Questions
from tailorbird.language.batch.readings import Reading, filled, texts
from tailorbird.language.live import PersonState, Replay, Step
from tailorbird.language.live.bags import EntriesBag, TimesBag, floor
from tailorbird.language.operations import Calendar, Fold, Operation, Rolling
from tailorbird.ports.history import Warehouse

CHUNK_FACTS: Final = 200_000
"""Facts of people who are in memory at a time, as long as no single person has more."""
CHUNK_PEOPLE: Final = 20_000
FEW_FACTS: Final = 1
"""With no more than so many a history is folded."""


def seed(
    history: Warehouse,
    plan: live.Plan,
    now_us: int,
    *,
    position: int | None = None,
    people: Collection[str] | None = None,
    by_fold: bool = False,
) -> Generator[tuple[str, PersonState]]:
    """The state of each person at an instant, from the facts up to a place in the log.

    Told are all people with such facts, or those that have one of the given subjects, by name. A
    state is the one that `live.fold` gives, but for people who once were heavy and no longer are.
    ``by_fold`` folds everybody's history instead: the slow way, to compare with.
    """
    with history.as_of_now(), no_search_for_cycles():
        seeding = _Seeding(history, plan, now_us, position)
        chunks = seeding.chunks(people)
        parts = ahead(part for chunk in chunks for part in seeding.read(chunk, by_fold=by_fold))
        with closing(parts):  # nothing is being read any more when others may change the history
            for some in parts:
                yield from seeding.told(some)


@dataclass(slots=True)
class _Chunk:
    """Some people, who are looked at together."""

    people: list[Person]
    are_few: bool
    """Whether each of them has few facts."""
    facts: int = 0

    def is_full(self, count: int) -> bool:
        """Whether somebody with so many facts has to wait for the next chunk."""
        together = self.facts + count
        return bool(self.people) and (together > CHUNK_FACTS or len(self.people) == CHUNK_PEOPLE)


class _Part(NamedTuple):
    """What is known of a person before her live operations are asked."""

    slots: dict[int, Any]
    first_us: int | None
    first_act_us: int | None


class _Read(NamedTuple):
    """What a history says of some people."""

    people: Sequence[Person]
    facts: list[list[Fact]]
    """By person: those that are left to live operations, in order; without ``parts`` all."""
    parts: list[_Part] | None = None
    unread: frozenset[int] = frozenset()
    """The operations that are shown the facts."""


class _Seeding:
    def __init__(
        self, history: Warehouse, plan: live.Plan, now_us: int, position: int | None
    ) -> None:
        self._history = history
        self._plan = plan
        self._now_us = now_us
        self._position = "true" if position is None else f"position <= {position}"
        self._asking = Asking(history, zoned=plan.zoned, position=position)
        self._world = self._asking.world(now_us)

    # Who

    def chunks(self, people: Collection[str] | None) -> Iterator[_Chunk]:
        """The people with facts, as many at a time as have few facts together."""
        few, many = _Chunk([], are_few=True), _Chunk([], are_few=False)
        for person, count in self._people(people):
            chunk = few if count <= FEW_FACTS else many
            if chunk.is_full(count):
                yield chunk
                chunk = _Chunk([], chunk.are_few)
                few, many = (chunk, many) if chunk.are_few else (few, chunk)
            chunk.people.append(person)
            chunk.facts += count
        yield from (chunk for chunk in (few, many) if chunk.people)

    def _people(self, people: Collection[str] | None) -> Iterator[tuple[Person, int]]:
        """Each person with facts, and how many; those of several subjects come first."""
        linked = self._asking.linked(self._now_us)
        names = dict.fromkeys(linked.values()) if people is None else people
        listed = dict.fromkeys(self._asking.persons(list(names), linked))
        within = np.array([n for person in listed for n in person.numbers], np.int64)
        facts = self._counted(within)
        for person in listed:
            count = sum(facts.get(number, 0) for number in person.numbers)
            if count:
                yield person, count
        if people is None:
            for numbers, counts in counted(self._history, self._position):
                alone = ~np.isin(numbers, within)
                yield from self._alone(numbers[alone], counts[alone])

    def _alone(self, numbers: Array, counts: Array) -> Iterator[tuple[Person, int]]:
        for start in range(0, len(numbers), CHUNK_PEOPLE):
            some = numbers[start : start + CHUNK_PEOPLE].tolist()
            sizes = counts[start : start + CHUNK_PEOPLE].tolist()
            names = self._history.subject_names(some)
            alone = zip(names, zip(some, strict=True), zip(names, strict=True), strict=True)
            yield from zip(map(_person, alone), sizes, strict=True)

    def _counted(self, numbers: Array) -> dict[int, int]:
        """How many facts some subjects have; those without any are left out."""
        found = self._history.query(
            "SELECT who, count(*) AS facts FROM facts JOIN (SELECT unnest($1::BIGINT[]) AS who) "
            f"USING (who) WHERE {self._position} GROUP BY who",
            [numbers.tolist()],
        )
        who, facts = (filled(found[name]).tolist() for name in ("who", "facts"))
        return dict(zip(who, facts, strict=True))

    # Their states

    def read(self, chunk: _Chunk, *, by_fold: bool) -> Iterator[_Read]:
        """What their states are made of, by SQL where the order of everything does not matter.

        It does where timelines are followed, and in the history of whoever has verdicts.
        """
        if by_fold or chunk.are_few or self._plan.timelines:
            yield from self._whole(chunk.people)
            return
        verdicts = self._asking.verdicts.keys()
        by_order: list[Person] = []
        by_sql: list[Person] = []
        for person in chunk.people:
            (by_sql if verdicts.isdisjoint(person.numbers) else by_order).append(person)
        yield from self._whole(by_order)
        if by_sql:
            yield self._in_parts(by_sql)

    def _whole(self, people: Sequence[Person]) -> Iterator[_Read]:
        """All of their facts."""
        if people:
            _define(self._history, people)
            yield _Read(people, self._facts_of(people, "true"))

    def _in_parts(self, people: Sequence[Person]) -> _Read:
        questions = [Question(person, self._now_us) for person in people]
        moment = posed(self._asking, questions, zoned=self._plan.zoned)
        known = self._readings(moment)
        unread = frozenset(range(len(self._plan.operations))).difference(known, self._idle)
        facts = self._unread(people, unread, moment)
        return _Read(people, facts, self._parts(moment, known), unread)

    def told(self, read: _Read) -> Iterator[tuple[str, PersonState]]:
        """The states of some people; asks the history nothing, of which more is being read."""
        if read.parts is None:
            for person, own in zip(read.people, read.facts, strict=True):
                told = live.fold(self._plan, own, self._now_us, self._world)
                yield person.name, _kept(told)
            return
        is_past = self._last_us <= self._now_us
        for person, part, own in zip(read.people, read.parts, read.facts, strict=True):
            told = live.seed(
                self._plan,
                part.slots,
                self._now_us,
                self._world,
                first_us=part.first_us,
                first_act_us=part.first_act_us,
                pending=() if is_past else [f for f in own if f.time_us > self._now_us],
                unread=read.unread,
                facts=own if is_past else [f for f in own if f.time_us <= self._now_us],
            )
            yield person.name, _kept(told)

    def _readings(self, moment: Questions) -> dict[int, Reading]:
        """How states are computed, by the index of their operation, where SQL can."""
        found = {}
        for index, operation in enumerate(self._plan.operations):
            if index in self._idle:
                continue
            how = self._reading(index, operation, moment)
            if how is not None:
                found[index] = how
        return found

    def _reading(self, index: int, operation: Operation, moment: Questions) -> Reading | None:
        form = self._plan.table[index]
        if not isinstance(form, TimesBag | EntriesBag):
            return states.state(operation, moment)
        assert isinstance(operation, Fold)
        assert isinstance(operation.window, Rolling | Calendar)
        after_us = floor(operation.window, self._now_us)
        return states.state(operation, moment, after_us=after_us, keep=form.keep)

    def _parts(self, moment: Questions, known: Mapping[int, Reading]) -> list[_Part]:
        """What SQL says of each person."""
        size = len(moment.now_us)
        asked_at(self._asking, moment)
        slots: list[dict[int, Any]] = [{} for _ in range(size)]
        times: list[tuple[int | None, int | None]] = [(None, None)] * size
        operations = self._plan.operations
        indexes = {operations[index]: index for index in known}
        readings = {operations[index]: how for index, how in known.items()}
        readings[EXISTENCE] = states.existence(moment)
        for result in run(self._asking, moment, readings, dense=False):
            for operation, how, arrays in result.found:
                rows = _told(arrays)
                whose = result.whose[rows].tolist()
                found = as_coded(how.decode([array[rows] for array in arrays]), len(rows)).entries
                if operation == EXISTENCE:
                    for number, both in zip(whose, found, strict=True):
                        times[number] = both
                    continue
                index = indexes[operation]
                for number, state in zip(whose, found, strict=True):
                    if state is not None:
                        slots[number][index] = state
        return [_Part(own, *both) for own, both in zip(slots, times, strict=True)]

    # Their facts

    @cached_property
    def _last_us(self) -> int:
        """No fact is later."""
        found = self._history.query("SELECT max(time_us) AS last_us FROM facts")["last_us"]
        return int(filled(found)[0])

    @cached_property
    def _idle(self) -> frozenset[int]:
        """The operations that read facts of names alone which no fact has: nobody has a state."""
        names = self._history.query("SELECT DISTINCT name FROM facts")["name"]
        there = frozenset(texts(names))
        return frozenset(
            index
            for index, form in enumerate(self._plan.table)
            if form.selects
            and all(s.names is not None and there.isdisjoint(s.names) for s in form.selects)
        )

    def _unread(
        self, people: Sequence[Person], unread: frozenset[int], moment: Questions
    ) -> list[list[Fact]]:
        """Of each person the facts that some operations may read, and those still to come."""
        selects = [select for index in unread for select in self._plan.table[index].selects]
        conditions = []
        if selects:
            conditions.append(f"(time_us <= {moment.now} AND ({states.readable(selects, moment)}))")
        if self._last_us > self._now_us:
            conditions.append(f"time_us > {moment.now}")
        if not conditions:
            return [[] for _ in people]
        return self._facts_of(people, f"({' OR '.join(conditions)})")

    def _facts_of(self, people: Sequence[Person], condition: str) -> list[list[Fact]]:
        """Facts of each person, in order."""
        names = {one.numbers[0]: one.name for one in people if len(one.subjects) == 1}
        joined = [n for one in people if len(one.subjects) > 1 for n in one.numbers]
        names.update(zip(joined, self._history.subject_names(joined), strict=True))
        facts = self._history.facts_where(
            f"who BETWEEN {min(names)} AND {max(names)} "
            f"AND who IN (SELECT member FROM {MEMBERS}) AND {self._position} AND {condition}",
            contexts=self._plan.reads_context or self._last_us > self._now_us,
            names=names,
        )
        places = {subject: i for i, person in enumerate(people) for subject in person.subjects}
        found: list[list[Fact]] = [[] for _ in people]
        for fact in facts:
            found[places[fact.subject]].append(fact)
        for person, own in zip(people, found, strict=True):
            if len(person.numbers) > 1:
                own.sort(key=lambda fact: fact.key)
        return found


_person: Final = partial(tuple.__new__, Person)
"""The same as `Person._make`, several times as fast."""


def _told(arrays: Sequence[Array]) -> Array:
    """The rows in which there is anything; most people did little of what is asked about.

    Where all is null or zero nothing has happened that an operation would remember.
    """
    told = np.zeros(len(arrays[0]), bool)
    for array in arrays:
        there = ~np.ma.getmaskarray(array)
        told |= there & (np.ma.getdata(array) != 0) if array.dtype.kind in "iu" else there
    return np.flatnonzero(told)


def _define(history: Warehouse, people: Sequence[Person]) -> None:
    members = np.array([number for person in people for number in person.numbers], np.int64)
    history.define_table(MEMBERS, {"question": members, "member": members})


def _kept(told: Step | Replay) -> PersonState:
    """A state, or that of somebody who has to be answered from her history."""
    return told.state if isinstance(told, Step) else PersonState(heavy=True)
