"""Facts that follow each other: order, gaps, values, what stands between, and counting."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, fact

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import UNIT

LIKE_BEFORE = 'step("B", where=properties.x == prev.properties.x)'


def told(text: str) -> list[Fact]:
    """``A0 Bx3``: event A at minute 0, then B with the value x at minute 3."""
    return [
        fact(f"{word.lstrip('ABCDExyz')}m", word[0], {"x": value} if value else {})
        for word in text.split()
        for value in [word[1] if word[1] in "xyz" else None]
    ]


def is_there(arguments: str, text: str, at: str = "9d") -> Any:
    return ask(f"sequence({arguments})", told(text), at)


@pytest.mark.parametrize(
    ("arguments", "text", "found"),
    [
        ('"A", "B"', "A0 B1", True),
        ('"A", "B"', "B0 A1", False),
        ('"A", "B"', "A0 C1 B2", True),
        ('"A"', "A0", True),
        ('"A", "A"', "A0", False),
        ('"A", "A", "B"', "A0 B1 A2", False),
        ('"A", "A", "B"', "A0 B1 A2 B3", True),
        ('["A", "C"], "B"', "C0 B1", True),
        ('"A", "B", within="10m"', "A0 B10", False),
        ('"A", "B", within="11m"', "A0 B10", True),
        ('"A", "B", within="10m"', "A0 A1 B10", True),
        ('"A", "B", "C", within="10m"', "A0 A5 B6 C15", False),
        ('"A", "B", "C", gap="10m"', "A0 B9 C18", True),
        ('"A", "B", "C", gap="10m"', "A0 B9 C19", False),
        ('"A", "B", gap=("2m", "10m")', "A0 B1", False),
        ('"A", "B", gap=("2m", "10m")', "A0 B2", True),
        ('"A", "B", gap=("2m", "10m")', "A0 B1 B10", False),
        ('"A", "B", gap=("2m", "10m")', "A0 B1 B9", True),
        ('"A", step("B", gap="5m"), "C", gap="10m"', "A0 B4 C13", True),
        ('"A", step("B", gap="5m"), "C", gap="10m"', "A0 B5 C6", False),
        ('step("A", gap="1m"), "B", gap="10m"', "A0 B9", True),
        ('step("A", times=3, gap="5m"), "B"', "A0 A4 A8 B60", True),
        ('step("A", times=3, gap="5m"), "B"', "A0 A4 A9 B60", False),
        ('step("A", times=2), "B", gap="5m"', "A0 A4 B9", False),
        ('"A", "B", same=properties.x', "Ax0 Bx1", True),
        ('"A", "B", same=properties.x', "Ax0 By1", False),
        ('"A", "B", same=properties.x', "A0 B1", False),
        ('"A", same=properties.x', "A0", False),
        ('"A", "B", same=properties.x', "Ax0 Ay1 Bx2", True),
        ('"A", "B", without="C"', "A0 C1 B2", False),
        ('"A", "B", without="C"', "A0 C1 A2 B3", True),
        ('"A", "B", without="C"', "C0 A1 B2 C3", True),
        ('"A", "C", "B", without="C"', "A0 C1 B2", False),
        ('"C", "A", "C", without="C"', "C0 A1 C2", True),
        ('"A", "B", without=["A", "B"]', "A0 B1", True),
        ('"A", "C", "B", without="C"', "A0 C1 C2 B3", False),
        ('"A", "B", without=step("C", where=properties.x == "y")', "A0 Cx1 B2", True),
        ('"A", "B", without=step("C", where=properties.x == "y")', "A0 Cy1 B2", False),
        ('"A", "B", same=properties.x, without="C"', "Ax0 Cy1 Bx2", False),
        ('"A", "B", contiguous=True', "A0 B1", True),
        ('"A", "B", contiguous=True', "A0 C1 B2", False),
        ('"A", "B", contiguous=False', "A0 C1 B2", True),
        ('"A", "B", contiguous=True, same=properties.x', "Ax0 Ay1 Bx2", False),
        ('"A", step("B", where=properties.x == prev.properties.x)', "Ax0 By1", False),
        ('"A", step("B", where=properties.x == prev.properties.x)', "Ax0 Ay1 By2", True),
        ('"A", step("B", where=properties.x != prev.properties.x)', "Ax0 Bx1 By2", True),
    ],
)
def test_a_sequence_is_there_or_not(arguments: str, text: str, found: bool) -> None:
    assert is_there(arguments, text) is found


def test_the_order_of_facts_at_one_instant_is_that_of_their_ids() -> None:
    facts = [fact("1h", "B", id="m1"), fact("1h", "A", id="m2")]
    assert ask('sequence("A", "B")', facts, "2h") is False
    assert ask('sequence("B", "A")', facts, "2h") is True
    assert ask('sequence("B", "A", within="1us", gap="1us")', facts, "2h") is True


def test_a_fact_that_is_no_act_stands_between_contiguous_acts() -> None:
    facts = [fact("1m", "A"), fact("2m", "$list"), fact("3m", "B")]
    assert ask('sequence("A", "B", contiguous=True)', facts, "2h") is True


def test_a_repeated_step_compares_each_fact_with_the_one_before() -> None:
    rising = 'step("A", where=not exists(prev.properties.p) or properties.p > prev.properties.p, '
    facts = [fact(f"{m}m", "A", {"p": p}) for m, p in enumerate([3, 1, 2, 4])]
    assert ask(f"sequence({rising}times=3))", facts, "2h") is True
    assert ask(f"sequence({rising}times=4))", facts, "2h") is False


@pytest.mark.parametrize(("at", "found"), [("5m", True), ("65m -1us", True), ("65m", False)])
def test_the_window_of_a_sequence_is_about_its_end(at: str, found: bool) -> None:
    assert is_there('"A", "B", last="1h"', "A0 B5", at) is found


@pytest.mark.parametrize(
    ("arguments", "text", "counted"),
    [
        ('"A", "B"', "A0 B1 A2 B3 B4", 2),
        ('"A", "B"', "A0 A1 B2 B3", 1),
        ('"A"', "A0 A1 A2", 3),
        ('"A", "A"', "A0 A1 A2 A3 A4", 2),
        ('"A", "B", within="3m"', "A0 A4 B5 A6 B7", 2),
        ('"A", "B", "C"', "A0 B1 A2 B3 C4 C5", 1),
        ('"A", "B", same=properties.x', "Ax0 Ay1 Bx2 By3", 2),
        ('"A", "B", same=properties.x', "Ax0 Ay1 By2 Bx3 Bx4", 2),
        ('"A", "B", same=properties.x', "Ax0 Bx1 A2 B3", 1),
        ('"A", "B", without="C"', "A0 C1 B2 A3 B4", 1),
        (f'"A", {LIKE_BEFORE}', "Ax0 Ay1 By2 Ay3 By4 Bx5", 2),
        (f'"A", {LIKE_BEFORE}', "Ax0 Ay1 Bx2 By3", 1),
        ('"B", "C"', "A0", 0),
    ],
)
def test_matches_that_follow_each_other_are_counted(
    arguments: str, text: str, counted: int
) -> None:
    assert ask(f"sequence_count({arguments})", told(text), "9d") == counted * UNIT


def test_the_window_of_a_count_does_not_move_where_matches_begin() -> None:
    """The last B closes nothing, because the match before it took the A outside of the window."""
    text, last = "A0 B1 B4", 'last="2m"'
    assert ask(f'sequence_count("A", "B", {last})', told(text), "4m") == 0
    assert ask(f'sequence("A", "B", {last})', told(text), "4m") is True
    assert ask(f'sequence_count("A", "B", {last})', told("A0 B1 A2 B3"), "3m -1us") == UNIT
