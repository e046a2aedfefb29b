"""Which file systems a database may lie on: those of this machine.

Locks and shared memory of SQLite need one kernel that all processes share; over a network two
machines could both believe that they are the only writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tailorbird.kernel.errors import InputError

MOUNTS: Final = Path("/proc/self/mountinfo")
NETWORK: Final = frozenset(
    {
        "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
    }
)  # fmt: skip


def refuse_network(path: Path) -> None:
    """Raise `InputError` when a file lies, or would lie, on a network file system.

    Where the system does not say what is mounted nothing is refused.
    """
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    kind = kind_of(path.resolve(), mounts)
    if kind in NETWORK:
        raise InputError(
            f"{path} lies on a network file system ({kind}), where one writer cannot be kept apart "
            "from another; put the data folder on a disk of this machine"
        )


def kind_of(path: Path, mounts: Iterable[str]) -> str:
    """The kind of the file system that holds a path, given the lines of ``mountinfo``.

    >>> kind_of(Path("/data/log"), ["1 0 8:1 / / rw - ext4 x rw", "2 1 0:9 / /data rw - nfs y rw"])
    'nfs'
    """
    longest, kind = -1, ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(fields[4].replace("\\040", " "))
        # The last of several mounts on one place hides the others.
        if path.is_relative_to(point) and len(point.parts) >= longest:
            longest, kind = len(point.parts), after.split(" ")[0]
    return kind
