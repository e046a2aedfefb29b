"""`tailorbird diff`: the edited files against the newest version."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import DEFINITIONS, Run, answer_of


def edit(shop: Path, old: str, new: str) -> None:
    for file in (shop / "definitions").glob("*.yaml"):
        file.write_text(file.read_text().replace(old, new))


def test_nothing_differs_right_after_publishing(run: Run, shop: Path) -> None:
    run("publish")
    assert answer_of(run("diff", "--json"))["segments"] == []
    assert "means the same" in run("diff").output


def test_an_edited_segment_shows_who_moves_and_what_they_did(run: Run, shop: Path) -> None:
    assert 'last="7d") >= 2' in DEFINITIONS
    run("publish")
    edit(shop, 'last="7d") >= 2', 'last="7d") >= 1')
    told = answer_of(run("diff", "--at", "2024-03-02T10:00:30Z", "--json"))
    assert told["against"] == 1
    (changed,) = told["segments"]
    assert (changed["segment"], changed["change"]) == ("window_shopper", "changed")
    assert "bob" in changed["entering"]["people"]
    assert [after["days"] for after in changed["entering"]["afterwards"]] == [7, 30]
    assert "would enter: " in run("diff", "--at", "2024-03-02T10:00:30Z").output


def test_before_the_first_publication_everything_is_new(run: Run, shop: Path) -> None:
    told = answer_of(run("diff", "--json"))
    assert told["against"] is None
    assert {segment["change"] for segment in told["segments"]} == {"new"}
