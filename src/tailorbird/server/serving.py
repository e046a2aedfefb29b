"""What the parts of a server share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from tailorbird.flow.advance import Live
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.ports import EventLog
from tailorbird.segments.membership import Turned
from tailorbird.server.answers import RefusedError

Told = Callable[[Sequence[Turned]], None]

READERS: Final = 4
"""Threads that read people; they wait for each other, and never hold up a write of the log."""

Found = TypeVar("Found")


class Serving:
    """The running parts of a server, for those who answer requests."""

    def __init__(self, now_us: Callable[[], int], commit: GroupCommit, log: EventLog) -> None:
        self.now_us = now_us
        self.commit = commit
        self.log = log
        self.live: Live | None = None
        """Everybody's states; None until they are loaded."""
        self.closing = asyncio.Event()
        """Set when the server ends: streams end then."""
        self.moved = asyncio.Event()
        """Set, and replaced, when people's states have moved along."""
        self.turned = 0
        """How many entries of the record were told since the start."""
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._listeners: set[Told] = set()

    def begin(self, live: Live) -> None:
        """Everybody is loaded."""
        self.live = live

    def people(self) -> Live:
        """Everybody's states; raises `RefusedError` until they are loaded."""
        if self.live is None:
            raise RefusedError(
                503, "people's states are still being loaded; ask again", retry_after_s=1
            )
        return self.live

    async def look(self, look: Callable[[], Found]) -> Found:
        """What is found in people's states, which may have to wait for a commit."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, look)

    def move(self) -> None:
        """Tell those who wait for people's states that these have moved along."""
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()

    def listen(self, told: Told) -> Callable[[], None]:
        """Have somebody told who turns, in the event loop; gives what ends that."""
        self._listeners.add(told)
        return lambda: self._listeners.discard(told)

    def tell(self, turned: Sequence[Turned]) -> None:
        """Tell all listeners who turned."""
        self.turned += len(turned)
        for told in tuple(self._listeners):
            told(turned)

    def close(self) -> None:
        """Let streams end."""
        self.closing.set()
