"""`tailorbird pull` brings the published files back, and loses nobody's changes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import DEFINITIONS, Run, answer_of


def test_files_come_back_with_their_comments(run: Run, folder: Path) -> None:
    run("publish")
    path = folder / "definitions" / "shop.yaml"
    path.unlink()
    assert answer_of(run("pull", "--json"))["written"] == ["shop.yaml"]
    assert path.read_text() == DEFINITIONS


def test_changes_that_are_not_published_are_not_overwritten(run: Run, folder: Path) -> None:
    run("publish")
    path = folder / "definitions" / "shop.yaml"
    path.write_text("# mine\n" + DEFINITIONS)
    told = run("pull", code=2).output
    assert "changes that are not published: shop.yaml" in told
    assert path.read_text().startswith("# mine\n")


def test_changed_files_are_put_aside_on_request(run: Run, folder: Path) -> None:
    run("publish")
    path = folder / "definitions" / "shop.yaml"
    for comment in ("# first\n", "# second\n"):
        path.write_text(comment + DEFINITIONS)
        run("pull", "--aside")
        assert path.read_text() == DEFINITIONS
    kept = sorted((folder / "definitions").glob("shop.yaml.before-pull*"))
    assert [file.read_text().splitlines()[0] for file in kept] == ["# first", "# second"]
    assert answer_of(run("check", "--json"))["ok"]


def test_a_file_that_the_newest_version_dropped_is_removed(run: Run, folder: Path) -> None:
    more = folder / "definitions" / "more.yaml"
    more.write_text("segments:\n  all_day: did('A')\n")
    run("publish")
    mark = (folder / "definitions" / ".published").read_text()
    text = more.read_text()
    more.unlink()
    run("publish")
    more.write_text(text)
    (folder / "definitions" / ".published").write_text(mark)
    assert answer_of(run("pull", "--json"))["removed"] == ["more.yaml"]
    assert not more.exists()


def test_work_goes_on_from_what_was_pulled(run: Run, folder: Path) -> None:
    run("publish")
    path = folder / "definitions" / "shop.yaml"
    (folder / "definitions" / ".published").unlink()
    path.write_text(DEFINITIONS.replace('"30d"', '"60d"'))
    run("publish", code=2)
    run("pull", "--aside")
    path.write_text(DEFINITIONS.replace('"30d"', '"60d"'))
    assert answer_of(run("publish", "--json"))["version"] == 2


def test_there_is_nothing_to_pull_before_the_first_publication(run: Run, folder: Path) -> None:
    assert "nothing is published yet" in run("pull", code=2).output


def test_a_mark_that_cannot_be_read_is_named(run: Run, folder: Path) -> None:
    run("publish")
    (folder / "definitions" / ".published").write_text("three\n")
    (folder / "definitions" / "shop.yaml").write_text("segments: {}\n")
    assert "definitions/.published" in run("publish", code=2).output
