"""A publication while the server runs: everybody's states are made beside those in force."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.edges.local_socket import GoneError
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.flow.adopting import Seeds
from tailorbird.flow.advance import Live
from tailorbird.flow.staging import stage
from tailorbird.language import live
from tailorbird.ports.log import EventLog
from tailorbird.runtimes.project import load_texts

STAGED: Final = "state.next.sqlite"
AGAIN_SECONDS: Final = 0.5
"""After so long it is tried again, when the history's process was gone."""


class Staged(NamedTuple):
    """States under a version, which may be taken over by those who are as far."""

    version: int
    plan: live.Plan
    path: Path
    position: int
    is_same: bool = False
    """Whether the version says the same of people as the one in force: then none were made."""

    def remove(self) -> None:
        """Remove the file: what was in it is in force."""
        _remove(self.path)


class Publishing:
    """One version at a time; belongs to the thread that moves people along."""

    def __init__(
        self,
        folder: Path,
        log: EventLog,
        seeds: Callable[[Mapping[str, str], int], Seeds],
        now_us: Callable[[], int],
        done: Callable[[], None],
    ) -> None:
        """``seeds`` tells of everybody; ``done`` is called, in some thread, when that is staged."""
        self._path = folder / STAGED
        _remove(self._path)  # a server that was killed may have left one
        self._log = log
        self._seeds = seeds
        self._now_us = now_us
        self._done = done
        self._thread = ThreadPoolExecutor(1, "publishing")
        self._job: Future[Staged] | None = None
        self._not_before_s = 0.0

    def begin(self, version: int, files: Mapping[str, str], people: Live) -> None:
        """Have a version's states made, unless something is under way."""
        if self._job is None and time.monotonic() >= self._not_before_s:
            self._job = self._thread.submit(self._stage, version, files, people)
            self._job.add_done_callback(lambda _: self._done())

    def staged(self, position: int) -> Staged | None:
        """What is ready for those at a position, once."""
        if self._job is None or not self._job.done():
            return None
        try:
            found = self._job.result()
        except GoneError:
            self._job, self._not_before_s = None, time.monotonic() + AGAIN_SECONDS
            return None
        except Exception:
            self._job = None
            raise
        if found.position > position:
            return None
        self._job = None
        return found

    def _stage(self, version: int, files: Mapping[str, str], people: Live) -> Staged:
        plan = live.plan(load_texts(files).definitions)
        _remove(self._path)
        if plan.definitions == people.plan.definitions:
            return Staged(version, plan, self._path, 0, is_same=True)
        given = self._seeds(files, self._now_us())
        with SqliteState(self._path) as store:
            position = stage(store, self._log, plan, given, lambda: people.committed, self._now_us)
        return Staged(version, plan, self._path, position)

    def end(self) -> None:
        """Begin nothing more, and leave nothing behind."""
        self._thread.shutdown(cancel_futures=True)
        _remove(self._path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
