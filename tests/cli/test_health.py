"""`tailorbird health`: findings about the segments of a small shop."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def test_sizes_and_overlaps_are_those_of_the_segments(run: Run, shop: Path) -> None:
    told = answer_of(run("health", "--json"))
    sizes = {
        entry["name"]: entry["size"] for entry in answer_of(run("segments", "--json"))["segments"]
    }
    assert told["sizes"] == sizes
    assert all(entry["people"] > 0 for entry in told["overlap"])


def test_an_impossible_segment_is_named_with_both_conditions(run: Run, shop: Path) -> None:
    definitions = shop / "definitions" / "impossible.yaml"
    definitions.write_text(
        'segments:\n  never: in_segment("buyers") and not did("Order Completed")\n'
    )
    told = answer_of(run("health", "--json"))
    assert [wrong["segment"] for wrong in told["contradictory"]] == ["never"]
    assert "never" in told["dead"]
    assert "contradictory: never" in run("health").output


def test_small_segments_are_those_below_the_minimum(run: Run, shop: Path) -> None:
    told = answer_of(run("health", "--minimum", "1", "--json"))
    assert told["small"] == []
    many = answer_of(run("health", "--minimum", "1000", "--json"))
    assert set(many["small"]) == {name for name, size in many["sizes"].items() if size}


def test_dead_segments_are_told_apart_by_whether_anybody_ever_was_in(run: Run, shop: Path) -> None:
    definitions = shop / "definitions" / "dead.yaml"
    definitions.write_text(
        "segments:\n"
        '  once: did("Product Viewed", end="2024-01-05") and count("Product Viewed") == 1\n'
        '  nobody: did("Nothing Of The Kind")\n'
    )
    told = answer_of(run("health", "--ever", "--json"))
    assert set(told["dead"]) >= {"once", "nobody"}
    assert "nobody" in told["never_alive"] and "once" not in told["never_alive"]
    assert "never_alive" in answer_of(run("health", "--json"))
    shown = run("health", "--ever").output
    assert "nobody is in nobody, and nobody ever was" in shown
    assert "nobody is in once any more" in shown
