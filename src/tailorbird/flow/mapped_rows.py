"""The rows of an event file as facts that may be stored, and what became of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tailorbird.events.chunks import JsonChunk
from tailorbird.events.columns import FactColumns
from tailorbird.events.identifiers import Identifiers
from tailorbird.events.judging import judged_columns
from tailorbird.events.mapping import Mapping
from tailorbird.events.messages import MessageMapper
from tailorbird.events.required_columns import check_columns
from tailorbird.events.rows import Mapped, RowMapper
from tailorbird.events.table import JsonRows, Reject, Rows
from tailorbird.events.tracking_plan import TrackingPlan
from tailorbird.flow.accept import admitted
from tailorbird.kernel.errors import InputError, nearest
from tailorbird.ports.files import RowFile


class MappedRows(NamedTuple):
    """Some rows of a file."""

    columns: FactColumns
    """Facts that break no limit, with the instants at which they were known."""
    rejects: list[Reject]
    rows: int
    """As many were read, rejected ones included."""
    skipped: int
    """So many a rule of the mapping leaves out."""
    progress: tuple[int, int] | None
    """How much of the file was read by then, and how much there is."""


def mapped_rows(
    rows: RowFile,
    *,
    now_us: int,
    identifiers: Identifiers,
    plan: TrackingPlan,
    looks_at_keys: bool,
) -> Iterator[MappedRows]:
    """Map a file from its beginning to its end; raises as `imports.import_file`."""
    if rows.columns:
        check_columns(rows.mapping, rows.columns)
    walk = _Walk(rows, now_us, identifiers, plan)
    is_first = True
    for chunk in rows.chunks(walk.unreadable):
        if looks_at_keys and isinstance(chunk, JsonRows) and is_first:
            _check_keys(rows.mapping, chunk)
        if chunk.rows:
            is_first = False
            yield walk.mapped(chunk)
    yield walk.orders()


class _Walk:
    """One pass over a file."""

    def __init__(
        self, rows: RowFile, now_us: int, identifiers: Identifiers, plan: TrackingPlan
    ) -> None:
        self._file = rows
        self._now_us = now_us
        self._plan = plan
        self._mapper = _mapper(rows, identifiers)
        self._unread: list[Reject] = []

    def unreadable(self, reject: Reject) -> None:
        """Keep what cannot even be taken apart for the next rows."""
        self._unread.append(reject)

    def mapped(self, chunk: Rows) -> MappedRows:
        """What becomes of some rows."""
        unread, self._unread = self._unread, []
        mapped = self._mapper.facts(chunk)
        refused = list(mapped.refused.items())
        mapped, unfit = self._judged(mapped)
        columns, broken = admitted(mapped.columns, self._now_us)
        refused += unfit
        refused += [(mapped.places[row], reason) for row, reason in broken.items()]
        rejects = [Reject(chunk.lines[row], reason, chunk.raw(row)) for row, reason in refused]
        count = len(unread) + len(chunk.rows)
        return MappedRows(columns, unread + rejects, count, mapped.skipped, self._file.progress())

    def _judged(self, mapped: Mapped) -> tuple[Mapped, list[tuple[int, str]]]:
        """The facts that fit the plan with their tags, and why the rows of others do not."""
        if not self._plan.is_there:
            return mapped, []
        columns, unfit, _ = judged_columns(mapped.columns, self._plan)
        places = [line for row, line in enumerate(mapped.places) if row not in unfit]
        left = mapped._replace(columns=columns.without(unfit.keys()), places=places)
        return left, [(mapped.places[row], reason) for row, reason in unfit.items()]

    def orders(self) -> MappedRows:
        """What came of rows that are lines of orders, and the last that could not be read."""
        unread, self._unread = self._unread, []
        orders, unfit, _ = judged_columns(self._mapper.order_facts(), self._plan)
        rejects = [Reject(0, reason, orders.id[row]) for row, reason in unfit.items()]
        orders = orders.without(unfit.keys())
        columns, broken = admitted(orders, self._now_us)
        rejects += [Reject(0, reason, orders.id[row]) for row, reason in broken.items()]
        return MappedRows(columns, unread + rejects, len(unread), 0, None)


def _mapper(rows: RowFile, identifiers: Identifiers) -> RowMapper | MessageMapper:
    if rows.mapping.holds_messages:
        mapping = rows.mapping
        return MessageMapper(mapping.source, identifiers, translate=mapping.translate)
    return RowMapper(
        rows.mapping,
        rows.columns,
        rows.kinds,
        blank=rows.blank_is_value,
        identifiers=identifiers,
    )


def _check_keys(mapping: Mapping, chunk: JsonRows) -> None:
    """The same for rows that name their keys themselves, by the first of them."""
    if mapping.holds_messages or mapping.time is None or not chunk.rows:
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
