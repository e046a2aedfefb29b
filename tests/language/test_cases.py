"""Case files: what they may hold, and where a fault in one is shown."""

from __future__ import annotations

import pytest

from tailorbird.kernel.values import MISSING, IdNumber
from tailorbird.language.cases import CaseError, parse_cases, write_case

WHOLE = """\
# A remark.
case: everything a case can hold
tense: known then
segments:
  a: did("X")
facts: |
  # people
  ann 2024-03-01T10:00Z Product Viewed {product_id: X, price: 12.5, tags: [a, "b c"], no: null}
  "b b" 2024-03-01T09:00Z "a = b" {"last name": 12345678901234567890} id=m7 source=s signal=passive
  ann 2024-03-02T10:00Z $traits {bad: NaN} context={device: {os: iOS}} known=2024-03-03T00:00Z
expect: |
  2024-03-01T10:00Z  a: ann, "b b"
                     score interest: ann=-3.5, bob=missing
                     persona: ann="High, intent", bob=none
                     trait since: ann=30m, bob=2024-03-01T10:00Z
"""


def test_a_case_file_is_read_with_all_that_may_stand_in_it() -> None:
    (case,) = parse_cases(WHOLE)
    ann, other, traits = case.facts
    assert (case.title, case.known_then, case.line) == ("everything a case can hold", True, 2)
    assert ann.properties == {
        "product_id": "X",
        "price": 12_500_000,
        "tags": ["a", "b c"],
        "no": None,
    }
    assert (ann.id, ann.act, ann.active, ann.position, ann.source) == ("f001", True, True, 1, "web")
    assert other.properties == {"last name": IdNumber("12345678901234567890")}
    assert (other.subject, other.name, other.id) == ("b b", "a = b", "m7")
    assert (other.source, other.active) == ("s", False)
    assert other.known_us == ann.known_us > other.time_us, "known not before the facts above it"
    assert traits.properties == {"bad": MISSING}
    assert not traits.act
    assert traits.known_us > traits.time_us


def test_expectations_name_who_is_in_and_who_has_which_value() -> None:
    (case,) = parse_cases(WHOLE)
    segment, score, persona, trait = case.expected
    assert (segment.of("ann"), segment.of("b b"), segment.of("bob")) == (True, True, False)
    assert (score.of("ann"), score.of("bob"), score.of("b b")) == (-3_500_000, MISSING, None)
    assert (persona.of("ann"), persona.of("bob")) == ("High, intent", MISSING)
    assert trait.of("ann") == 1_800_000_000
    assert len({expected.at_us for expected in case.expected}) == 1


def test_a_case_without_definitions_has_those_of_the_case_above() -> None:
    first, second = parse_cases("case: a\nsegments:\n  x: did('X')\n---\ncase: b\nfacts: |\n")
    assert first.definitions == second.definitions != ""


def test_what_is_written_reads_back_the_same() -> None:
    (case,) = parse_cases(WHOLE)
    (again,) = parse_cases(write_case(case))
    assert again.facts == case.facts


@pytest.mark.parametrize(
    ("fault", "line", "message"),
    [
        ("facts: |\n  ann\n", 2, "this is no fact"),
        ("facts: |\n  ann yesterday X\n", 2, "no instant"),
        ("facts: |\n  ann 2024-03-01 X {a: }\n", 2, "this is no fact"),
        ("facts: |\n  ann 2024-03-01 X wrong=1\n", 2, "wrong"),
        ("facts: |\n  a 2024-03-01 X id=m\n  b 2024-03-01 X id=m\n", 3, "twice"),
        ("facts: |\n  ann 2024-03-01 X act=maybe\n", 2, "yes or no"),
        ("expect: |\n  x: ann\n", 2, "needs an instant"),
        ("expect: |\n  2024-03-01 a b c\n", 2, "an expectation is"),
        ("expect: |\n  2024-03-01 scroe x: ann=1\n", 2, "not a trait, score"),
        ("expect: |\n  2024-03-01 score x: ann\n", 2, "say which value"),
        ("tense: later\n", 0, "the tense is"),
        ("nonsense\n", 1, "no part of a case"),
    ],
)
def test_a_fault_is_shown_with_file_and_line(fault: str, line: int, message: str) -> None:
    with pytest.raises(CaseError, match=message) as caught:
        parse_cases("case: x\n" + fault, "my.yaml")
    assert (caught.value.file, caught.value.line) == ("my.yaml", line + 1)
    assert str(caught.value).startswith(f"my.yaml:{line + 1}: ")


def test_a_case_needs_a_name() -> None:
    with pytest.raises(CaseError, match="begins with its name"):
        parse_cases("facts: |\n  ann 2024-03-01 X\n")
