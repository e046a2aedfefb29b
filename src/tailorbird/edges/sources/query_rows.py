"""The rows of a query, as files of rows are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from tailorbird.events.cells import Kind
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.refusals import RefusedError
from tailorbird.events.required_columns import check_columns
from tailorbird.events.sql_values import value_of
from tailorbird.events.table import JsonRows, Reject, Rows
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import MISSING, write_json
from tailorbird.ports.sources import Database, Mark, ReadOn


class QueryRows:
    """One answer of a database; its rows name their columns themselves."""

    blank_is_value = True
    columns: Sequence[str] = ()

    def __init__(
        self, database: Database, sql: str, mapping: RowMapping, on: ReadOn | None = None
    ) -> None:
        """Ask; raises `InputError` when it cannot answer, or not with what the mapping reads."""
        if mapping.holds_messages:
            raise InputError(
                f"the mapping {mapping.name} reads messages, and a query answers with rows: "
                "make a mapping that says which column is what"
            )
        self.mapping = mapping
        self.kinds: Mapping[str, Kind] = {}
        self._on = on
        self._done = 0
        self.last: Mark | None = None
        """The highest value so far of the column that is read on by."""
        self._stack = ExitStack()
        try:
            self._answer = self._stack.enter_context(database.ask(sql, on))
            self._names = list(self._answer.columns)
            self._check()
        except BaseException as error:
            if not self._stack.__exit__(type(error), error, error.__traceback__):
                raise

    def _check(self) -> None:
        twice = {name for name in self._names if self._names.count(name) > 1}
        if twice:
            raise InputError(f"the query gives more than one column {sorted(twice)[0]!r}")
        check_columns(self.mapping, self._names, "query")

    def close(self) -> None:
        """End the query and the connection."""
        self._stack.close()

    def progress(self) -> tuple[int, int]:
        """Rows read; nobody knows how many there are."""
        return self._done, self._done

    def chunks(self, refuse: Callable[[Reject], None]) -> Iterator[Rows]:
        """All rows but those with a value that no fact may have."""
        try:
            for batch in self._answer.batches():
                yield self._chunk(batch, refuse)
                if self._on is not None:
                    self.last = _mark(batch[-1][self._names.index(self._on.column)])
        except Exception as error:  # which the database tells in words of its own
            self._stack.__exit__(type(error), error, error.__traceback__)
            raise

    def _chunk(self, batch: Sequence[Sequence[Any]], refuse: Callable[[Reject], None]) -> JsonRows:
        rows: list[dict[str, Any]] = []
        numbers: list[int] = []
        for cells in batch:
            self._done += 1
            try:
                row = {
                    name: value
                    for name, cell in zip(self._names, cells, strict=True)
                    if (value := value_of(cell)) is not MISSING
                }
            except RefusedError as reason:
                refuse(Reject(self._done, str(reason), _shown(cells)))
            else:
                rows.append(row)
                numbers.append(self._done)
        return JsonRows(rows, numbers, lambda place: _raw(rows[place]))


def _raw(row: dict[str, Any]) -> str:
    """What a row says, whatever the order of its columns: the id of a fact may be made of it."""
    return write_json({name: row[name] for name in sorted(row)})


def _shown(cells: Sequence[Any]) -> str:
    return json.dumps([str(cell) for cell in cells])


def _mark(cell: Any) -> Mark:
    if isinstance(cell, bool | str | bytes):
        return Mark("text", str(cell))
    value = value_of(cell)
    if isinstance(value, str):
        return Mark("text", value)
    return Mark("number", repr(cell) if isinstance(cell, float) else str(cell))
