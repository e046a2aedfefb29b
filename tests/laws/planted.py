"""Bugs planted into a reading: the harness has to find each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tailorbird.kernel.facts import Fact
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws.campaign import Report
from tailorbird.language.laws.compare import Failure
from tailorbird.language.laws.readings import Answers, Question, Reading


@dataclass(frozen=True)
class Planted:
    """A reading in which one function is replaced by a wrong one while it answers."""

    reading: Reading
    module: ModuleType | type
    function: str
    wrong: Any
    name: str = "planted"

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(self.module, self.function, self.wrong)
            return self.reading.answers(definitions, facts, questions, known_then=known_then)


def raises_nothing(report: Report) -> bool:
    """Whether a planted bug was found by its answers, not because it does not even run."""
    given = [answer for found in report.found for answer in found.answers.values()]
    failures = [answer for answer in given if isinstance(answer, Failure)]
    return all(failure.error.startswith("LawBrokenError") for failure in failures)
