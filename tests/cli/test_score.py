"""`tailorbird score`: how values are spread over people."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def test_quantiles_and_the_mean_are_exact(run: Run, shop: Path) -> None:
    told = answer_of(run("score", "interest", "--json"))
    assert (told["people"], told["with_value"]) == (4, 4)
    quantiles = {entry["percent"]: entry["value"] for entry in told["quantiles"]}
    # ann has 12, dee 11, bob 2, cid 1.
    assert (quantiles[0], quantiles[50], quantiles[75], quantiles[100]) == (1, 2, 11, 12)
    assert told["mean"] == 6.5


def test_the_bars_hold_everybody_once(run: Run, shop: Path) -> None:
    bars = answer_of(run("score", "interest", "--json"))["histogram"]
    assert sum(bar["people"] for bar in bars) == 4
    assert [bar["to_below"] for bar in bars[:-1]] == [bar["from"] for bar in bars[1:]]


def test_those_with_most_are_named(run: Run, shop: Path) -> None:
    told = answer_of(run("score", "interest", "--top", "2", "--json"))
    assert told["top"] == [{"person": "ann", "value": 12}, {"person": "dee", "value": 11}]


def test_a_trait_is_shown_in_its_own_unit_and_only_for_who_has_one(run: Run, shop: Path) -> None:
    told = answer_of(run("score", "recency", "--json"))
    assert told["with_value"] == 2
    assert told["top"][0] == {"person": "dee", "value": "16441m"}
    assert "11d 10h 1m" in run("score", "recency").output


def test_an_unknown_score_gets_the_nearest_name(run: Run, shop: Path) -> None:
    assert "did you mean 'interest'?" in run("score", "intrest", code=2).output


def test_a_score_that_nobody_has_is_no_fault(run: Run, folder: Path) -> None:
    told = answer_of(run("score", "interest", "--at", "2024-01-01", "--json"))
    assert (told["with_value"], told["mean"], told["histogram"], told["top"]) == (0, None, [], [])
