"""Files that a command names are looked for where the command was called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.places import other_here, seen_from


@pytest.mark.parametrize(
    "words",
    [
        ["import", "out/ids.csv"],
        ["size", "--plot", "{}/out/ids.csv"],
        ["size", "--plot={}/out/ids.csv"],
        ["import", "sqlite:///{}/out/ids.csv"],
        ["import", "../shop/out/ids.csv"],
    ],
)
def test_the_folders_of_all_files_that_are_named_are_seen(tmp_path: Path, words: list[str]) -> None:
    folder = tmp_path / "shop"
    (folder / "out").mkdir(parents=True)
    seen = seen_from(folder, [word.replace("{}", str(folder)) for word in words])
    assert {Path(place).resolve() for place in seen} == {folder, folder / "out"}
    assert other_here(seen) is None
    (folder / "out").rename(folder / "before")
    (folder / "out").mkdir()
    other = other_here(seen)
    assert other is not None
    assert Path(other).resolve() == folder / "out"


def test_words_that_name_no_file_change_nothing(tmp_path: Path) -> None:
    words = ["", "buyers", "a/b", "x" * 9_000 + "/y", "a\0/b", "--at=", "tb://"]
    assert list(seen_from(tmp_path, words)) == [str(tmp_path)]


def test_a_folder_that_is_not_there_is_another_one(tmp_path: Path) -> None:
    told = tmp_path.stat()
    assert other_here({str(tmp_path / "gone"): (told.st_dev, told.st_ino)}) is not None
