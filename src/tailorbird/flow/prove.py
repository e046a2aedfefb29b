"""A proof on the user's own data: the readings answer the same questions about real people.

Every case is answered by the live engine twice, from a fold of the history and from facts that
arrive in disorder, and by batch; by states that batch seeds and live goes on with; by the naive
reference wherever that takes a sensible time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from tailorbird.flow.answer import Answer, answer, answers_many
from tailorbird.flow.asking import Asking
from tailorbird.flow.everybody import moment_at
from tailorbird.flow.sampling import Household, Sample, everybody, households, population, sample
from tailorbird.flow.seeded_reading import SeedReading, Start, resumed, told
from tailorbird.flow.stored_reading import StoredReading
from tailorbird.kernel.facts import MERGE, UNMERGE, Fact
from tailorbird.kernel.instants import LAST_INSTANT
from tailorbird.language import live
from tailorbird.language.batch.plan import ALL_WAYS, batch_plan, readings
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.laws.arrival import ArrivalReading
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Disagreement, Failure, World
from tailorbird.language.laws.histories import History
from tailorbird.language.laws.live_readings import FoldReading
from tailorbird.language.laws.plans import Plan
from tailorbird.language.laws.questioning import Questioning, Round
from tailorbird.language.laws.readings import (
    Answers,
    Question,
    Reading,
    ReferenceReading,
    asked,
    same,
)
from tailorbird.language.laws.shrink import as_case, shrunk
from tailorbird.ports.history import Scratch, Warehouse

REFERENCE_US: Final = 150_000.0
"""About so long the reference may work on one person."""
TOGETHER: Final = 3
"""Instants at which batch answers about everybody at once."""
TOGETHER_FACTS: Final = 6_000_000
"""About so many facts are read for that, so that large histories are asked at fewer instants."""
STEPPED_FACTS: Final = 300
"""People with more facts have none of them taken in one by one after a seed."""
MANY: Final = 3
"""Of people with many facts so many go on from each seed; passing time for one takes seconds."""
STARTS: Final = 100
"""Of so many instants one is chosen for the seed of people with many facts."""
LET_GO: Final = 150
"""People with many facts are asked after a seed while about so many leave each window."""
ASKED_AGAIN: Final = 3
"""So many questions are asked of the others after a seed."""
REST: Final = 200
"""At most so many of the facts of all who are seeded together are taken in one by one."""
SHRUNK: Final = 5
"""So many definitions with disagreements are made small; more would say the same."""
_CHUNK: Final = 200
_LINKS: Final = frozenset({MERGE, UNMERGE})

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Proof:
    """What was asked, what was left out, and where readings disagree."""

    seed: int
    sample: Sample | None = None
    """Whom; None: everybody."""
    people: int = 0
    most_facts: int = 0
    """The facts of the heaviest person."""
    questions: int = 0
    """A person at an instant."""
    cases: int = 0
    """A definition in a question."""
    left_out: int = 0
    """Cases of people with so many facts that they would have taken too long."""
    compared: dict[str, int] = field(default_factory=dict)
    """By reading: in how many cases it answered."""
    together: list[int] = field(default_factory=list)
    """Instants at which batch answered about everybody too."""
    apart: list[Key] = field(default_factory=list)
    """Definitions that are folded person by person, and so not asked about everybody."""
    found: list[Disagreement] = field(default_factory=list)
    shrunk: list[str] = field(default_factory=list)
    """For each definition with disagreements one of them, as small as it gets, as a case file."""


def prove(
    history: Warehouse,
    definitions: Definitions,
    make: Callable[[], Scratch],
    *,
    people: int | None = 200,
    instants: int = 20,
    seed: int = 1,
    known_then: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Proof:
    """Compare the readings about so many people (None: everybody), each at so many instants.

    ``make`` gives an empty history, for making disagreements small.
    """
    prover = _Prover(history, definitions, seed, instants, known_then)
    names: Iterable[str]
    if people is None:
        names, total = everybody(history), population(history)
    else:
        prover.proof.sample = sample(history, people, Chance(seed))
        names = prover.proof.sample.names
        total = len(prover.proof.sample.names)
    prover.run(names, lambda done: progress(done, total + 1))
    prover.shrink(make)
    progress(total + 1, total + 1)
    return prover.proof


@dataclass(frozen=True, slots=True)
class _Case:
    """A round of questions about one person, and what live says."""

    household: Household
    round: Round
    folded: list[Answers]


class _Prover:
    def __init__(
        self,
        history: Warehouse,
        definitions: Definitions,
        seed: int,
        instants: int,
        known_then: bool,
    ) -> None:
        self._history = history
        self._definitions = definitions
        self._known_then = known_then
        self._chance = Chance(seed)
        self._questioning = Questioning(definitions, self._chance.split(), instants)
        self._asking = Asking(history, known_then=known_then)
        self._workspace = history.workspace_facts()
        self._fold = _CompiledOnce()
        self._disorder = _Disorder(seed, self._fold)
        self._reference = ReferenceReading()
        self._shared: dict[int, list[tuple[_Case, Answers]]] = {}
        self.proof = Proof(seed)

    def run(self, names: Iterable[str], progress: Callable[[int], None]) -> None:
        """Ask about people, chunk by chunk, and then about everybody."""
        self._shared = {at_us: [] for at_us in self._shared_instants()}
        with ThreadPoolExecutor(1) as beside:
            together = {at_us: beside.submit(self._everybody, at_us) for at_us in self._shared}
            self._ask_people(names, progress)
            for at_us, told in together.items():
                self._compare_everybody(at_us, told.result())

    def _ask_people(self, names: Iterable[str], progress: Callable[[int], None]) -> None:
        waiting = iter(names)
        while chunk := list(islice(waiting, _CHUNK)):
            with self._history.as_of_now():  # all readings are asked of the same facts
                self._ask_chunk(chunk, progress)

    def _ask_chunk(self, chunk: Sequence[str], progress: Callable[[int], None]) -> None:
        cases: list[_Case] = []
        for household in households(self._history, chunk):
            cases += self._ask_live(household)
            self.proof.people += 1
            progress(self.proof.people)
        self._ask_batch(cases)
        if not self._known_then:
            self._ask_seeded(cases)

    def _shared_instants(self) -> list[int]:
        """Those of some facts, the last one's among them where there are several."""
        counted = self._history.query("SELECT count(*) AS facts FROM facts")["facts"]
        times = self._history.query("SELECT DISTINCT time_us FROM facts ORDER BY time_us")
        found = times["time_us"]
        if not len(found):
            return []
        count = max(1, min(TOGETHER, TOGETHER_FACTS // int(counted[0])))
        places = [self._chance.below(len(found)) for _ in range(max(count - 1, 1))]
        return sorted(
            {int(found[p]) for p in (places if count == 1 else [len(found) - 1, *places])}
        )

    # One person

    def _ask_live(self, household: Household) -> list[_Case]:
        name, facts = household
        world = self._asking.world(max((f.time_us for f in facts), default=0))
        also = list(self._shared)
        told = self._questioning.about(name, facts, world, also)
        self.proof.left_out += told.left_out
        self.proof.most_facts = max(self.proof.most_facts, len(facts))
        spare_us, cases = REFERENCE_US, []
        for asked_now in told.rounds:
            self.proof.questions += len(asked_now.questions)
            case = self._folded(household, asked_now)
            cases.append(case)
            self._ask_in_disorder(case)
            spare_us = self._ask_reference(case, spare_us)
            for question, answers in zip(asked_now.questions, case.folded, strict=True):
                if question.at_us in self._shared:
                    self._shared[question.at_us].append((case, answers))
        return cases

    def _folded(self, household: Household, asked_now: Round) -> _Case:
        case = _Case(household, asked_now, [])
        case.folded.extend(self._answers(self._fold, case))
        count = len(case.folded) * len(asked(asked_now.definitions))
        self.proof.cases += count
        self._count(self._fold.name, count)
        return case

    def _answers(self, reading: Reading, case: _Case) -> list[Answers]:
        definitions, questions = case.round.definitions, case.round.questions
        last_us = max(question.at_us for question in questions)
        # Links count from the beginning of time; what else lies after all questions does not.
        counted = [f for f in case.household.facts if f.time_us <= last_us or f.name in _LINKS]
        facts = [*self._workspace, *counted]
        try:
            return reading.answers(definitions, facts, questions, known_then=self._known_then)
        except Exception as error:  # whatever it is, it belongs into the report of a proof
            failure = Failure(f"{type(error).__name__}: {error}")
            return [dict.fromkeys(asked(definitions), failure) for _ in questions]

    def _ask_in_disorder(self, case: _Case) -> None:
        """All of it if that takes a sensible time; else swift definitions, and early instants."""
        whole = asked(case.round.definitions)
        swift = self._questioning.stepped(whole, _before(case, -1))
        self._step(case, len(case.folded), swift)
        slow = [key for key in whole if key not in swift]
        count = len(case.folded)
        while (
            slow
            and count
            and self._questioning.stepped(slow, _before(case, count - 1)) != set(slow)
        ):
            count -= 1
        self._step(case, count if slow else 0, frozenset(slow))

    def _step(self, case: _Case, count: int, keys: frozenset[Key]) -> None:
        if count and keys:
            early = Round(self._questioning.closure(keys), case.round.questions[:count])
            one = _Case(case.household, early, case.folded[:count])
            self._compare(one, self._disorder.name, self._answers(self._disorder, one), set(keys))

    def _ask_reference(self, case: _Case, spare_us: float) -> float:
        """Ask it while it has time, the cheapest cases of each instant first."""
        for number in range(len(case.round.questions)):
            before = _before(case, number)
            effort = {
                key: self._questioning.reference_us(key, before)
                for key in asked(case.round.definitions)
            }
            kept: set[Key] = set()
            for key in sorted(effort, key=lambda key: effort[key]):
                if effort[key] <= spare_us / 4:
                    spare_us -= effort[key]
                    kept.add(key)
            if kept:
                self._compare_reference(case, number, kept)
        return spare_us

    def _compare_reference(self, case: _Case, number: int, kept: set[Key]) -> None:
        question = case.round.questions[number]
        closure = self._questioning.closure(frozenset(kept))
        one = _Case(case.household, Round(closure, [question]), [case.folded[number]])
        self._compare(one, self._reference.name, self._answers(self._reference, one), kept)

    # Batch

    def _ask_batch(self, cases: Sequence[_Case]) -> None:
        for alike in _by_definitions(cases):
            definitions = alike[0].round.definitions
            keys = asked(definitions)
            pairs = [(q.subject, q.at_us) for case in alike for q in case.round.questions]
            given: Sequence[Mapping[Key, Any]]
            try:
                given = answers_many(
                    self._history, definitions, keys, pairs, known_then=self._known_then
                )
            except Exception as error:
                failure = Failure(f"{type(error).__name__}: {error}")
                given = [dict.fromkeys(keys, failure) for _ in pairs]
            start = 0
            for case in alike:
                end = start + len(case.round.questions)
                self._compare(case, StoredReading.many, [dict(a) for a in given[start:end]])
                start = end

    def _everybody(self, at_us: int) -> Answer | None:
        """Everybody at once, for definitions that need no fold of each person's history.

        It runs beside the questions about single people, which keep only one processor busy.
        """
        history = self._history.beside()
        asking = Asking(history, known_then=self._known_then)
        plan = batch_plan(self._definitions, asked(self._definitions))
        known = readings(plan, moment_at(asking, at_us), ALL_WAYS)
        kept = [key for key in plan.keys if all(op in known for op in plan.operations[key])]
        self.proof.apart = [key for key in plan.keys if key not in kept]
        if not kept:
            return None
        return answer(history, self._definitions, kept, at_us, known_then=self._known_then)

    def _compare_everybody(self, at_us: int, given: Answer | None) -> None:
        self.proof.together.append(at_us)
        if given is None:
            return
        expected, kept = self._shared[at_us], given.plan.keys
        linked = given.asking.linked(at_us)
        names = [linked.get(case.household.name, case.household.name) for case, _ in expected]
        for (case, answers), values in zip(expected, given.values(kept, names), strict=True):
            there = {key: value for key, value in values.items() if key in answers}
            question = Question(case.household.name, at_us)
            one = _Case(case.household, Round(case.round.definitions, [question]), [answers])
            self._compare(one, StoredReading.all, [there], set(there))

    # Batch, then live

    def _ask_seeded(self, cases: Sequence[_Case]) -> None:
        """Batch seeds states as of a place in the log, and live takes in the rest of it.

        People with many facts are asked once and have all of them in the seed, because taking in
        a fact may cost them a fold; and soon after it, because each of them may have to be let go.
        """
        for alike in _by_definitions(cases):
            few = [case for case in alike if len(case.household.facts) <= STEPPED_FACTS]
            many = [case for case in alike if len(case.household.facts) > STEPPED_FACTS]
            if few:
                instants = sorted(q.at_us for case in few for q in case.round.questions)
                now_us = self._chance.choice(instants[: len(instants) // 2 + 1])
                late = [_part(case, now_us, LAST_INSTANT, ASKED_AGAIN) for case in few]
                self._resume(late, now_us, self._chance.below(REST + 1))
            if many:
                now_us, soon = self._start_for_many(many)
                self._resume(self._chance.sample(soon, MANY), now_us, 0)

    def _start_for_many(self, cases: Sequence[_Case]) -> tuple[int, list[_Case]]:
        """Of some instants the one soon after which most people are asked, and what about.

        They are late ones: what lies ahead is in the states too, and would make them very large.
        """
        instants = sorted(q.at_us for case in cases for q in case.round.questions)
        instants = instants[len(instants) * 4 // 5 :]
        starts: dict[int, list[_Case]] = {}
        for now_us in (self._chance.choice(instants) for _ in range(STARTS)):
            soon = [_part(case, now_us, now_us + _soon_us(case), 1) for case in cases]
            starts[now_us] = [case for case in soon if case.folded]
        return max(starts.items(), key=lambda start: len(start[1]))

    def _resume(self, late: Sequence[_Case], now_us: int, rest: int) -> None:
        """Go on from seeds at an instant that lack so many facts, to the instants of the cases."""
        facts = [self._log_of(case) for case in late]
        places = sorted(fact.position for own in facts for fact in own)
        start = Start(now_us, places[max(len(places) - 1 - rest, 0)])
        definitions = late[0].round.definitions
        try:
            streams = resumed(self._history, self._fold.plan(definitions), start, facts)
            asked_of = zip(streams, late, strict=True)
            given = [told(s, case.round.questions, asked(definitions)) for s, case in asked_of]
        except Exception as error:
            failure = Failure(f"{type(error).__name__}: {error}")
            none = dict.fromkeys(asked(definitions), failure)
            given = [[none for _ in case.folded] for case in late]
        for case, answers in zip(late, given, strict=True):
            self._compare(case, SeedReading.name, answers)

    # Comparing

    def _count(self, reading: str, cases: int) -> None:
        self.proof.compared[reading] = self.proof.compared.get(reading, 0) + cases

    def _compare(
        self, case: _Case, reading: str, given: Sequence[Answers], kept: set[Key] | None = None
    ) -> None:
        keys = [k for k in asked(case.round.definitions) if kept is None or k in kept]
        self._count(reading, len(keys) * len(given))
        for question, mine, theirs in zip(case.round.questions, case.folded, given, strict=True):
            for key in keys:
                if not _agree(mine[key], theirs.get(key)):
                    answers = {self._fold.name: mine[key], reading: theirs.get(key)}
                    world = self._world(case, question)
                    self.proof.found.append(Disagreement(world, key, question, answers))

    def _world(self, case: _Case, question: Question) -> World:
        definitions = case.round.definitions
        written = [d for d in definitions.ordered if d.kind != "persona"]
        plan = Plan((*written, *definitions.personas), definitions)
        facts = tuple(self._log_of(case))
        history = History(facts, (tuple({fact.subject for fact in case.household.facts}),))
        return World(plan, history, (question,), self._known_then)

    def _log_of(self, case: _Case) -> list[Fact]:
        """The facts of the case in the order of the log."""
        return sorted([*self._workspace, *case.household.facts], key=lambda fact: fact.position)

    # Making disagreements small

    def shrink(self, make: Callable[[], Scratch]) -> None:
        """Make the first disagreement about each definition as small as it gets."""
        readings: dict[str, Reading] = {
            self._fold.name: FoldReading(),
            self._disorder.name: self._disorder,
            self._reference.name: self._reference,
            StoredReading.many: StoredReading(make),
            StoredReading.all: StoredReading(make, everybody=True),
            SeedReading.name: SeedReading(make, Chance(self.proof.seed)),
        }
        first = {found.key: found for found in reversed(self.proof.found)}
        for number, found in enumerate(list(first.values())[:SHRUNK], 1):
            differing: list[Reading] = [readings[name] for name in found.answers]
            small = shrunk([self._reference, *differing], found)
            self.proof.shrunk.append(as_case(small, f"disagreement {number}"))


def _by_definitions(cases: Sequence[_Case]) -> list[list[_Case]]:
    """The cases that ask the same definitions, together."""
    found: dict[int, list[_Case]] = {}
    for case in cases:
        found.setdefault(id(case.round.definitions), []).append(case)
    return list(found.values())


def _soon_us(case: _Case) -> int:
    """How long it takes a person to do so much that it keeps her windows busy, on average."""
    facts = case.household.facts
    return (facts[-1].time_us - facts[0].time_us) * LET_GO // len(facts)


def _part(case: _Case, from_us: int, to_us: int, most: int) -> _Case:
    """So many questions of a case, the first of those between two instants."""
    pairs = zip(case.round.questions, case.folded, strict=True)
    kept = [(q, answers) for q, answers in pairs if from_us <= q.at_us <= to_us][:most]
    questions, folded = [question for question, _ in kept], [answers for _, answers in kept]
    return _Case(case.household, Round(case.round.definitions, questions), folded)


def _before(case: _Case, number: int) -> int:
    """How many facts of the person lie before one of the questions, up to its instant."""
    at_us = case.round.questions[number].at_us
    return sum(fact.time_us <= at_us for fact in case.household.facts)


def _agree(one: Any, other: Any) -> bool:
    return not isinstance(one, Failure) and not isinstance(other, Failure) and same(one, other)


class _CompiledOnce(FoldReading):
    """The fold, which compiles definitions that come again only once."""

    def __init__(self) -> None:
        self._plans: dict[int, tuple[Definitions, live.Plan]] = {}

    def plan(self, definitions: Definitions) -> live.Plan:
        found = self._plans.get(id(definitions))
        if found is None:
            found = self._plans[id(definitions)] = definitions, live.plan(definitions)
        return found[1]


class _Disorder(ArrivalReading):
    """The engine fed in disorder, with the plans of the fold."""

    def __init__(self, seed: int, compiled: _CompiledOnce) -> None:
        super().__init__(seed)
        self._compiled = compiled

    def plan(self, definitions: Definitions) -> live.Plan:
        return self._compiled.plan(definitions)
