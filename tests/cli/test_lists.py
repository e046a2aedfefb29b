"""`tailorbird list import`: people who are put on a list stay there until they are taken off."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of


@pytest.fixture
def friends(shop: Path) -> Path:
    (shop / "definitions" / "lists.yaml").write_text("segments:\n  friend: in_list('friends')\n")
    (shop / "people.txt").write_text("ann\r\n\nzoe\nann\n")
    return shop


def members(run: Run, at: str = "2024-03-03") -> list[str]:
    return run("segment", "friend", "--ids", "--at", at).stdout.split()


def test_each_line_is_a_person_who_exists_from_then_on(run: Run, friends: Path) -> None:
    told = answer_of(run("list", "import", "friends", "people.txt", "--at", "2024-03-01", "--json"))
    assert (told["added"], told["size"]) == (2, 2)
    assert members(run) == ["ann", "zoe"]
    assert members(run, "2024-02-28") == []


def test_who_is_on_the_list_already_gets_no_further_fact(run: Run, friends: Path) -> None:
    run("list", "import", "friends", "people.txt", "--at", "2024-03-01")
    told = answer_of(run("list", "import", "friends", "people.txt", "--json"))
    assert (told["added"], told["size"]) == (0, 2)


def test_the_others_are_taken_off_on_request(run: Run, friends: Path) -> None:
    run("list", "import", "friends", "people.txt", "--at", "2024-03-01")
    (friends / "people.txt").write_text("ann\n")
    run("list", "import", "friends", "people.txt", "--at", "2024-03-02", "--replace")
    assert members(run) == ["ann"]
    assert members(run, "2024-03-01") == ["ann", "zoe"]


def test_a_column_of_a_csv_file_can_be_taken(run: Run, friends: Path) -> None:
    (friends / "people.csv").write_text('name,id\n"Ann, A.",ann\nBob,bob\n')
    run("list", "import", "friends", "people.csv", "--column", "id", "--at", "2024-03-01")
    assert members(run) == ["ann", "bob"]
    told = run("list", "import", "friends", "people.csv", "--column", "ids", code=2).output
    assert "did you mean 'id'?" in told


def test_what_a_segment_wrote_can_be_read_back(run: Run, friends: Path) -> None:
    run("segment", "buyers", "--csv", "buyers.csv")
    run("list", "import", "friends", "buyers.csv", "--at", "2024-03-01")
    assert members(run) == ["ann", "dee"]


def test_an_id_that_is_too_long_is_named_and_nobody_is_added(run: Run, friends: Path) -> None:
    (friends / "people.txt").write_text("ann\n" + "x" * 600 + "\n")
    told = run("list", "import", "friends", "people.txt", code=2).output
    assert "people.txt:2:1: an identifier has at most 512 characters" in told
    assert members(run) == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_named(
    run: Run, friends: Path, content: bytes | None
) -> None:
    path = friends / "people.txt"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert "people.txt" in run("list", "import", "friends", "people.txt", code=2).output
