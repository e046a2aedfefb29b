"""Imports as a project does them: where rejected rows go, and under which secret visitors are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as MappingOf
from contextlib import closing
from functools import partial
from pathlib import Path

from tailorbird.edges.databases.finding import open_database
from tailorbird.edges.sources.opening import load_mapping
from tailorbird.edges.sources.query_rows import QueryRows
from tailorbird.edges.sources.stream_rows import StreamRows
from tailorbird.edges.streams.finding import open_stream
from tailorbird.events.addresses import Address, address_of
from tailorbird.events.mapping import Mapping
from tailorbird.events.ready_mappings import READY
from tailorbird.flow.following import place_of, take_in
from tailorbird.flow.imports import ImportReport, Progress, Rejects, import_file, import_mapped
from tailorbird.flow.reading_on import Reading, import_query
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.mapping_beside import (
    VISITORS,
    EventFile,
    is_large,
    mapped_beside,
    opened,
)
from tailorbird.runtimes.plans import plan_in_force
from tailorbird.runtimes.project import Project


def stream_key(where: Address, source: str) -> str:
    """Under what the place in a stream is kept."""
    said = f"{where.scheme}://{where.path}" if where.scheme == "file" else where.shown
    return f"stream:{said}:{source}"


class Importing:
    """Imports into one project, with a file of rejected rows for each, and one for each stream."""

    def __init__(
        self,
        project: Project,
        *,
        environment: MappingOf[str, str] = os.environ,
        folder: Path | None = None,
        schedule: str = "",
    ) -> None:
        """``folder``: from where files are looked for; None: from the present one.

        The rejected rows of a ``schedule`` take the place of those of its last run.
        """
        self._project = project
        self._environment = environment
        self._folder = folder
        self._schedule = schedule

    def mapping(self, name: str) -> Mapping:
        """A mapping by its name or its file."""
        return load_mapping(self._found(name))

    def _found(self, mapping: str) -> str:
        if mapping in READY or self._folder is None:
            return mapping
        return str(self._folder / mapping)

    def file(self, path: Path, mapping: str, progress: Progress | None = None) -> ImportReport:
        """Import an event file with a mapping, given by its name or its file."""
        project, now_us, read = self._project, self._project.now_us(), self.mapping(mapping)
        self.rejects_path = self._rejects_path(path.name)
        if is_large(path):
            file = EventFile(str(path), self._found(mapping), now_us)
            with closing(mapped_beside(project, file)) as parts:
                return import_mapped(project.history, parts, Rejects(self.rejects_path), progress)
        rows = opened(project, path, read)
        return import_file(
            project.history,
            rows,
            now_us=now_us,
            rejects_path=self.rejects_path,
            progress=progress,
            identifiers=project.settings.identifiers,
            plan=plan_in_force(project),
        )

    def query(
        self,
        address: str,
        reading: Reading,
        mapping: str,
        *,
        again: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import what a database answers to a query, from where it was read to."""
        if len(reading.sql) > limits.QUERY_CHARACTERS:
            raise InputError(f"a query has at most {limits.QUERY_CHARACTERS} characters")
        project = self._project
        where = address_of(address, self._environment, str(self._folder or ""))
        read = self.mapping(mapping)
        database = open_database(where)
        self.rejects_path = self._rejects_path(f"{where.scheme}-{read.source}")
        return import_query(
            project.history,
            partial(QueryRows, database, reading.sql, read),
            reading._replace(source=where.shown),
            project.sources,
            mapping=read.source,
            again=again,
            now_us=project.now_us(),
            rejects_path=self.rejects_path,
            progress=progress,
            identifiers=project.settings.identifiers,
            plan=plan_in_force(project),
        )

    def stream(self, address: str) -> Address:
        """The address of a stream; what has no scheme is a file."""
        written = address if "://" in address else f"file:///{address}"
        return address_of(written, self._environment, str(self._folder or Path.cwd()))

    def follow(
        self, address: str, mapping: str, *, origin: str = "", progress: Progress | None = None
    ) -> ImportReport:
        """Take in what a stream has by now, from where it was read to.

        With an ``origin``, which ids are made of then, it is read from its beginning.
        """
        project = self._project
        where, read = self.stream(address), self.mapping(mapping)
        key = stream_key(where, read.source)
        place = None
        if not origin:
            place = place_of(project.sources, key, project.history.end_position)
        secret = project.keyring.secret_for(VISITORS)
        rows = StreamRows(open_stream(where, place), read, secret, origin or where.shown)
        name = _safe(f"{self._schedule or 'follow'}.{where.scheme}-{read.source}")
        self.rejects_path = project.rejects / f"{name}.jsonl"
        return take_in(
            project.history,
            rows,
            project.sources,
            None if origin else key,
            now_us=project.now_us(),
            rejects_path=self.rejects_path,
            progress=progress,
            identifiers=project.settings.identifiers,
            plan=plan_in_force(project),
        )

    def has_more(self, address: str, mapping: str) -> bool:
        """Whether a stream may have something that was not read."""
        project = self._project
        where = self.stream(address)
        key = stream_key(where, self.mapping(mapping).source)
        stream = open_stream(where, place_of(project.sources, key, project.log.end_position))
        try:
            return stream.has_more
        finally:
            stream.close()

    def _rejects_path(self, name: str) -> Path:
        stem = _safe(name)
        folder = self._project.rejects
        if self._schedule:
            path = folder / f"{self._schedule}.{stem}.jsonl"
            path.unlink(missing_ok=True)
            return path
        number, path = 1, folder / f"{stem}.jsonl"
        while path.exists():
            number += 1
            path = folder / f"{stem}.{number}.jsonl"
        return path


def _safe(name: str) -> str:
    """A name that a file can have."""
    return re.sub(r"[^\w.-]+", "_", name)[:100]
