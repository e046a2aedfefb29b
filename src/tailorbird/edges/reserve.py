"""A file that takes room on a disk, so that there is some left to mend things when it is full."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE: Final = "reserve"


class Reserve:
    """Room that is held, or was let go of."""

    def __init__(self, folder: Path, size: int) -> None:
        """``size`` in bytes; 0 holds nothing, and lets go of what was held before."""
        self._path = folder / FILE
        self._size = size
        if self.held_bytes != size:
            self.release()

    @property
    def held_bytes(self) -> int:
        """The room that it takes now."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    @property
    def missing_bytes(self) -> int:
        """The room that it should take and does not."""
        return self._size - self.held_bytes

    def release(self) -> None:
        """Give the room to others."""
        self._path.unlink(missing_ok=True)

    def hold(self) -> None:
        """Take the room; raises ``OSError``, and then takes none."""
        if not self.missing_bytes:
            return
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            with suppress(OSError):
                self.release()
            raise
        finally:
            os.close(handle)
