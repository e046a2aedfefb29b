"""Chunks of Segment messages to facts."""

from __future__ import annotations

from typing import Any

from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.envelope import row_of_message
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.refusals import RefusedError
from tailorbird.events.repeats import Repeats, hash_of_row
from tailorbird.events.rows import Mapped
from tailorbird.events.table import JsonRows, Rows
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.events.vocabulary import translated


class MessageMapper:
    """Turns messages into facts; stands where a `RowMapper` stands for tables."""

    def __init__(
        self, source: str, identifiers: Identifiers = USUAL, *, translate: bool = True
    ) -> None:
        """``translate``: whether they get the names of the one vocabulary."""
        self._translate = translate
        self._source = source
        self._identifiers = identifiers
        self._times = TimeReader(TimeForm())
        self._repeats = Repeats()

    def facts(self, rows: Rows) -> Mapped:
        """The facts of a chunk; a message without an id gets a hash of its line."""
        found: list[tuple[Any, ...]] = []
        places: list[int] = []
        refused: dict[int, str] = {}
        self._times.forget_if_large()
        for place, message in enumerate(rows.rows):
            assert isinstance(message, dict) and isinstance(rows, JsonRows)
            said = translated(message) if self._translate else message
            try:
                row = row_of_message(said, self._source, self._times, self._identifiers)
            except RefusedError as reason:
                refused[place] = str(reason)
                continue
            if not row[2]:
                hashed = hash_of_row(self._source, rows.said(place))
                (id_,) = self._repeats.apart([hashed])
                row = (*row[:2], id_, *row[3:])
            found.append(row)
            places.append(place)
        return Mapped(columns_from_rows(found), places, refused, 0)

    def order_facts(self) -> FactColumns:
        """No messages wait for others."""
        return columns_from_rows([])
