"""Seeding as a reading: batch computes states up to a place in the log, live goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from tailorbird.flow.seed import seed
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.language import live
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.live_readings import FoldReading
from tailorbird.language.laws.live_stream import Shell, Stream
from tailorbird.language.laws.readings import Answers, Question, asked, households, subjects_of
from tailorbird.language.world import World
from tailorbird.ports.history import Scratch, Warehouse

_GROUPS: Final = 3
"""In so many groups people are seeded together, each at an instant of its own."""
_NOTHING: Final[list[Fact]] = []
"""The facts of somebody to whom nothing has happened."""


class Start(NamedTuple):
    """Where batch hands over to live."""

    now_us: int
    position: int
    """The facts up to here are in the seed."""


def resumed(
    history: Warehouse, plan: live.Plan, start: Start, people: Sequence[Sequence[Fact]]
) -> list[Stream]:
    """A stream for each group of people who may be linked, which goes on from their seeds.

    Given are all facts about the people of each group, and about the workspace, in the order of
    the log; those that are not in the seed are still to arrive.
    """
    names = dict.fromkeys(f.subject for facts in people for f in facts if f.subject != WORKSPACE)
    states = dict(seed(history, plan, start.now_us, position=start.position, people=list(names)))
    return [_stream(plan, start, facts, states) for facts in people]


def _stream(
    plan: live.Plan, start: Start, facts: Sequence[Fact], states: dict[str, live.PersonState]
) -> Stream:
    seeded = [fact for fact in facts if fact.position <= start.position]
    workspace = [fact for fact in seeded if fact.subject == WORKSPACE]
    own = [fact for fact in seeded if fact.subject != WORKSPACE]
    people = {subjects_of(own, subject) for subject in {fact.subject for fact in own}}
    linked = {subjects: states[min(subjects)] for subjects in people}
    shell = Shell(plan, own, workspace, linked, start.now_us, _world=World(workspace))
    return Stream(shell, list(facts), len(seeded))


def told(stream: Stream, questions: Sequence[Question], keys: Sequence[Key]) -> list[Answers]:
    """The answers to questions about one person, in order of time, all facts having arrived."""
    found = []
    for subject, at_us in questions:
        stream.run_to(at_us, known_then=False)
        found.append(stream.shell.answers(keys, subject))
    return found


class SeedReading:
    """Each question after the facts that were not in a seed have arrived one by one."""

    name: Final = "batch, then live"

    def __init__(self, make: Callable[[], Scratch], chance: Chance) -> None:
        self._make = make
        self._chance = chance

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """What was noted at each instant; what is asked before there is a seed is folded."""
        placed = [fact._replace(position=number) for number, fact in enumerate(facts)]
        found: dict[int, Answers] = {}
        history = self._make()
        try:
            history.append(placed)
            for group in self._groups(questions, households(placed)):
                start = self._start([questions[n] for n in group], placed, known_then)
                late = [n for n in group if questions[n].at_us >= start.now_us]
                asked_late = [questions[n] for n in late]
                given = _continued(history, definitions, start, placed, asked_late, known_then)
                found.update(zip(late, given, strict=True))
        finally:
            history.close()
        early = [number for number in range(len(questions)) if number not in found]
        asked_early = [questions[number] for number in early]
        given = FoldReading().answers(definitions, facts, asked_early, known_then=known_then)
        found.update(zip(early, given, strict=True))
        return [found[number] for number in range(len(questions))]

    def _groups(
        self, questions: Sequence[Question], related_to: dict[str, list[Fact]]
    ) -> list[list[int]]:
        """The numbers of questions about people who are seeded together."""
        whose: dict[int, int] = {}
        groups: list[list[int]] = [[] for _ in range(_GROUPS)]
        for number, question in enumerate(questions):
            household = id(related_to.get(question.subject, _NOTHING))
            if household not in whose:
                whose[household] = self._chance.below(_GROUPS)
            groups[whose[household]].append(number)
        return [group for group in groups if group]

    def _start(
        self, questions: Sequence[Question], facts: Sequence[Fact], known_then: bool
    ) -> Start:
        """An instant of the first half of the questions', and a place that is reached by then."""
        instants = sorted(question.at_us for question in questions)
        now_us = self._chance.choice(instants[: len(instants) // 2 + 1])
        there = takewhile(lambda fact: not known_then or fact.known_us <= now_us, facts)
        return Start(now_us, self._chance.below(1 + sum(1 for _ in there)) - 1)


def _continued(
    history: Warehouse,
    definitions: Definitions,
    start: Start,
    facts: Sequence[Fact],
    questions: Sequence[Question],
    known_then: bool,
) -> list[Answers]:
    plan, keys = live.plan(definitions), asked(definitions)
    workspace = [fact for fact in facts if fact.subject == WORKSPACE]
    related_to = households(facts)
    related = [related_to.get(question.subject, _NOTHING) for question in questions]
    groups = {id(own): own for own in related}
    arriving = [sorted([*workspace, *own], key=_position) for own in groups.values()]
    streams = dict(zip(groups, resumed(history, plan, start, arriving), strict=True))
    found: dict[int, Answers] = {}
    for number in sorted(range(len(questions)), key=lambda number: questions[number].at_us):
        subject, at_us = questions[number]
        stream = streams[id(related[number])]
        stream.run_to(at_us, known_then)
        found[number] = stream.shell.answers(keys, subject)
    return [found[number] for number in range(len(questions))]


def _position(fact: Fact) -> int:
    return fact.position
