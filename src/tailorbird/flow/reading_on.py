"""A query into the history, read on from where it was read to."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

from tailorbird.events.cursors import Overlap, number_before, text_before
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan
from tailorbird.flow.imports import ImportReport, Progress, import_file
from tailorbird.ports.files import RowFile
from tailorbird.ports.history import History
from tailorbird.ports.sources import Mark, Marks, ReadMark, ReadOn


class AskedRows(RowFile, Protocol):
    """The rows of a query."""

    @property
    def last(self) -> Mark | None:
        """The highest value so far of the column that is read on by."""


class Reading(NamedTuple):
    """What is asked, and how it is read on."""

    source: str
    """What tells the database from others: its address as it is written, without secrets."""
    sql: str
    cursor: str | None = None
    """The column that is read on by; None reads everything each time."""
    overlap: Overlap = Overlap()

    def key(self, mapping: str) -> str:
        """Under what its mark is kept: another question, or another mapping, begins anew."""
        said = "\x1f".join((self.source, self.sql.strip(), self.cursor or "", mapping))
        return "query:" + blake2b(said.encode(), digest_size=16).hexdigest()

    def least(self, mark: Mark) -> Mark:
        """From where to read when it was read up to a mark."""
        before = number_before if mark.kind == "number" else text_before
        return mark._replace(text=before(mark.text, self.overlap))


def import_query(
    history: History,
    ask: Callable[[ReadOn | None], AskedRows],
    reading: Reading,
    marks: Marks,
    *,
    mapping: str,
    now_us: int,
    rejects_path: Path,
    again: bool = False,
    progress: Progress | None = None,
    identifiers: Identifiers = USUAL,
    plan: TrackingPlan = NO_PLAN,
) -> ImportReport:
    """Import what a query answers; a fact that is there already changes nothing.

    The mark moves when everything up to it is stored. It stays where no row could be read: a
    mapping that is wrong passes over nothing. One of a log that was longer than this one is not
    believed, and ``again`` reads everything.
    """
    key = reading.key(mapping)
    on, before = None, None
    if reading.cursor is not None:
        found = None if again else marks.find_mark(key)
        if found is not None and found.position <= history.end_position:
            before = found.mark
        on = ReadOn(reading.cursor, None if before is None else reading.least(before))
    rows = ask(on)
    report = import_file(
        history,
        rows,
        now_us=now_us,
        rejects_path=rejects_path,
        progress=progress,
        identifiers=identifiers,
        plan=plan,
        looks_at_keys=False,  # columns were looked at, and a few rows may all be bad
    )
    if rows.last is not None and not report.is_unreadable:
        marks.put_mark(key, ReadMark(rows.last, history.end_position, now_us))
    return report._replace(read_before=before is not None and rows.last == before)
