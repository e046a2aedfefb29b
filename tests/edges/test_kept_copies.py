"""A file of an older version is kept as it was before it is changed."""

from __future__ import annotations

import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from tailorbird.edges import kept_copies
from tailorbird.edges.kept_copies import copies_of, keep_copy
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.registries.migrations import MIGRATIONS
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.sqlite_files import What, open_file
from tailorbird.kernel.errors import InputError

WHAT = What("the shelf", "throw it away")
STEPS = (
    "CREATE TABLE books (name TEXT); INSERT INTO books VALUES ('first')",
    "ALTER TABLE books ADD COLUMN pages INTEGER",
    "CREATE TABLE readers (name TEXT)",
)


def opened(path: Path, version: int) -> None:
    """A file that was brought to a version, with facts only in its write-ahead log."""
    open_file(path, WHAT, STEPS[:version]).close()


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_copy_is_kept_and_told_before_a_file_is_changed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "shelf"
    opened(path, 1)
    assert list(tmp_path.iterdir()) == [path]
    with closing(open_file(path, WHAT, STEPS[:1])) as writing:
        writing.execute("INSERT INTO books VALUES ('only in the write-ahead log')")
        opened(path, 3)
    kept = tmp_path / "shelf.version-1"
    assert copies_of(path) == [kept]
    assert (version_of(kept), version_of(path)) == (1, 3)
    with closing(sqlite3.connect(kept)) as connection:
        assert len(connection.execute("SELECT * FROM books").fetchall()) == 2
    (told,) = caplog.messages
    assert told == f"the shelf {path} is brought to a newer version; as it was it is kept in {kept}"
    assert caplog.records[0].levelno == logging.WARNING


def test_only_the_newest_copy_stays_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    for version in (1, 2, 3):
        opened(path, version)
    (kept,) = copies_of(path)
    assert kept.name == "shelf.version-2"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"shelf", kept.name}


def test_without_room_for_a_copy_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shelf"
    opened(path, 1)
    before = path.read_bytes()

    def full(_path: Path, _target: Path) -> None:
        raise apsw.FullError("database or disk is full")

    monkeypatch.setattr(kept_copies, "_copy", full)
    with pytest.raises(InputError, match=r"no copy of it as it is can be kept .*make room for"):
        opened(path, 3)
    assert path.read_bytes() == before
    assert copies_of(path) == []


def test_a_copy_can_be_put_back(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    opened(path, 1)
    kept = keep_copy(path, 1, WHAT)
    opened(path, 3)
    kept.replace(path)
    opened(path, 2)
    assert version_of(path) == 2


def test_the_registry_keeps_a_copy_too(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version = 1")
    SqliteRegistry(path).close()
    assert [version_of(one) for one in (*copies_of(path), path)] == [1, len(MIGRATIONS)]


def test_keys_that_are_destroyed_are_in_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    with SqliteKeyring(path) as keyring:
        ann = keyring.hash_of("ann")
        keyring.made([ann])
        keep_copy(path, 1, WHAT)
        keyring.destroy([ann])
    assert copies_of(path) == []
