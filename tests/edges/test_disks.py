"""What is said about a disk comes from the disk."""

from __future__ import annotations

from pathlib import Path

from tailorbird.edges.disks import file_system, is_encrypted, sync_seconds


def test_syncs_are_measured_and_leave_nothing_behind(tmp_path: Path) -> None:
    taken = sync_seconds(tmp_path, 5)
    assert len(taken) == 5
    assert taken == sorted(taken)
    assert taken[0] > 0
    assert list(tmp_path.iterdir()) == []


def test_the_kind_of_a_file_system_is_that_of_its_mount(tmp_path: Path) -> None:
    if Path("/proc/self/mountinfo").exists():
        assert file_system(Path("/proc")) == "proc"
        assert file_system(tmp_path) != ""
    assert is_encrypted(Path("/proc")) is False
