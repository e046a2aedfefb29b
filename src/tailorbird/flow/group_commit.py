"""Requests that arrive together are written together: one sync of the disk for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final, NamedTuple

from tailorbird.events.admission import faults
from tailorbird.events.columns import FactColumns
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.facts import CONSENT
from tailorbird.ports.log import EventLog, Logged, NotWritableError, StaleWriterError

_LONGEST_S: Final = 30
"""Nobody is asked to wait longer."""
_QUIET: Final = 2
"""After so many turns of the loop without another fact nobody is about to come: in one a request is
read, in the next one it is here."""
_ENOUGH: Final = 100
"""Of so many facts each bears so little of a sync that it is better to read on during the sync."""
GROUP_FACTS: Final = 10_000
"""About so many facts are written with one sync, at most."""


_NONE: Final = frozenset[int]()


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
    places: Sequence[int]
    """Where its facts stood in the request."""
    refused: dict[int, str]
    size: int
    """Characters of properties and context."""
    done: asyncio.Future[Admitted]


class GroupCommit:
    """The only writer of a server's log; belongs to one event loop."""

    def __init__(
        self,
        log: EventLog,
        now_us: Callable[[], int],
        committed: Callable[[int], None] = lambda _position: None,
        refusal: Callable[[], str] = lambda: "",
    ) -> None:
        """``committed`` is called with the log's end after each commit.

        ``refusal`` says why nothing is accepted now, if so.
        """
        self._refusal = refusal
        self._failed = ""
        self._log = log
        self._now_us = now_us
        self._committed = committed
        self._waiting: list[_Waiting] = []
        self._facts = self._size = 0
        self._second_per_fact = self._write_s = 0.0
        self._arrived = asyncio.Event()
        self._closing = False

    async def accept(self, columns: FactColumns) -> Admitted:
        """Store the facts of a request; they are on the disk when this returns.

        Raises `OverloadedError` at once when too many are waiting, `NotWritableError` when the
        log cannot be written: then nothing of the request is stored.
        """
        urgent = _is_urgent(columns)
        self.check(urgent=urgent)
        refused = faults(columns)
        places: Sequence[int] = range(columns.length)
        if refused:
            places = [place for place in places if place not in refused]
        kept = columns.without(refused.keys())
        done: asyncio.Future[Admitted] = asyncio.get_running_loop().create_future()
        size = sum(map(len, filter(None, kept.properties)))
        size += sum(map(len, filter(None, kept.context)))
        waiting = _Waiting(kept, places, refused, size, done)
        self._waiting.insert(0 if urgent else len(self._waiting), waiting)
        self._facts += kept.length
        self._size += size
        self._arrived.set()
        return await done

    def refusal(self) -> str:
        """Why nothing can be written, for the present or for good; empty when it can."""
        return self._failed or self._refusal()

    def check(self, *, urgent: bool = False) -> None:
        """Raise when nothing more is taken now: better before work is done.

        `OverloadedError` when too many are waiting, `NotWritableError` when it is for the disk.
        For what is ``urgent`` there is some more room, among those who wait and on the disk.
        """
        refusal = self._failed if urgent else self.refusal()
        if refusal:
            raise NotWritableError(refusal)
        if self._closing:
            raise OverloadedError(_LONGEST_S)
        facts = limits.WAITING_FACTS + (limits.URGENT_FACTS if urgent else 0)
        size = limits.WAITING_BYTES + (limits.URGENT_FACTS * limits.FACT_BYTES if urgent else 0)
        if self._facts >= facts or self._size >= size:
            lasts_s = ceil(self._facts * self._second_per_fact)
            raise OverloadedError(min(max(lasts_s, 1), _LONGEST_S))

    async def run(self) -> None:
        """Write what arrives until `close` was called and everything is written."""
        while not self._closing or self._waiting:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._gather()
                await self._write(self._next_group())

    async def _gather(self) -> None:
        """Let those join who are being heard just now: a sync costs the same for one and for all.

        They are waited for while the loop's turns bring more, and no longer than the last write
        took, so that nobody waits more than twice as long for it.
        """
        loop = asyncio.get_running_loop()
        end_s, facts, quiet = loop.time() + self._write_s, self._facts, 0
        while quiet < _QUIET and facts < _ENOUGH and loop.time() < end_s:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._facts == facts else 0
            facts = self._facts

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
        self._size -= sum(request.size for request in group)
        return group

    async def _write(self, group: Sequence[_Waiting]) -> None:
        joined = _joined([request.columns for request in group])
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            told = await asyncio.to_thread(self._append, joined)
        except TailorbirdError as error:
            if isinstance(error, StaleWriterError) or getattr(error, "is_lasting", False):
                self._failed = str(error)
            _fail(group, error)
            return
        except Exception as error:  # whoever waits has to be told, whatever it is
            await self._write_apart(group, error)
            return
        self._write_s = loop.time() - begun_s
        self._second_per_fact = self._write_s / max(joined.length, 1)
        _tell(group, told)
        self._committed(told.first_position + told.accepted.length)

    async def _write_apart(self, group: Sequence[_Waiting], error: Exception) -> None:
        """One request that nobody foresaw must not fail the others."""
        if len(group) > 1:
            for request in group:
                await self._write([request])
            return
        failure = NotWritableError(f"the log did not take this: {type(error).__name__}")
        failure.__cause__ = error
        _fail(group, failure)

    def _append(self, columns: FactColumns) -> Logged:
        with self._log.writing(self._now_us()) as writing:
            return writing(columns)


def _is_urgent(columns: FactColumns) -> bool:
    """Whether all facts are about consent: who withdraws it need not wait until there is room."""
    return columns.length > 0 and columns.name.count(CONSENT) == columns.length


def _joined(parts: Sequence[FactColumns]) -> FactColumns:
    if len(parts) == 1:
        return parts[0]
    return FactColumns(
        *([cell for column in columns for cell in column] for columns in zip(*parts, strict=True))
    )


def _tell(group: Sequence[_Waiting], told: Logged) -> None:
    """Share out what became of joined requests."""
    begin, duplicates = 0, frozenset(told.duplicates)
    end_position = told.first_position + told.accepted.length
    for request in group:
        known = _NONE
        if duplicates:
            own = range(begin, begin + request.columns.length)
            begin = own.stop
            mine = [place - own.start for place in own if place in duplicates]
            known = frozenset(request.places[place] for place in mine)
        if not request.done.done():
            request.done.set_result(Admitted(request.refused, known, end_position))


def _fail(group: Sequence[_Waiting], error: TailorbirdError) -> None:
    for request in group:
        if not request.done.done():
            request.done.set_exception(error)
