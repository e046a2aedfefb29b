"""Databases lie on disks of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges import file_systems
from tailorbird.edges.file_systems import kind_of, refuse_network
from tailorbird.kernel.errors import InputError

MOUNTS = [
    "20 1 8:1 / / rw,relatime - ext4 /dev/root rw",
    "21 20 0:9 / /mnt/team rw shared:3 - nfs4 files:/team rw",
    "22 21 8:2 / /mnt/team/local\\040disk rw - xfs /dev/sdb rw",
    "a line of another form",
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/log", "ext4"),
        ("/mnt/team/log", "nfs4"),
        ("/mnt/teams/log", "ext4"),
        ("/mnt/team/local disk/log", "xfs"),
    ],
)
def test_a_path_lies_on_the_innermost_mount(path: str, kind: str) -> None:
    assert kind_of(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 8:1 / {tmp_path} rw - nfs host:/ rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    with pytest.raises(InputError, match="network file system"):
        refuse_network(tmp_path / "log.sqlite")


def test_where_mounts_are_unknown_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_systems, "MOUNTS", tmp_path / "absent")
    refuse_network(tmp_path / "log.sqlite")
