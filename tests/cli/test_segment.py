"""`tailorbird segment`: who is in, as text, JSON, a file, a list."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of, fact, fill


def test_the_ids_are_printed_one_a_line(run: Run, shop: Path) -> None:
    assert run("segment", "buyers", "--ids").stdout == "ann\ndee\n"


def test_in_json_the_ids_are_a_list(run: Run, shop: Path) -> None:
    told = answer_of(run("segment", "buyers", "--at", "2024-02-21", "--ids", "--json"))
    assert told["ids"] == ["dee"]
    assert told["size"] == 1


def test_without_ids_it_says_what_the_segment_means(run: Run, shop: Path) -> None:
    told = run("segment", "dormant").output
    assert "dormant: did not do anything in the last 30 days" in told
    assert "1 of 4 people, 25.0 %" in told


def test_an_unknown_segment_gets_the_nearest_name(run: Run, shop: Path) -> None:
    assert "did you mean 'dormant'?" in run("segment", "dormat", code=2).output


def test_a_file_of_the_people_is_written_once(run: Run, shop: Path) -> None:
    run("segment", "buyers", "--csv", "buyers.csv")
    assert Path("buyers.csv").read_text() == "person\nann\ndee\n"
    assert "buyers.csv exists" in run("segment", "dormant", "--csv", "buyers.csv", code=2).output
    assert Path("buyers.csv").read_text() == "person\nann\ndee\n"


def test_a_file_cannot_be_written_into_a_folder_that_is_not_there(run: Run, shop: Path) -> None:
    told = run("segment", "buyers", "--csv", "no/buyers.csv", code=2).output
    assert "no/buyers.csv cannot be written" in told


def test_a_snapshot_is_a_list_of_exactly_these_people(run: Run, shop: Path) -> None:
    (shop / "definitions" / "lists.yaml").write_text("segments:\n  kept: in_list('kept')\n")
    run("segment", "dormant", "--snapshot", "kept", "--at", "2024-02-20")
    assert run("segment", "kept", "--ids").stdout == "ann\ncid\n"
    told = answer_of(run("segment", "dormant", "--snapshot", "kept", "--json"))
    assert told["list"] == {"name": "kept", "size": 1, "added": 0, "removed": 1}
    assert run("segment", "kept", "--ids").stdout == "cid\n"
    assert run("segment", "kept", "--ids", "--at", "2024-03-01").stdout == "ann\ncid\n"


def test_an_id_that_could_move_a_cursor_is_printed_as_what_it_is(run: Run, folder: Path) -> None:
    fill(folder, [fact("eve\x1b[2J\n", "2024-01-01", "Order Completed")])
    assert run("segment", "buyers", "--ids").stdout == "eve\\x1b[2J\\n\n"
    assert answer_of(run("segment", "buyers", "--json"))["ids"] == ["eve\x1b[2J\n"]
