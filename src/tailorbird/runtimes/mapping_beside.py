"""A large event file mapped by a process of its own, while its facts are stored by this one.

To read rows and map them takes about as long as to seal and store what comes of them.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

from tailorbird.edges.local_socket import answer
from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.events.columns import FactColumns
from tailorbird.events.mapping import Mapping
from tailorbird.events.table import Reject
from tailorbird.flow.cycles import no_search_for_cycles
from tailorbird.flow.mapped_rows import MappedRows, mapped_rows
from tailorbird.ports.files import RowFile
from tailorbird.runtimes.asked_process import asked_process
from tailorbird.runtimes.plans import plan_in_force
from tailorbird.runtimes.project import Project

LARGE_BYTES: Final = 4_000_000
"""A smaller file is mapped here: starting a process takes half a second."""
_PART_CHARACTERS: Final = 8_000_000
VISITORS: Final = b"visitors"
"""What the secret is for that makes hashes of visitors."""


class EventFile(NamedTuple):
    """A file, the name or the file of its mapping, and when it is imported."""

    path: str
    mapping: str
    now_us: int


def is_large(path: Path) -> bool:
    """Whether a file is worth a process."""
    return path.is_file() and path.stat().st_size >= LARGE_BYTES


def mapped_beside(project: Project, file: EventFile) -> Generator[MappedRows]:
    """What the rows of a file become; raises what mapping them here would raise."""
    assert project.keyring  # so that the other process finds the file of the keys
    folder = str(project.folder.resolve())
    with asked_process("tailorbird.runtimes.mapping_beside", folder) as link:
        yield from _received(link.ask_parts("mapped", *file))


def opened(project: Project, path: Path, mapping: Mapping) -> RowFile:
    """The rows of an event file of a project."""
    return open_rows(path, mapping, project.keyring.secret_for(VISITORS))


def _mapped(project: Project, file: EventFile) -> Iterator[MappedRows]:
    with closing(opened(project, Path(file.path), load_mapping(file.mapping))) as rows:
        yield from mapped_rows(
            rows,
            now_us=file.now_us,
            identifiers=project.settings.identifiers,
            plan=plan_in_force(project),
            looks_at_keys=True,
        )


def _sent(parts: Iterator[MappedRows]) -> Iterator[Any]:
    """In parts of which each fits a frame; what is told once goes with the last of them."""
    for part in parts:
        *before, last = _cut(part.columns)
        for columns in before:
            yield [list(columns), [], 0, 0, None]
        yield [list(last), [list(r) for r in part.rejects], part.rows, part.skipped, part.progress]


def _cut(columns: FactColumns) -> Iterator[FactColumns]:
    pairs = zip(columns.properties, columns.context, strict=True)
    ends = list(accumulate(len(one or "") + len(other or "") for one, other in pairs))
    begin, told = 0, 0
    for row, end in enumerate(ends):
        if end - told > _PART_CHARACTERS:
            cut: Any = (column[begin : row + 1] for column in columns)
            yield FactColumns(*cut)
            begin, told = row + 1, end
    rest: Any = (column[begin:] for column in columns)
    yield FactColumns(*rest)


def _received(parts: Iterator[Any]) -> Iterator[MappedRows]:
    for columns, rejects, rows, skipped, progress in parts:
        told = [Reject(*reject) for reject in rejects]
        done = None if progress is None else (progress[0], progress[1])
        yield MappedRows(FactColumns(*columns), told, rows, skipped, done)


def main(folder: str, handle: str) -> None:
    """Map what is asked for, until nobody asks any more."""
    with (
        Project(Path(folder)) as project,
        socket.socket(fileno=int(handle)) as link,
        no_search_for_cycles(),
    ):
        answer(link, {"mapped": lambda *file: _sent(_mapped(project, EventFile(*file)))})


if __name__ == "__main__":
    main(*sys.argv[1:])
