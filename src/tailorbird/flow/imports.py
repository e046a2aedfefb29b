"""An event file into the history, as one numbered batch, with an account of every row."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self, TextIO

from tailorbird.events.chunks import JsonChunk
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.mapping import Mapping
from tailorbird.events.messages import MessageMapper
from tailorbird.events.rows import Mapped, RowMapper
from tailorbird.events.table import JsonRows, Reject, Rows
from tailorbird.flow.accept import Arrival, accept
from tailorbird.kernel.errors import InputError, nearest
from tailorbird.ports import History, RowFile

Progress = Callable[[int, int], None]
"""Called with how much has been read, and how much there is."""

RAW_CHARACTERS: Final = 10_000
"""As much of a rejected row is written down."""

REASONS: Final = 20
"""Different reasons that are counted by themselves; names and numbers in them are left out."""


class ImportReport(NamedTuple):
    """What became of the rows of a file."""

    rows: int
    """Rows read, rejected ones included."""
    accepted: int
    """Facts that are new; lines of one order are one fact."""
    duplicates: int
    rejected: int
    skipped: int
    """Rows that a rule of the mapping leaves out."""
    reasons: dict[str, int]
    """The most frequent reasons of rejection."""
    first_position: int


class Rejects:
    """Writes down rejected rows, one JSON object a line; no row, no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: TextIO | None = None
        self.count = 0
        self._reasons: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, reject: Reject) -> None:
        """Write one row down."""
        if self._stream is None:
            self._stream = self._path.open("w", encoding="utf-8", errors="backslashreplace")
        self.count += 1
        kind = reject.reason.split(":")[0].split(" '")[0].strip()
        if kind in self._reasons or len(self._reasons) < REASONS:
            self._reasons[kind] += 1
        written = reject._replace(raw=reject.raw[:RAW_CHARACTERS])._asdict()
        self._stream.write(json.dumps(written, ensure_ascii=False) + "\n")

    def reasons(self) -> dict[str, int]:
        """The reasons and how often each was given, the most frequent first."""
        return dict(self._reasons.most_common())


def import_file(
    history: History,
    rows: RowFile,
    *,
    now_us: int,
    rejects_path: Path,
    progress: Progress | None = None,
    identifiers: Identifiers = USUAL,
) -> ImportReport:
    """Import a file that was opened with its mapping, and close it.

    What is already there changes nothing.

    Raises `InputError` when a column that the mapping needs is missing. Then, and whenever reading
    fails, nothing of the file is stored.
    """
    with closing(rows), Rejects(rejects_path) as rejects, _no_search_for_cycles():
        if rows.columns:
            check_columns(rows.mapping, rows.columns)
        walk = _Walk(rows, rejects, progress, identifiers)
        appended = accept(walk.arrivals(), history, now_us=now_us)
        return ImportReport(
            walk.rows + walk.unread,
            appended.accepted,
            appended.duplicates,
            rejects.count,
            walk.skipped,
            rejects.reasons(),
            appended.first_position,
        )


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Rows make millions of small lists and no cycles; looking for some takes half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Walk:
    """One pass over a file."""

    def __init__(
        self,
        rows: RowFile,
        rejects: Rejects,
        progress: Progress | None,
        identifiers: Identifiers,
    ) -> None:
        self._identifiers = identifiers
        self._file = rows
        self._rejects = rejects
        self._progress = progress
        self.rows = 0
        self.unread = 0
        self.skipped = 0

    def arrivals(self) -> Iterator[Arrival]:
        mapper = _mapper(self._file, self._identifiers)
        for chunk in self._file.chunks(self._unreadable):
            if isinstance(chunk, JsonRows) and not self.rows:
                _check_keys(self._file.mapping, chunk)
            if not chunk.rows:
                continue
            self.rows += len(chunk.rows)
            mapped = mapper.facts(chunk)
            self.skipped += mapped.skipped
            for place, reason in mapped.refused.items():
                self._reject(chunk, place, reason)
            yield Arrival(mapped.columns, partial(self._refused, chunk, mapped))
            if self._progress is not None:
                self._progress(*self._file.progress())
        orders = mapper.order_facts()
        yield Arrival(
            orders,
            lambda place, reason: self._rejects.add(Reject(0, reason, orders.id[place])),
        )

    def _unreadable(self, reject: Reject) -> None:
        self.unread += 1
        self._rejects.add(reject)

    def _refused(self, chunk: Rows, mapped: Mapped, place: int, reason: str) -> None:
        self._reject(chunk, mapped.places[place], reason)

    def _reject(self, chunk: Rows, place: int, reason: str) -> None:
        self._rejects.add(Reject(chunk.lines[place], reason, chunk.raw(place)))


def _mapper(rows: RowFile, identifiers: Identifiers) -> RowMapper | MessageMapper:
    if rows.mapping.format == "segment":
        return MessageMapper(rows.mapping.source, identifiers)
    return RowMapper(
        rows.mapping,
        rows.columns,
        rows.kinds,
        blank=rows.blank_is_value,
        identifiers=identifiers,
    )


def check_columns(mapping: Mapping, columns: object) -> None:
    """Raise `InputError` for the first column that the mapping reads and the file lacks."""
    assert isinstance(columns, list | tuple)
    for column, what in mapping.columns_used().items():
        if column not in columns:
            known, hint = ", ".join(map(repr, columns)), nearest(column, columns)
            raise InputError(
                f"the mapping {mapping.name} reads {what} from the column {column!r}, which the "
                f"file does not have{hint if 'mean' in hint else ''}; its columns are {known}"
            )


def _check_keys(mapping: Mapping, chunk: JsonRows) -> None:
    """The same for rows that name their keys themselves, by the first of them."""
    if mapping.format == "segment" or mapping.time is None or not chunk.rows:
        return
    found = JsonChunk(chunk)
    needed = {mapping.time.column: "time"} | ({mapping.event: "event"} if mapping.event else {})
    for column, what in needed.items():
        if not any(found.texts(column)):
            keys = sorted({key for row in chunk.rows[:1_000] for key in row})
            raise InputError(
                f"the mapping {mapping.name} reads {what} from the key {column!r}, which none of "
                f"the first rows has{nearest(column, keys)}"
            )
