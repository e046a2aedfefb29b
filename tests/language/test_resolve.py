"""Definitions that use each other: how deeply they may, and that all readings go that deep."""

from __future__ import annotations

import pytest
from tests.readings import READINGS

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError
from tailorbird.kernel.facts import Fact
from tailorbird.language.files import load_text
from tailorbird.language.laws.readings import Question, Reading

LINKS = [
    ('in_segment("s{next}")', 1),
    ('in_segment("s{next}") or did("A{n}")', 2),
    ('{{when: did("A{n}"), parent: s{next}}}', 2),
    ('not (did("A{n}") and at_least(1, did("B"), not in_segment("s{next}")))', 5),
]
"""A condition that uses the next segment, and how many levels it adds."""
DONE = Fact("ann", 0, "1", "X", {}, {}, True, True, "web", 0, 0)


def chain(link: str, length: int) -> str:
    """So many segments, each of which uses the next."""
    uses = "".join(f"  s{n}: {link.format(n=n, next=n + 1)}\n" for n in range(length))
    return f'segments:\n{uses}  s{length}: did("X")\n'


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load_text(text)
    return [problem.message for problem in caught.value.problems]


def test_a_chain_that_is_too_deep_is_refused_once_with_its_path() -> None:
    (fault,) = faults(chain('in_segment("s{next}") or did("A{n}")', 3_000))
    assert f"is nested {limits.CHAIN_DEPTH + 2} deep" in fault
    assert "-> segment 's2927' -> ... -> segment 's2999' -> segment 's3000'" in fault
    assert "use fewer definitions in a row" in fault


def test_parents_scores_and_traits_count_in_a_chain() -> None:
    assert len(faults(chain(LINKS[2][0], 3_000))) == 1
    traits = "".join(f'  t{n}: trait("t{n + 1}") + 1\n' for n in range(100))
    (fault,) = faults(f'traits:\n{traits}  t100: count("A")\n')
    assert fault.startswith("trait 't")


@pytest.mark.parametrize(("link", "levels"), LINKS)
@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_every_reading_goes_as_deep_as_is_allowed(reading: Reading, link: str, levels: int) -> None:
    length = (limits.CHAIN_DEPTH - 2) // levels
    definitions = load_text(chain(link, length)).definitions
    (answers,) = reading.answers(definitions, [DONE], [Question("ann", 0)], known_then=False)
    assert answers[("segment", f"s{length}")] is True
    assert answers[("segment", "s0")] is (levels != 2 or "parent" not in link)


def test_personas_beside_each_other_are_no_chain() -> None:
    many = "".join(f'  - p{n}: count("A{n}") > 3\n' for n in range(400))
    assert load_text(f'segments:\n  s: persona() == "p3"\npersonas:\n{many}').definitions
