"""Answers by folding each person's history, for what neither SQL nor arrays can say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tailorbird.flow.asking import Asking
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.batch.plan import BatchPlan, batch_plan
from tailorbird.language.definitions import Key

if TYPE_CHECKING:
    from tailorbird.flow.questions import Question

PEOPLE = 2_000
"""People whose histories are held in memory at a time."""


def fold_answers(
    asking: Asking, plan: BatchPlan, questions: Sequence[Question], keys: Sequence[Key]
) -> list[dict[Key, Any]]:
    """The answers to each question, from nothing but the facts of its person."""
    compiled = live.plan(batch_plan(plan.definitions, keys).definitions)
    answers: list[dict[Key, Any]] = []
    for question, facts in histories(asking, questions):
        at_us = question.at_us
        counted = [fact for fact in facts if asking.counts(fact, at_us)]
        world = asking.world(at_us)
        told = live.fold(compiled, counted, at_us, world, unbounded=True)
        assert isinstance(told, live.Step)
        found = live.answers(compiled, told.state, at_us, world)
        answers.append({key: found[key] for key in keys})
    return answers


def histories(
    asking: Asking, questions: Sequence[Question]
) -> Iterator[tuple[Question, list[Fact]]]:
    """Each question with all facts of its person."""
    for start in range(0, len(questions), PEOPLE):
        chunk = questions[start : start + PEOPLE]
        subjects = dict.fromkeys(subject for person, _ in chunk for subject in person.subjects)
        by_subject: dict[str, list[Fact]] = {subject: [] for subject in subjects}
        for fact in asking.history.history_of(subjects):
            by_subject[fact.subject].append(fact)
        for question in chunk:
            own = [by_subject[subject] for subject in question.person.subjects]
            yield question, own[0] if len(own) == 1 else [f for facts in own for f in facts]
