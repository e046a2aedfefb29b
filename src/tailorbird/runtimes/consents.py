"""The gate of a project: what people said of the purposes that are published."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Final

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.flow.consenting import Consents, Table
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.language.purposes import READY, table_of
from tailorbird.ports.log import EventLog, LogChunk
from tailorbird.runtimes.project import CONSENTS, REGISTRY, Project, load_texts

LOOK_SECONDS: Final = 1.0
"""After so long it is looked whether somebody has published."""
AGAIN_SECONDS: Final = 0.1
"""After so long the history is asked again, when it was not there."""


class PublishedPurposes:
    """The table of the newest published version; threads may share it."""

    def __init__(self, path: Path) -> None:
        """``path``: the registry's."""
        self._path = path
        self._lock = Lock()
        self._looked_s = -LOOK_SECONDS
        self._number = 0
        self._table = table_of(READY)

    def __call__(self) -> Table:
        """The purposes by name, as they were published a moment ago."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._looked_s >= LOOK_SECONDS:
                self._look()
                self._looked_s = now_s
            return self._table

    def _look(self) -> None:
        """Whoever asks has a connection of her own: one belongs to the thread that made it."""
        with SqliteRegistry(self._path) as registry:
            numbers = registry.numbers()
            if not numbers or numbers[-1] == self._number:
                return
            newest = registry.find(numbers[-1])
        assert newest is not None
        self._table = table_of(load_texts(newest.files).definitions.purposes)
        self._number = newest.number


def consents_of(project: Project, log: EventLog) -> Consents:
    """The gate beside a log that is written in this process."""
    store = SqliteConsents(project.data / CONSENTS, project.keyring)
    table = PublishedPurposes(project.data / REGISTRY)
    return Consents(log, store, table, project.now_us)


async def catch_up(consents: Consents, picked: Callable[[int], Iterable[LogChunk]]) -> None:
    """Have the gate know all that was accepted before, from the history as far as it can tell."""
    while consents.is_far_behind:
        try:
            await asyncio.to_thread(consents.take_picked, picked)
            break
        except TailorbirdError:  # it is starting, or cannot: read some of the log meanwhile
            await asyncio.to_thread(consents.is_current)
            await asyncio.sleep(AGAIN_SECONDS)
    await asyncio.to_thread(consents.follow)
