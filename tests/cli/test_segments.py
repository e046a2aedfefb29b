"""`tailorbird segments`: sizes, shares, changes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def by_name(told: dict[str, list[dict[str, object]]]) -> dict[object, dict[str, object]]:
    return {entry["name"]: entry for entry in told["segments"]}


def test_sizes_are_those_at_the_last_act_and_shares_those_of_people(run: Run, shop: Path) -> None:
    told = answer_of(run("segments", "--json"))
    assert told["at"] == "2024-03-02T10:01:00Z"
    assert told["people"] == 4  # dee and her phone are one
    buyers = by_name(told)["buyers"]
    assert (buyers["size"], buyers["share_percent"]) == (2, 50)
    assert by_name(told)["dormant"]["size"] == 1


def test_the_change_is_against_a_week_before(run: Run, shop: Path) -> None:
    told = answer_of(run("segments", "--json"))
    assert told["against"] == "2024-02-24T10:01:00Z"
    assert by_name(told)["buyers"]["change"] == 1
    assert by_name(told)["dormant"]["change"] == -1  # ann came back
    assert told["people_before"] == 3


def test_another_instant_can_be_compared_with(run: Run, shop: Path) -> None:
    told = answer_of(run("segments", "--at", "2024-03-03", "--against", "2024-01-03", "--json"))
    assert told["people_before"] == 1
    assert by_name(told)["buyers"]["before"] == 0


def test_people_read_a_table_and_the_instant(run: Run, shop: Path) -> None:
    told = run("segments").output
    assert "2024-03-02T10:01:00Z (the last act's time, rounded up to a second)" in told
    assert any(line.split() == ["buyers", "2", "50.0", "%", "+1"] for line in told.splitlines())
    assert "4 people in all, +1" in told


def test_a_date_is_its_midnight_in_the_zone_of_the_project(run: Run, shop: Path) -> None:
    (shop / "tailorbird.yaml").write_text("zone: Asia/Tokyo\n")
    told = answer_of(run("segments", "--at", "2024-03-02", "--json"))
    assert told["at"] == "2024-03-01T15:00:00Z"


def test_what_became_known_later_does_not_count_when_asked_as_known_then(
    run: Run, shop: Path
) -> None:
    # In hindsight the phone has been dee's all along; by then it was somebody else.
    asked = ["segments", "--at", "2024-02-25T12:00Z", "--json"]
    assert answer_of(run(*asked))["people"] == 3
    told = answer_of(run(*asked, "--known", "then"))
    assert (told["people"], told["known"]) == (4, "then")


def test_an_instant_that_is_none_is_shown_how_to_write(run: Run, shop: Path) -> None:
    told = run("segments", "--at", "yesterday", code=2).output
    assert "'yesterday' is no instant; write 2024-05-01T10:00Z" in told


def test_nothing_can_be_asked_of_an_empty_history_without_an_instant(
    run: Run, folder: Path
) -> None:
    assert "tailorbird import" in run("segments", code=2).output
    assert answer_of(run("segments", "--at", "2024-01-01", "--json"))["people"] == 0


def test_a_list_made_today_does_not_move_the_instant(run: Run, shop: Path) -> None:
    (shop / "people.txt").write_text("ann\n")
    run("list", "import", "friends", "people.txt")
    assert answer_of(run("segments", "--json"))["at"] == "2024-03-02T10:01:00Z"


def test_a_figure_that_is_not_in_force_is_named_beside_the_sizes(run: Run, shop: Path) -> None:
    (shop / "definitions" / "top.yaml").write_text(
        'segments:\n  top: percentile_rank(trait("spent")) >= 80\n'
    )
    result = run("segments", "--json")
    assert answer_of(result)["figures_absent"] == ['trait("spent")']
    assert 'no figure for percentile_rank(trait("spent")) is in force' in result.stderr
