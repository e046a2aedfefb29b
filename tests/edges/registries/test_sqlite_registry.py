"""The registry keeps every version as it was published, also across processes and versions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tailorbird.edges.registries.migrations import MIGRATIONS
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.kernel.errors import InputError
from tailorbird.ports.registry import MovedOnError, Version

FIRST = Version(
    1,
    1_000,
    7,
    {"b.yaml": "# ünïcode\n", "a.yaml": "segments: {}\n"},
    {("segment", "vip"): "aa", ("persona", "Vip"): "bb"},
    {"zone": "UTC"},
    "the first",
)
SECOND = FIRST._replace(number=2, published_us=2_000, note="")


def test_a_version_comes_back_as_it_was_added(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteRegistry(path) as registry:
        assert registry.newest() is None
        assert registry.add(None, FIRST) == FIRST
    with SqliteRegistry(path) as registry:
        assert registry.newest() == FIRST
        assert list(registry.newest().files) == ["b.yaml", "a.yaml"]


def test_versions_are_numbered_one_after_the_other_and_all_stay() -> None:
    with SqliteRegistry(None) as registry:
        registry.add(None, FIRST)
        assert registry.add(1, SECOND).number == 2
        assert registry.numbers() == [1, 2]
        assert registry.find(1) == FIRST
        assert registry.find(3) is None


@pytest.mark.parametrize("after", [None, 1, 7])
def test_a_version_made_from_another_one_than_the_newest_is_not_stored(after: int | None) -> None:
    with SqliteRegistry(None) as registry:
        registry.add(None, FIRST)
        registry.add(1, SECOND)
        with pytest.raises(MovedOnError) as caught:
            registry.add(after, SECOND)
        assert (caught.value.after, caught.value.newest) == (after, 2)
        assert registry.numbers() == [1, 2]


def test_of_two_processes_that_publish_at_once_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteRegistry(path) as one, SqliteRegistry(path) as other:
        one.add(None, FIRST)
        with pytest.raises(MovedOnError):
            other.add(None, FIRST)


def test_a_published_version_cannot_be_changed_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with SqliteRegistry(path) as registry:
        registry.add(None, FIRST)
    connection = sqlite3.connect(path)
    for statement in ("UPDATE versions SET note = ''", "DELETE FROM versions"):
        with pytest.raises(sqlite3.IntegrityError, match="a published version"):
            connection.execute(statement)
    for table in ("files", "definitions", "settings"):
        with pytest.raises(sqlite3.IntegrityError, match="a published version"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(InputError, match="written by a newer version"):
        SqliteRegistry(path)


def test_a_file_that_is_no_registry_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(InputError, match=r"it is damaged .file is not a database.; restore it"):
        SqliteRegistry(path)


def test_the_digest_tells_versions_with_other_texts_or_names_apart() -> None:
    moved = FIRST._replace(files={"c.yaml": "# ünïcode\n", "a.yaml": "segments: {}\n"})
    edited = FIRST._replace(files={**FIRST.files, "a.yaml": "segments: {} \n"})
    other_order = FIRST._replace(files=dict(sorted(FIRST.files.items())))
    assert len({FIRST.digest, moved.digest, edited.digest}) == 3
    assert FIRST.digest == other_order.digest
