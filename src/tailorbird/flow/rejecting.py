"""Rejected messages are written down behind the answers: whoever sends them never waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Final

from tailorbird.events.refusals import SORTS, RejectedItem, Sort
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.instants import DAY
from tailorbird.ports.rejects import Rejects, StoredReject

TIDY_S: Final = 600.0
"""At least so often those go that have become too old."""
GATHER_S: Final = 0.02
"""What is rejected together is written together."""

_logger = logging.getLogger("tailorbird.rejecting")


class Rejecting:
    """Notes what the collector rejects; belongs to one event loop.

    That a message could not be written down is counted, and changes nothing else.
    """

    def __init__(
        self,
        now_us: Callable[[], int],
        opened: Callable[[], Rejects] | None = None,
        keep_days: int = 7,
    ) -> None:
        """``opened`` gives the store when it is first used; None keeps nothing."""
        self._now_us = now_us
        self._opened = opened if keep_days else None
        self._keep_us = keep_days * DAY
        self._store: Rejects | None = None
        self._opening = Lock()
        self._waiting: deque[RejectedItem] = deque()
        self._woken = asyncio.Event()
        self._closing = False
        self._is_told = False
        self.counts: Counter[Sort] = Counter(dict.fromkeys(SORTS, 0))
        """How many were rejected since the start, by sort."""
        self.lost = 0
        """How many of them were not written down, though they should have been."""

    def note(self, items: Sequence[RejectedItem]) -> None:
        """Have some written down soon."""
        self.counts.update(item.refusal.sort for item in items)
        if self._opened is None:
            return
        room = limits.WAITING_REJECTS - len(self._waiting)
        self._waiting.extend(items[:room])
        self.lost += max(len(items) - room, 0)
        self._woken.set()

    async def run(self) -> None:
        """Write down what is noted, until `close` was called."""
        while not self._closing or self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(TIDY_S):
                    await self._woken.wait()
                await asyncio.sleep(0 if self._closing else GATHER_S)
            self._woken.clear()
            if self._opened is not None:
                await self._write()
        if self._store is not None:
            self._store.close()

    def close(self) -> None:
        """Note nothing more; what waits is still written."""
        self._closing = True
        self._woken.set()

    async def _write(self) -> None:
        items, self._waiting = list(self._waiting), deque()
        try:
            await asyncio.to_thread(self._add, items)
        except (TailorbirdError, OSError) as error:
            self.lost += len(items)
            self._tell(str(error))
        except Exception as error:  # whatever was sent, the next ones are written all the same
            self.lost += len(items)
            self._tell(type(error).__name__)

    def _tell(self, error: str) -> None:
        """Once: the number says how it goes on."""
        if not self._is_told:
            _logger.warning(
                "rejected messages cannot be written down", extra={"said": {"error": error}}
            )
        self._is_told = True

    def _add(self, items: Sequence[RejectedItem]) -> None:
        self._stored().add(items, self._now_us() - self._keep_us)

    def _stored(self) -> Rejects:
        with self._opening:  # whoever reads may be first, beside whoever writes
            if self._store is None:
                assert self._opened is not None
                self._store = self._opened()
            return self._store

    async def newest(self, most: int, before: int | None, sort: Sort | None) -> list[StoredReject]:
        """So many of those that are kept, the newest first."""
        if self._opened is None:
            return []

        def look() -> list[StoredReject]:
            found = self._stored().newest(most, before=before, sort=sort)
            since_us = self._now_us() - self._keep_us
            return [one for one in found if one.item.at_us >= since_us]

        return await asyncio.to_thread(look)
