"""`tailorbird figures`: cut points for one instant or several."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def test_too_few_people_are_said_and_nothing_is_written(run: Run, shop: Path) -> None:
    told = answer_of(run("figures", "--json"))["figures"]
    assert [one["new"] for one in told] == [0]
    assert all(figure["cuts"] is None for figure in told[0]["figures"])
    assert "100 are needed" in run("figures").output


def test_several_instants_are_taken_one_after_the_other(run: Run, shop: Path) -> None:
    asked = ("figures", "--from", "2024-03-01", "--to", "2024-03-03", "--json")
    told = answer_of(run(*asked))["figures"]
    assert [one["at"] for one in told] == [f"2024-03-0{day}T00:00:00Z" for day in (1, 2, 3)]


def test_half_a_range_and_a_bad_step_are_refused(run: Run, shop: Path) -> None:
    assert "--from and --to" in run("figures", "--from", "2024-03-01", code=2).output
    wrong = ("figures", "--from", "2024-03-01", "--to", "2024-03-03", "--every", "1 day")
    assert "no duration" in run(*wrong, code=2).output
    many = ("figures", "--from", "2000-01-01", "--to", "2024-03-03", "--every", "1s")
    assert "at most" in run(*many, code=2).output
