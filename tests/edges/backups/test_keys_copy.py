"""The copy of the keys is whole, private, and the only one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.backups.keys_copy import KeysCopy, is_keys_copy, read_keys, write_keys
from tailorbird.governance.seals import keyed_hash
from tailorbird.kernel.errors import InputError

SECRET = b"s" * 32
RECORDS = [(bytes([n]) * 16, bytes([n]) * 36) for n in range(5)]


def copy_of(records: list[tuple[bytes, bytes]], position: int = 7) -> KeysCopy:
    return KeysCopy(1, position, keyed_hash(SECRET, "$keyring"), SECRET, len(records))


def test_keys_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "shop.keys"
    write_keys(path, copy_of(RECORDS), RECORDS)
    copy, records = read_keys(path)
    assert (copy, list(records)) == (copy_of(RECORDS), RECORDS)
    assert is_keys_copy(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_copy_before_is_overwritten_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "shop.keys"
    write_keys(path, copy_of(RECORDS), RECORDS)
    with path.open("rb") as before:
        write_keys(path, copy_of(RECORDS[:2]), RECORDS[:2])
        assert set(before.read()) == {0}
    assert [entry.name for entry in tmp_path.iterdir()] == ["shop.keys"]
    assert list(read_keys(path)[1]) == RECORDS[:2]


def test_a_copy_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "shop.keys"
    write_keys(path, copy_of(RECORDS), RECORDS)
    with pytest.raises(InputError, match="damaged"):
        write_keys(path, copy_of(RECORDS), RECORDS[:2])
    assert list(read_keys(path)[1]) == RECORDS


def test_every_byte_that_changes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "shop.keys"
    write_keys(path, copy_of(RECORDS), RECORDS)
    sound = path.read_bytes()
    for at in range(len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        with pytest.raises(InputError):
            list(read_keys(path)[1])
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(InputError):
            list(read_keys(path)[1])


def test_a_newer_form_and_another_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "shop.keys"
    path.write_bytes(b'{"tailorbird":"keys","form":9}\n')
    with pytest.raises(InputError, match="newer version"):
        read_keys(path)
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="is no copy of keys"):
        read_keys(path)
    assert not is_keys_copy(path)
    assert not is_keys_copy(tmp_path)


def test_what_cannot_be_written_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_keys(tmp_path / "absent" / "shop.keys", copy_of([]), [])
    assert list(tmp_path.iterdir()) == []
