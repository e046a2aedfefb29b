"""A project is found from anywhere in it, and opens only what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import SETTING
from tailorbird.kernel.instants import FIRST_INSTANT
from tailorbird.runtimes.project import open_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "tailorbird.yaml").write_text("zone: Asia/Tokyo\n")
    return tmp_path


def test_the_nearest_folder_above_that_is_one_is_the_project(folder: Path) -> None:
    below = folder / "definitions" / "deep"
    below.mkdir()
    with open_project(below) as project:
        assert project.folder == folder


def test_a_folder_below_the_present_one_is_named_from_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    with open_project(folder) as project:
        assert project.folder == Path(folder.name)


def test_where_there_is_none_every_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"there is no tailorbird\.yaml in it or in a folder above"
    ):
        open_project(tmp_path)


def test_a_project_that_is_only_looked_at_makes_no_files(folder: Path) -> None:
    with open_project(folder) as project:
        assert project.definitions.definitions.ordered == ()
        assert project.settings.zone.key == "Asia/Tokyo"
    assert not (folder / "data").exists()


def test_a_history_is_closed_with_its_project(folder: Path) -> None:
    for _ in range(2):
        with open_project(folder) as project:
            assert project.history.end_position == 0


def test_settings_of_the_file_hold_for_unpublished_questions_and_are_not_stored(
    folder: Path,
) -> None:
    with open_project(folder) as project:
        (fact,) = project.history.workspace_facts()
        assert (fact.name, fact.time_us) == (SETTING, FIRST_INSTANT)
        assert fact.properties == {"name": "zone", "value": "Asia/Tokyo"}
        assert project.history.end_position == 0
    with open_project(folder, published=True) as project:
        assert project.history.workspace_facts() == []
