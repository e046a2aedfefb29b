"""One process at a time writes a log: whoever holds the lock of a file beside it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tailorbird.kernel.errors import InputError


class HeldElsewhereError(InputError):
    """Another process holds the lease."""


class Lease:
    """The lock of a file; the operating system gives it back when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take it; raises `HeldElsewhereError` that names the process which has it."""
        self._path = path
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._handle, 20, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise HeldElsewhereError(
                f"{path.parent} is in use by process {holder or 'unknown'}; one process at a time "
                "can write there: wait until that one has ended"
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    @staticmethod
    def holder(path: Path) -> str:
        """The process that has it, as far as the file says; empty when nobody has it."""
        try:
            with path.open("rb") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return stream.read(20).decode("ascii", "replace").strip() or "unknown"
        except OSError:
            pass
        return ""

    def close(self) -> None:
        """Give it back."""
        os.close(self._handle)
