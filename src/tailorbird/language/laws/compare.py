"""Differential cases: the same questions to several readings, and where their answers differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tailorbird.kernel.facts import WORKSPACE
from tailorbird.language.definitions import Key
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.edges import instants
from tailorbird.language.laws.histories import History, random_history
from tailorbird.language.laws.plans import Plan, random_plan
from tailorbird.language.laws.readings import Answers, Question, Reading, asked, same


@dataclass(frozen=True, slots=True)
class Size:
    """How large one random world is."""

    definitions: int = 6
    households: int = 12
    facts: int = 24
    """At most, per household."""
    instants: int = 6
    """Per household."""
    about: tuple[str, ...] = ()
    """The operators that definitions are about; otherwise all."""
    together: int = 0
    """Instants at which everybody is asked, as well."""


@dataclass(frozen=True, slots=True)
class World:
    """Definitions, a history, and what is asked about it. Cases are definitions x questions."""

    plan: Plan
    history: History
    questions: tuple[Question, ...]
    known_then: bool

    @property
    def cases(self) -> int:
        """How many comparisons asking everything makes."""
        return len(asked(self.plan.checked)) * len(self.questions)


@dataclass(frozen=True, slots=True)
class Failure:
    """In the place of an answer: the reading raised this. It is never the same as anything."""

    error: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One definition at one instant of one person, answered differently."""

    world: World
    key: Key
    question: Question
    answers: dict[str, Any]
    """By the name of the reading."""

    def __str__(self) -> str:
        kind, name = self.key
        given = ", ".join(f"{reading}: {answer!r}" for reading, answer in self.answers.items())
        return f"{kind} {name} of {self.question.subject} at {self.question.at_us}: {given}"


def random_world(chance: Chance, size: Size) -> World:
    """A world in which everything depends on chance alone."""
    plan = random_plan(chance.split(), size.definitions, size.about)
    history = random_history(chance.split(), plan.checked, size.households, size.facts)
    questions: list[Question] = []
    for subjects in history.households:
        own = [fact for fact in history.facts if fact.subject in subjects]
        seen = own if chance.below(6) else [f for f in history.facts if f.subject == WORKSPACE]
        for at_us in instants(chance, plan.checked, seen or own, size.instants):
            questions.append(Question(chance.choice(subjects), at_us))
    for at_us in instants(chance, plan.checked, history.facts, size.together):
        everybody = (Question(chance.choice(household), at_us) for household in history.households)
        questions.extend(everybody)
    return World(plan, history, tuple(questions), chance.once_in(2))


def disagreements(readings: Sequence[Reading], world: World) -> list[Disagreement]:
    """Every case in which not all readings give the first one's answer."""
    given = [ask(reading, world) for reading in readings]
    found: list[Disagreement] = []
    for i, question in enumerate(world.questions):
        for key in asked(world.plan.checked):
            answers = {r.name: of[i].get(key) for r, of in zip(readings, given, strict=True)}
            first = answers[readings[0].name]
            if not all(_agree(first, answer) for answer in answers.values()):
                found.append(Disagreement(world, key, question, answers))
    return found


def ask(reading: Reading, world: World) -> list[Answers]:
    """All answers of one reading; where it raises an error, that stands for each of them."""
    definitions, questions = world.plan.checked, world.questions
    try:
        return reading.answers(
            definitions, world.history.facts, questions, known_then=world.known_then
        )
    except Exception as error:  # whatever it is, it belongs into the report of a proof
        failure = Failure(f"{type(error).__name__}: {error}")
        return [dict.fromkeys(asked(definitions), failure) for _ in questions]


def _agree(one: Any, other: Any) -> bool:
    return not isinstance(one, Failure) and not isinstance(other, Failure) and same(one, other)
