"""The gate of a project: what people said of the purposes that are published."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.flow.consenting import Consents, Table
from tailorbird.language.purposes import READY, table_of
from tailorbird.ports import EventLog
from tailorbird.runtimes.project import CONSENTS, REGISTRY, Project, load_texts


class PublishedPurposes:
    """The table of the newest published version; threads may share it."""

    def __init__(self, path: Path) -> None:
        """``path``: the registry's."""
        self._path = path
        self._lock = Lock()
        self._registry: SqliteRegistry | None = None
        self._number = 0
        self._table = table_of(READY)

    def __call__(self) -> Table:
        """The purposes by name."""
        with self._lock:
            if self._registry is None:
                self._registry = SqliteRegistry(self._path)
            numbers = self._registry.numbers()
            if numbers and numbers[-1] != self._number:
                newest = self._registry.find(numbers[-1])
                assert newest is not None
                self._table = table_of(load_texts(newest.files).definitions.purposes)
                self._number = newest.number
            return self._table

    def close(self) -> None:
        """Let the registry go."""
        if self._registry is not None:
            self._registry.close()


def consents_of(project: Project, log: EventLog) -> Consents:
    """The gate beside a log that is written in this process."""
    store = SqliteConsents(project.data / CONSENTS, project.keyring)
    table = PublishedPurposes(project.data / REGISTRY)
    return Consents(log, store, table, project.now_us)
