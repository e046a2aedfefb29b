"""A copy of a file as it was, beside it, before a newer version changes how it is laid out."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import apsw

from tailorbird.edges.disks import sync_path
from tailorbird.kernel.errors import InputError

_logger = logging.getLogger("tailorbird.files")


def copies_of(path: Path) -> list[Path]:
    """The copies that are kept of a file."""
    return sorted(path.parent.glob(f"{path.name}.version-*"))


def keep_copy(path: Path, version: int, what: str) -> Path:
    """Copy a file of SQLite that has a version; it takes the place of copies of older ones.

    Nobody may write to the file meanwhile. Raises `InputError` where there is no room for it: then
    nothing is changed.
    """
    kept = path.with_name(f"{path.name}.version-{version}")
    unfinished = path.with_name(f".{kept.name}.unfinished")
    try:
        _copy(path, unfinished)
        unfinished.replace(kept)
        sync_path(path.parent)
    except (apsw.Error, OSError) as error:
        raise InputError(
            f"{what} {path} has to be brought to a newer version, and no copy of it as it is can "
            f"be kept ({error}); nothing was changed: make room for {path.stat().st_size:,} bytes"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    for older in copies_of(path):
        if older != kept:
            older.unlink()
    _logger.warning(f"{what} {path} is brought to a newer version; as it was it is kept in {kept}")
    return kept


def _copy(path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source, copied = apsw.Connection(str(path)), apsw.Connection(str(target))
    try:
        with copied.backup("main", source, "main") as copying:
            copying.step()
        copied.execute("PRAGMA journal_mode = DELETE")  # so that it is one file
    finally:
        copied.close()
        source.close()
    sync_path(target)
