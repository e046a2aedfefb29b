"""An event file into the history, as one numbered batch, with an account of every row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from tailorbird.events.columns import FactColumns
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.table import Reject
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan
from tailorbird.flow.cycles import no_search_for_cycles
from tailorbird.flow.mapped_rows import MappedRows, mapped_rows
from tailorbird.ports.files import RowFile
from tailorbird.ports.history import History

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
    read_before: bool = False
    """Whether a query had nothing behind what it was read up to; some of that is read again."""

    @property
    def is_unreadable(self) -> bool:
        """Whether there were rows, and all of them were rejected."""
        return bool(self.rejected) and not self.accepted and not self.duplicates


class Rejects:
    """Writes down rejected rows, one JSON object a line; no row, no file."""

    def __init__(self, path: Path, most_bytes: int | None = None) -> None:
        """``most_bytes``: the file goes on, until it has so many; then it is `put_by`."""
        self._path = path
        self._most_bytes = most_bytes
        self._stream: BinaryIO | None = None
        self.count = 0
        self._reasons: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, reject: Reject) -> None:
        """Write one row down."""
        self.count += 1
        kind = reject.reason.split(":")[0].split(" '")[0].strip()
        if kind in self._reasons or len(self._reasons) < REASONS:
            self._reasons[kind] += 1
        written = reject._replace(raw=reject.raw[:RAW_CHARACTERS])._asdict()
        line = json.dumps(written, ensure_ascii=False) + "\n"
        self._opened().write(line.encode(errors="backslashreplace"))

    def _opened(self) -> BinaryIO:
        if self._stream is not None and self._is_full(self._stream):
            self._stream.close()
            self._path.replace(put_by(self._path))
            self._stream = None
        if self._stream is None:
            self._stream = self._path.open("wb" if self._most_bytes is None else "ab")
            return self._opened()  # what was there before may be full
        return self._stream

    def _is_full(self, stream: BinaryIO) -> bool:
        return self._most_bytes is not None and stream.tell() >= self._most_bytes

    def reasons(self) -> dict[str, int]:
        """The reasons and how often each was given, the most frequent first."""
        return dict(self._reasons.most_common())


def put_by(path: Path) -> Path:
    """Where a full file of rejected rows lies until the next one is full.

    >>> put_by(Path("web.jsonl")).name
    'web.before.jsonl'
    """
    return path.with_suffix(f".before{path.suffix}")


def import_file(
    history: History,
    rows: RowFile,
    *,
    now_us: int,
    rejects_path: Path,
    progress: Progress | None = None,
    identifiers: Identifiers = USUAL,
    plan: TrackingPlan = NO_PLAN,
    looks_at_keys: bool = True,
    rejects_bytes: int | None = None,
) -> ImportReport:
    """Import a file that was opened with its mapping, and close it.

    What is already there changes nothing. What does not fit the tracking ``plan`` is rejected
    where the plan would reject it or keep it aside: the file of rejected rows has it.

    Raises `InputError` when a column that the mapping needs is missing, also where none of the
    first rows has a key, if ``looks_at_keys``. Then, and whenever reading
    fails, nothing of the file is stored. With ``rejects_bytes`` the file of rejected rows is one
    of many imports, see `Rejects`.
    """
    with closing(rows):
        parts = mapped_rows(
            rows, now_us=now_us, identifiers=identifiers, plan=plan, looks_at_keys=looks_at_keys
        )
        return import_mapped(history, parts, Rejects(rejects_path, rejects_bytes), progress)


def import_mapped(
    history: History, parts: Iterable[MappedRows], rejects: Rejects, progress: Progress | None
) -> ImportReport:
    """Store what the rows of a file were mapped to, and account for all of them."""
    read = skipped = 0
    with rejects, no_search_for_cycles():

        def facts() -> Iterator[FactColumns]:
            nonlocal read, skipped
            for part in parts:
                read += part.rows
                skipped += part.skipped
                for reject in part.rejects:
                    rejects.add(reject)
                yield part.columns
                if progress is not None and part.progress is not None:
                    progress(*part.progress)

        appended = history.append_columns(facts())
        return ImportReport(
            read,
            appended.accepted,
            appended.duplicates,
            rejects.count,
            skipped,
            rejects.reasons(),
            appended.first_position,
        )
