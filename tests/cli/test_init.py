"""`tailorbird init` makes a folder in which every other command works."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of


def test_a_new_project_has_definitions_that_can_be_used_as_they_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    checked = answer_of(run("check", "--json"))
    assert checked["ok"]
    assert checked["warnings"] == []
    assert checked["definitions"]["segments"] >= 5


def test_the_data_of_a_new_project_stays_out_of_version_control(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "shop")
    assert "/data/" in (tmp_path / "shop" / ".gitignore").read_text().splitlines()


def test_files_that_are_there_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "own.yaml").write_text("segments: {}\n")
    written = answer_of(run("init", tmp_path, "--json"))["files"]
    assert [Path(path).name for path in written] == ["tailorbird.yaml"]
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_a_folder_that_is_a_project_is_not_made_one_again(run: Run, folder: Path) -> None:
    before = (folder / "tailorbird.yaml").read_text()
    assert "is a project already" in run("init", code=2).output
    assert (folder / "tailorbird.yaml").read_text() == before


def test_a_folder_that_cannot_be_made_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in run("init", tmp_path / "file" / "shop", code=2).output
