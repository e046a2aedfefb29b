"""Chunks of Segment messages to facts."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.envelope import RefusedError, row_of_message
from tailorbird.events.rows import Mapped
from tailorbird.events.table import Rows
from tailorbird.events.times import TimeForm, TimeReader


class MessageMapper:
    """Turns messages into facts; stands where a `RowMapper` stands for tables."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._times = TimeReader(TimeForm())

    def facts(self, rows: Rows) -> Mapped:
        """The facts of a chunk; a message without an id gets a hash of its line."""
        found: list[tuple[Any, ...]] = []
        places: list[int] = []
        refused: dict[int, str] = {}
        self._times.forget_if_large()
        for place, message in enumerate(rows.rows):
            assert isinstance(message, dict)
            try:
                row = row_of_message(message, self._source, self._times)
            except RefusedError as reason:
                refused[place] = str(reason)
                continue
            found.append(row if row[2] else (*row[:2], self._hash(rows.raw(place)), *row[3:]))
            places.append(place)
        return Mapped(columns_from_rows(found), places, refused, 0)

    def order_facts(self) -> FactColumns:
        """No messages wait for others."""
        return columns_from_rows([])

    def _hash(self, line: str) -> str:
        said = f"{self._source}\x1e{line.strip()}"
        return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
