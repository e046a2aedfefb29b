"""What a stream has now into the history, and the place behind it noted when all is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan
from tailorbird.flow.imports import ImportReport, Progress, import_file
from tailorbird.kernel import limits
from tailorbird.ports.files import RowFile
from tailorbird.ports.history import History
from tailorbird.ports.sources import Mark, Marks, ReadMark


class StreamedRows(RowFile, Protocol):
    """The rows of a stream."""

    @property
    def place(self) -> str:
        """Behind what was read."""


def place_of(marks: Marks, key: str, end_position: int) -> str | None:
    """Where to open a stream; None is at the beginning.

    A place of a log that was longer than this one is not believed.
    """
    found = marks.find_mark(key)
    return None if found is None or found.position > end_position else found.mark.text


def take_in(
    history: History,
    rows: StreamedRows,
    marks: Marks,
    key: str | None,
    *,
    now_us: int,
    rejects_path: Path,
    progress: Progress | None = None,
    identifiers: Identifiers = USUAL,
    plan: TrackingPlan = NO_PLAN,
) -> ImportReport:
    """Import what a stream has, and close it; without a key it is not noted how far it was read."""
    before = rows.place
    report = import_file(
        history,
        rows,
        now_us=now_us,
        rejects_path=rejects_path,
        progress=progress,
        identifiers=identifiers,
        plan=plan,
        looks_at_keys=False,  # a few records may all be bad
        rejects_bytes=limits.FOLLOWED_REJECT_BYTES,
    )
    if key is not None and rows.place != before:
        marks.put_mark(key, ReadMark(Mark("text", rows.place), history.end_position, now_us))
    return report
