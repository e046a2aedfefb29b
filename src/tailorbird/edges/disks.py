"""What can be said about the disk under a folder: its kind, its room, its syncs, its secrecy."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from tailorbird.edges.file_systems import MOUNTS, kind_of

_WRITTEN: Final = bytes(4_096)
_DEVICES: Final = Path("/sys/dev/block")


def file_system(folder: Path) -> str:
    """The kind of the file system that holds a folder; empty where the system does not say."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return kind_of(folder.resolve(), mounts)


def free_bytes(folder: Path) -> int:
    """The room on the folder's disk that this user may take."""
    return shutil.disk_usage(folder).free


def sync_path(path: Path) -> None:
    """Have the disk keep what is in a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_encrypted(folder: Path) -> bool:
    """Whether the folder lies on a device that the system encrypts, where it says so."""
    device = folder.stat().st_dev
    mapped = _DEVICES / f"{os.major(device)}:{os.minor(device)}" / "dm" / "uuid"
    try:
        return mapped.read_text(encoding="ascii").startswith("CRYPT")
    except (OSError, UnicodeDecodeError):
        return False


def sync_seconds(folder: Path, count: int) -> list[float]:
    """How long so many syncs took there, the quickest first; raises ``OSError``."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".sync-") as stream:
        for _ in range(count):
            stream.write(_WRITTEN)
            stream.flush()
            begun = time.perf_counter()
            os.fsync(stream.fileno())
            taken.append(time.perf_counter() - begun)
    return sorted(taken)
