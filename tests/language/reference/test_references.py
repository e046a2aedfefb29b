"""Other definitions by name, and ranks against the figures in force."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, events, fact

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.values import MISSING, UNIT

HUNDREDS = list(range(1, 100))


def figure(time: str, name: str, cuts: Any, **rest: Any) -> Fact:
    return fact(time, "$figure", {"name": name, "cuts": cuts}, subject=WORKSPACE, **rest)


def rank(number: float, *figures: Fact, at: str = "9d") -> Any:
    facts = [fact("0s", "$traits", {"x": number})]
    return ask("percentile_rank(traits.x)", facts, at, workspace=figures)


@pytest.mark.parametrize(
    ("number", "expected"), [(0.5, 0), (1, 1), (1.5, 1), (50, 50), (99, 99), (10**6, 99)]
)
def test_the_rank_is_the_largest_cut_that_is_not_above(number: float, expected: int) -> None:
    assert rank(number, figure("0s", "traits.x", HUNDREDS)) == expected * UNIT


def test_equal_cuts_give_the_largest_of_their_ranks() -> None:
    assert rank(7, figure("0s", "traits.x", [7] * 40 + [8] * 59)) == 40 * UNIT


def test_without_a_figure_in_force_or_without_a_number_there_is_no_rank() -> None:
    later = figure("2d", "traits.x", HUNDREDS)
    assert rank(50) is MISSING
    assert rank(50, figure("0s", "traits.y", HUNDREDS)) is MISSING
    assert rank(50, later, at="2d -1us") is MISSING
    assert rank(50, later, at="2d") == 50 * UNIT
    assert rank("50", later) is MISSING


def test_the_latest_figure_counts_and_of_one_instant_the_first_accepted() -> None:
    tens = [10 * cut for cut in HUNDREDS]
    first = figure("1d", "traits.x", HUNDREDS, id="z")
    second = figure("1d", "traits.x", tens, id="a")
    assert rank(50, second, first) == 50 * UNIT
    assert rank(50, second, first, figure("2d", "traits.x", tens)) == 5 * UNIT


@pytest.mark.parametrize(
    "cuts", [HUNDREDS[:98], HUNDREDS[::-1], [*HUNDREDS[:98], "99"], "cuts", None]
)
def test_a_figure_that_is_no_row_of_cuts_counts_as_absent(cuts: Any) -> None:
    assert rank(50, figure("2d", "traits.x", cuts)) is MISSING
    both = [figure("1d", "traits.x", HUNDREDS), figure("2d", "traits.x", cuts)]
    assert rank(50, *both) == 50 * UNIT


def test_durations_are_ranked_as_seconds_under_their_canonical_text() -> None:
    hours = [3_600 * cut for cut in HUNDREDS]
    figures = [figure("0s", 'since("A", last="7d")', hours)]
    expression = "percentile_rank(since('A', last = '1w'))"
    assert ask(expression, events("A", "0s"), "5h -1us", workspace=figures) == 4 * UNIT
    assert ask(expression, events("A", "0s"), "5h", workspace=figures) == 5 * UNIT


def test_scores_traits_segments_and_the_persona_are_read_by_name() -> None:
    definitions = """
scores: {s: {points: {A: 2}}}
traits: {t: 'latest("A", properties.x)'}
segments: {g: 'did("A")'}
personas: [{First: 'did("B")'}, {Second: 'did("A")'}]
"""
    facts = [fact("1h", "A", {"x": "y"})]
    expression = 'score("s") == 2 and trait("t") == "y" and in_segment("g") and persona() == "{}"'
    second, first = expression.format("Second"), expression.format("First")
    assert ask(second, facts, "2h", definitions=definitions) is True
    assert ask(first, [*facts, fact("1h", "B")], "2h", definitions=definitions) is True
    assert ask("persona()", events("C", "1h"), "2h", definitions=definitions) is MISSING
