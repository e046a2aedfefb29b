"""Room that is held takes real blocks of the disk, and is given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.disks import free_bytes
from tailorbird.edges.reserve import Reserve

SIZE = 8_000_000


def blocks(folder: Path) -> int:
    path = folder / "reserve"
    return path.stat().st_blocks * 512 if path.exists() else 0


def test_what_is_held_takes_room_until_it_is_let_go_of(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, SIZE)
    assert (reserve.held_bytes, reserve.missing_bytes) == (0, SIZE)
    reserve.hold()
    reserve.hold()
    assert (reserve.held_bytes, reserve.missing_bytes) == (SIZE, 0)
    assert blocks(tmp_path) >= SIZE
    reserve.release()
    reserve.release()
    assert reserve.held_bytes == blocks(tmp_path) == 0


def test_another_size_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    Reserve(tmp_path, SIZE).hold()
    assert Reserve(tmp_path, SIZE).held_bytes == SIZE
    assert Reserve(tmp_path, 0).held_bytes == blocks(tmp_path) == 0


def test_what_does_not_fit_is_not_held_in_part(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, free_bytes(tmp_path) + 2**40)
    with pytest.raises(OSError):
        reserve.hold()
    assert list(tmp_path.iterdir()) == []
