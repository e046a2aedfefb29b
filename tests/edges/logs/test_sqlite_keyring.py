"""Keys stay the same until they are destroyed, and then nothing of them is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.logs import sqlite_keyring
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.kernel.errors import InputError


def test_keys_and_hashes_are_the_same_after_opening_again(tmp_path: Path) -> None:
    with SqliteKeyring(tmp_path / "keys.sqlite") as keyring:
        ann = keyring.hash_of("ann")
        made = keyring.made([ann])
    with SqliteKeyring(tmp_path / "keys.sqlite") as keyring:
        assert keyring.hash_of("ann") == ann
        assert keyring.made([ann, ann]) == made


def test_every_subject_has_a_key_of_its_own() -> None:
    with SqliteKeyring(None) as keyring:
        made = keyring.made(keyring.hashes_of(["ann", "bob"]))
        assert len(set(made.values())) == 2


def test_drawn_keys_are_found_at_once_and_are_in_the_file_when_they_are_stored(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.sqlite"
    with SqliteKeyring(path) as keyring, SqliteKeyring(path) as other:
        ann, bob = keyring.hashes_of(["ann", "bob"])
        drawn = keyring.drawn([ann])
        assert (keyring.found([ann]), other.found([ann])) == (drawn, {})
        keyring.store()
        assert other.found([ann]) == drawn == keyring.drawn([ann])
        also = keyring.drawn([bob])
        made = keyring.made([ann])
        assert other.found([ann, bob]) == made | also


def test_so_many_drawn_keys_are_stored_before_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_keyring, "_DRAWN", 2)
    path = tmp_path / "keys.sqlite"
    with SqliteKeyring(path) as keyring, SqliteKeyring(path) as other:
        hashes = keyring.hashes_of(["ann", "bob", "cat"])
        first = keyring.drawn(hashes[:2])
        assert other.found(hashes) == {}
        assert other.found(hashes) == {} != keyring.drawn(hashes[2:])
        assert len(other.found(hashes)) == 3
        assert keyring.drawn(hashes[:2]) == first


def test_a_drawn_key_can_be_destroyed(tmp_path: Path) -> None:
    with SqliteKeyring(tmp_path / "keys.sqlite") as keyring:
        ann = keyring.hash_of("ann")
        drawn = keyring.drawn([ann])
        keyring.destroy([ann])
        assert keyring.found([ann]) == {}
        assert keyring.made([ann]) != drawn


def test_a_destroyed_key_is_gone_from_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    with SqliteKeyring(path) as keyring:
        ann, bob = keyring.hashes_of(["ann", "bob"])
        made = keyring.made([ann, bob])
        keyring.destroy([ann])
        assert keyring.found([ann, bob]) == {bob: made[bob]}
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert made[bob] in written
    assert made[ann] not in written


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(InputError, match="not a file of this kind"):
        SqliteKeyring(path)
