"""`tailorbird restore` says what is missing in the form that was asked for."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def test_what_is_missing_is_told_and_nothing_is_made(run: Run, shop: Path) -> None:
    run("backup", "../backup")
    told = answer_of(run("restore", "../backup", "../new", "--json", code=2))
    assert "tailorbird keys copy" in told["error"]["message"]
    assert not Path("../new").exists()


def test_an_old_copy_of_the_keys_is_accepted_only_when_that_is_said(run: Run, shop: Path) -> None:
    run("publish")
    run("keys", "copy", "../old.keys")
    (shop / "ids.txt").write_text("zoe\n")
    run("list", "import", "vip", "ids.txt")
    run("backup", "../backup")
    assert (
        "--accept-loss"
        in run("restore", "../backup", "../a", "--keys", "../old.keys", code=2).output
    )
    words = ("restore", "../backup", "../a", "--keys", "../old.keys", "--accept-loss", "--json")
    told = answer_of(run(*words))
    assert (told["unreadable_subjects"], told["unreadable_facts"]) == (1, 1)
    assert "ann" in run("person", "ann", "--project", "../a").output
