"""Requests that arrive together are written together: one sync of the disk for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tailorbird.events.admission import faults
from tailorbird.events.columns import FactColumns
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.ports import EventLog, Logged

GROUP_FACTS: Final = 10_000
"""About so many facts are written with one sync, at most."""


class OverloadedError(TailorbirdError):
    """More is waiting than the log can write soon; nothing of the request is stored."""

    retryable = True

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too much at once; come again in {retry_after_s} s")


class Admitted(NamedTuple):
    """What became of the facts of one request."""

    refused: dict[int, str]
    """By place: why a fact cannot be stored."""
    duplicates: frozenset[int]
    end_position: int
    """Behind this position nothing of the request lies."""


class _Waiting(NamedTuple):
    columns: FactColumns
    places: list[int]
    """Where its facts stood in the request."""
    refused: dict[int, str]
    done: asyncio.Future[Admitted]


class GroupCommit:
    """The only writer of a server's log; belongs to one event loop."""

    def __init__(
        self,
        log: EventLog,
        now_us: Callable[[], int],
        committed: Callable[[int], None] = lambda _position: None,
    ) -> None:
        """``committed`` is called with the log's end after each commit."""
        self._log = log
        self._now_us = now_us
        self._committed = committed
        self._waiting: list[_Waiting] = []
        self._facts = 0
        self._arrived = asyncio.Event()
        self._closing = False

    async def accept(self, columns: FactColumns) -> Admitted:
        """Store the facts of a request; they are on the disk when this returns.

        Raises `OverloadedError` at once when too many are waiting, `NotWritableError` when the
        log cannot be written: then nothing of the request is stored.
        """
        if self._closing or self._facts + columns.length > limits.WAITING_FACTS:
            raise OverloadedError(1)
        refused = faults(columns)
        places = [place for place in range(columns.length) if place not in refused]
        kept = columns.without(refused.keys())
        done: asyncio.Future[Admitted] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(kept, places, refused, done))
        self._facts += kept.length
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Write what arrives until `close` was called and everything is written."""
        while not self._closing or self._waiting:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write(self._next_group())

    def close(self) -> None:
        """Take nothing more; what waits is still written."""
        self._closing = True
        self._arrived.set()

    def _next_group(self) -> list[_Waiting]:
        count = facts = 0
        for request in self._waiting:
            if count and facts + request.columns.length > GROUP_FACTS:
                break
            count, facts = count + 1, facts + request.columns.length
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._facts -= facts
        return group

    async def _write(self, group: Sequence[_Waiting]) -> None:
        joined = _joined([request.columns for request in group])
        try:
            told = await asyncio.to_thread(self._append, joined)
        except Exception as error:  # whoever waits has to be told, whatever it is
            for request in group:
                if not request.done.cancelled():
                    request.done.set_exception(error)
            return
        begin, duplicates = 0, frozenset(told.duplicates)
        end_position = told.first_position + told.accepted.length
        for request in group:
            own = range(begin, begin + request.columns.length)
            begin = own.stop
            known = frozenset(
                request.places[place - own.start] for place in own if place in duplicates
            )
            if not request.done.cancelled():
                request.done.set_result(Admitted(request.refused, known, end_position))
        self._committed(end_position)

    def _append(self, columns: FactColumns) -> Logged:
        with self._log.writing(self._now_us()) as writing:
            return writing(columns)


def _joined(parts: Sequence[FactColumns]) -> FactColumns:
    if len(parts) == 1:
        return parts[0]
    return FactColumns(
        *([cell for column in columns for cell in column] for columns in zip(*parts, strict=True))
    )
