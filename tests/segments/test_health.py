"""Findings from sizes and overlaps alone."""

from __future__ import annotations

from tailorbird.segments.health import Containment, Overlap, Proposal, health

SIZES = {"all": 100, "most": 90, "same": 90, "few": 5, "none": 0, "apart": 10}
SHARED = {
    ("all", "most"): 90,
    ("all", "same"): 90,
    ("all", "few"): 5,
    ("most", "same"): 90,
    ("most", "few"): 5,
    ("same", "few"): 5,
}


def test_a_segment_without_people_is_dead_and_nothing_else() -> None:
    found = health(Overlap(110, SIZES, SHARED), {}, 10)
    assert found.dead == ["none"]
    assert found.small == ["few"]


def test_the_minimum_itself_is_not_small() -> None:
    assert health(Overlap(110, SIZES, SHARED), {}, 11).small == ["few", "apart"]


def test_segments_with_the_same_people_are_duplicates_and_not_proposed_again() -> None:
    found = health(Overlap(110, SIZES, SHARED), {}, 10)
    assert found.duplicates == [["most", "same"]]
    assert found.proposals == [Proposal("all", "most", 90, 100), Proposal("all", "same", 90, 100)]


def test_a_segment_lies_within_the_smallest_that_holds_it_unless_it_says_its_parent() -> None:
    found = health(Overlap(110, SIZES, SHARED), {"few": "all"}, 10)
    assert Containment("few", "all", declared=True) in found.hierarchy
    assert Containment("most", "all", declared=False) in found.hierarchy
    assert health(Overlap(110, SIZES, SHARED), {}, 10).hierarchy[-1].within == "most"
