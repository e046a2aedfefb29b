"""Every golden case, answered by every reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.readings import EVERYBODY, READINGS

from tailorbird.kernel.instants import format_instant
from tailorbird.language.cases import Case, Expected, parse_cases, read_cases, write_case
from tailorbird.language.files import load_text
from tailorbird.language.laws.readings import Question, Reading, same

CASES = [case for path in sorted(Path(__file__).parent.glob("*.yaml")) for case in read_cases(path)]


def subjects_of(case: Case, expected: Expected) -> list[str]:
    everybody = {fact.subject for fact in case.facts} - {"$workspace"}
    return sorted(everybody | set(expected.values))


@pytest.mark.parametrize("reading", [*READINGS, EVERYBODY[-1]], ids=lambda reading: reading.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}:{case.line}")
def test_a_golden_case_is_answered_as_expected(case: Case, reading: Reading) -> None:
    definitions = load_text(case.definitions, case.file).definitions
    asked = [(e, subject) for e in case.expected for subject in subjects_of(case, e)]
    questions = [Question(subject, expected.at_us) for expected, subject in asked]
    answers = reading.answers(definitions, case.facts, questions, known_then=case.known_then)
    wrong = [
        f"{case.file}:{e.line}: {e.key} of {subject} at {format_instant(e.at_us)} "
        f"is {answer.get(e.key)!r}, expected {e.of(subject)!r}"
        for (e, subject), answer in zip(asked, answers, strict=True)
        if e.of(subject) is not None and not same(answer.get(e.key), e.of(subject))
    ]
    assert not wrong, f"{case.title}\n" + "\n".join(wrong)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}:{case.line}")
def test_a_case_that_is_written_reads_back_the_same(case: Case) -> None:
    (again,) = parse_cases(write_case(case))
    assert again.facts == case.facts
    assert again.known_then == case.known_then
    assert [(e.at_us, e.key) for e in again.expected] == [(e.at_us, e.key) for e in case.expected]
    for one, other in zip(again.expected, case.expected, strict=True):
        assert same(dict(one.values), dict(other.values))
    definitions = load_text(again.definitions).definitions
    assert definitions == load_text(case.definitions).definitions
