"""Reads people's histories again in a thread of its own, while everybody else is moved along.

A history that is too long to be kept as a state takes seconds, each time that something new is
known of its person. So such people take turns, and rest for some time after each: whoever sends
many facts makes herself late, and nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

from tailorbird.edges.local_socket import GoneError
from tailorbird.flow.advance import Live
from tailorbird.flow.replays import Refolded
from tailorbird.segments.membership import Entries

PEOPLE: Final = 100
"""So many histories are read at a time."""
REST: Final = 5
"""After a long history the next one waits for so many times as long as that one took."""
AGAIN_SECONDS: Final = 0.5
"""After so long it is tried again, when the history's process was gone."""


class _Job(NamedTuple):
    is_heavy: bool
    begun_s: float
    future: Future[list[Refolded]]


class Replaying:
    """One reading at a time; belongs to the thread that moves people along."""

    def __init__(
        self, done: Callable[[], None], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``done`` is called, in some thread, when there is something to take in."""
        self._done = done
        self._clock_s = clock_s
        self._thread = ThreadPoolExecutor(1, "replays")
        self._job: _Job | None = None
        self._not_before_s = self._heavy_not_before_s = clock_s()

    def move(self, people: Live) -> Entries:
        """Take in what was read, and have the next histories read; tells who turned."""
        told = Entries()
        if self._job is not None and self._job.future.done():
            job, self._job = self._job, None
            told = self._taken_in(job, people)
        if self._job is None and self._clock_s() >= self._not_before_s:
            self._begin(people)
        return told

    def _taken_in(self, job: _Job, people: Live) -> Entries:
        now_s = self._clock_s()
        if job.is_heavy:
            self._heavy_not_before_s = now_s + REST * (now_s - job.begun_s)
        try:
            found = job.future.result()
        except GoneError:
            self._not_before_s = now_s + AGAIN_SECONDS
            return Entries()
        return people.replayed(found)

    def _begin(self, people: Live) -> None:
        now_s, wanted = self._clock_s(), []
        if now_s >= self._heavy_not_before_s:
            wanted = people.replays_wanted(1, heavy=True)
        is_heavy = bool(wanted)
        wanted = wanted or people.replays_wanted(PEOPLE, heavy=False)
        if wanted:
            future = self._thread.submit(people.refold, wanted)
            self._job = _Job(is_heavy, now_s, future)
            future.add_done_callback(lambda _: self._done())

    def end(self) -> None:
        """Read nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
