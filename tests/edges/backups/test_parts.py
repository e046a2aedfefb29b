"""Parts of a backup give back what was written, or say that they are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.backups import parts
from tailorbird.edges.backups.parts import (
    DamagedBackupError,
    Part,
    read_part,
    verify_part,
    write_parts,
)
from tailorbird.edges.logs.raw_groups import RawGroup, checked


def group(first: int, facts: int, body: bytes = b"sealed") -> RawGroup:
    ids = b"i" * 16 * facts
    return RawGroup(
        first, facts, ids, checked(first, facts, ids), checked(first, facts, body), body
    )


GROUPS = [group(0, 3), group(3, 1), group(4, 2)]


def test_groups_come_back_as_they_were_written(tmp_path: Path) -> None:
    (part,) = write_parts(tmp_path, GROUPS)
    assert (part.first_position, part.end_position) == (0, 6)
    assert list(read_part(tmp_path / part.file, part)) == GROUPS
    assert [path.name for path in tmp_path.iterdir()] == [part.file]


def test_a_part_that_has_become_long_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 60)
    made = list(write_parts(tmp_path, GROUPS))
    assert [(part.first_position, part.end_position) for part in made] == [(0, 3), (3, 4), (4, 6)]
    assert [g for part in made for g in read_part(tmp_path / part.file, part)] == GROUPS


def test_nothing_new_makes_no_part(tmp_path: Path) -> None:
    assert list(write_parts(tmp_path, [])) == []


def test_every_byte_that_changes_is_noticed(tmp_path: Path) -> None:
    (part,) = write_parts(tmp_path, GROUPS)
    path = tmp_path / part.file
    sound = path.read_bytes()
    for at in range(len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        with pytest.raises(DamagedBackupError):
            verify_part(path, part)
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(DamagedBackupError):
            verify_part(path, part)


def test_reading_alone_notices_what_is_cut_off_or_exchanged(tmp_path: Path) -> None:
    (part,) = write_parts(tmp_path, GROUPS)
    path = tmp_path / part.file
    sound = path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(DamagedBackupError):
            list(read_part(path, part))
    (other,) = write_parts(tmp_path, [group(6, 1)])
    with pytest.raises(DamagedBackupError, match="position 0"):
        list(read_part(tmp_path / other.file, Part(other.file, 0, 1, other.bytes, other.sha256)))


def test_a_part_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedBackupError, match=r"x\.groups cannot be read"):
        verify_part(tmp_path / "x.groups", Part("x.groups", 0, 1, 5, ""))
