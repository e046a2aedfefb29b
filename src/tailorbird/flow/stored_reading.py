"""The batch answers as a reading: facts into a history, questions to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tailorbird.flow.answer import answer, answers_many
from tailorbird.kernel.facts import Fact
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws.readings import Answers, Question, asked
from tailorbird.ports.history import Scratch


class StoredReading:
    """Questions to a history made for them: about many people at once, or about everybody."""

    many: Final = "batch"
    all: Final = "batch, everybody"

    def __init__(self, make: Callable[[], Scratch], *, everybody: bool = False) -> None:
        self._make = make
        self._everybody = everybody
        self.name = self.all if everybody else self.many

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """The answers to each question."""
        keys = asked(definitions)
        history = self._make()
        try:
            history.append(facts)
            if not self._everybody:
                pairs = [(question.subject, question.at_us) for question in questions]
                return answers_many(history, definitions, keys, pairs, known_then=known_then)
            found = []
            for subject, at_us in questions:
                given = answer(history, definitions, keys, at_us, known_then=known_then)
                name = given.asking.linked(at_us).get(subject, subject)
                found += given.values(keys, [name])
            return found
        finally:
            history.close()
