"""Watches the room on a server's disk: taking events in ends before writes fail.

A reserve is held meanwhile. It is let go of when the disk is full, so that what gives room back, as
moving people along, sorting the history and deleting do, can still be written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tailorbird.edges.disks import free_bytes
from tailorbird.edges.reserve import Reserve
from tailorbird.server.serving import Disk

LOOK_S: Final = 1.0
MEGABYTE: Final = 1_000_000
_FULL_SHARE: Final = 8
"""The disk counts as full when no more than such a part of the least room is left."""

_logger = logging.getLogger("tailorbird.disk")


class Room:
    """The room of one folder's disk; `refusal` may be asked by any thread."""

    def __init__(
        self,
        folder: Path,
        least_bytes: int,
        reserve_bytes: int,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """With less than ``least_bytes``, apart from the reserve, nothing is accepted."""
        self._folder = folder
        self._least = least_bytes
        self._full = max(least_bytes // _FULL_SHARE, MEGABYTE)
        self._free = free
        self._reserve = Reserve(folder, reserve_bytes)
        self._refusal = ""
        self._is_held = True

    def refusal(self) -> str:
        """Why nothing is accepted now; empty while it is."""
        return self._refusal

    async def watch(self, told: Callable[[Disk], None]) -> None:
        """Look for ever; what is found is told in the event loop."""
        while True:
            with suppress(OSError):  # a disk that is away; whoever writes to it is told
                told(await asyncio.to_thread(self.look))
            await asyncio.sleep(LOOK_S)

    def look(self) -> Disk:
        """Look once: let go of the reserve or take it again, refuse or accept."""
        free = self._free(self._folder)
        if free < self._full:
            self._release(free)
        elif free - self._reserve.missing_bytes >= max(self._least, self._full):
            self._hold()
        room = self._free(self._folder) - self._reserve.missing_bytes
        self._judge(room)
        return Disk(max(room, 0), self._reserve.held_bytes)

    def _release(self, free: int) -> None:
        if self._reserve.held_bytes:
            self._reserve.release()
            _logger.warning(
                "the disk is full; the reserve was let go of", extra={"said": {"free_bytes": free}}
            )

    def _hold(self) -> None:
        try:
            self._reserve.hold()
        except OSError as error:
            if self._is_held:
                _logger.warning(
                    "the reserve cannot be held", extra={"said": {"error": error.strerror}}
                )
            self._is_held = False
        else:
            self._is_held = True

    def _judge(self, room: int) -> None:
        before, self._refusal = self._refusal, ""
        if room < self._least:
            self._refusal = (
                f"the disk has {max(room, 0) / MEGABYTE:,.0f} MB left for use, and nothing is "
                f"accepted with less than {self._least / MEGABYTE:,.0f} MB; send again when room "
                "was made"
            )
        if self._refusal and not before:
            said = {"free_bytes": room, "least_bytes": self._least}
            _logger.error("nothing is accepted: the disk has too little room", extra={"said": said})
        elif before and not self._refusal:
            _logger.info("accepting again", extra={"said": {"free_bytes": room}})
