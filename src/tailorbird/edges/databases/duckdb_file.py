"""DuckDB files as a source: ``duckdb:///shop.duckdb``, opened for reading alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from tailorbird.edges.databases.selecting import around, check_cursor, quoted
from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError
from tailorbird.ports.sources import Answered, ReadOn

BATCH_ROWS: Final = 5_000
_MEMORY: Final = ":memory:"
_CONFIG: Final[dict[str, Any]] = {
    "threads": 1,
    "memory_limit": "1GB",
    "autoinstall_known_extensions": False,
}
_WRITTEN: Final = ("DATE", "TIME", "INTERVAL", "UUID")
"""Types that are read as text, because Python has no exact place for all of their values."""


class DuckDbDatabase:
    """One file, or none with ``duckdb:///:memory:``, for queries that read other files."""

    def __init__(self, address: Address) -> None:
        """Connect when it is asked."""
        self._address = address

    @contextmanager
    def ask(self, sql: str, on: ReadOn | None) -> Iterator[Answered]:
        """See `Database`."""
        path = self._address.path
        if path != _MEMORY and not Path(path).is_file():
            raise InputError(f"there is no file {path}")
        try:
            with duckdb.connect(path, read_only=path != _MEMORY, config=_CONFIG) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                described = connection.execute(f"DESCRIBE {around(sql)}").fetchall()
                types = {str(row[0]): str(row[1]) for row in described}
                selected = ", ".join(_selected(*column) for column in types.items())
                check_cursor(on, list(types))
                placed = "?" if on is None else f"CAST(? AS {types[on.column]})"
                given = [] if on is None or on.least is None else [on.least.text]
                found = connection.execute(around(sql, selected, on, placed), given)
                yield _DuckDbAnswer(list(types), found)
        except duckdb.Error as error:
            said = str(error).partition("\n")[0]
            raise InputError(f"{self._address.shown} cannot answer: {said}") from error


def _selected(name: str, kind: str) -> str:
    column = f"asked.{quoted(name)}"
    if kind.startswith(_WRITTEN) and not kind.endswith("]"):
        return f"CAST({column} AS VARCHAR) AS {quoted(name)}"
    return column


class _DuckDbAnswer:
    def __init__(self, columns: Sequence[str], found: duckdb.DuckDBPyConnection) -> None:
        self.columns = columns
        self._found = found

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """See `Answered`."""
        while rows := self._found.fetchmany(BATCH_ROWS):
            yield rows
