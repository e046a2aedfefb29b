"""SQLite files as a source: ``sqlite:///shop.db``, opened for reading alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw
from apsw.ext import query_info

from tailorbird.edges.databases.selecting import around, check_cursor
from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError
from tailorbird.ports.sources import Answered, Mark, ReadOn

BATCH_ROWS: Final = 5_000
_WAIT_MS: Final = 10_000


class SqliteDatabase:
    """One file."""

    def __init__(self, address: Address) -> None:
        """Connect when it is asked; raises `InputError` where there is no such file."""
        self._address = address
        self._path = Path(address.path)

    @contextmanager
    def ask(self, sql: str, on: ReadOn | None) -> Iterator[Answered]:
        """See `Database`: all of it as it was when it began to be read."""
        if not self._path.is_file():
            raise InputError(f"there is no file {self._path}")
        try:
            connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                connection.set_busy_timeout(_WAIT_MS)
                described = query_info(connection, around(sql)).description
                columns = [str(column[0]) for column in described]
                check_cursor(on, columns)
                given = () if on is None or on.least is None else (_bound(on.least),)
                yield _SqliteAnswer(columns, connection.execute(around(sql, on=on), given))
            finally:
                connection.close(True)
        except apsw.Error as error:
            raise InputError(f"{self._address.shown} cannot answer: {error}") from error


class _SqliteAnswer:
    def __init__(self, columns: Sequence[str], cursor: apsw.Cursor) -> None:
        self.columns = columns
        self._cursor = cursor

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """See `Answered`."""
        while rows := list(islice(self._cursor, BATCH_ROWS)):
            yield rows


def _bound(mark: Mark) -> int | float | str:
    """SQLite compares numbers with numbers and texts with texts."""
    if mark.kind == "text":
        return mark.text
    return int(mark.text) if mark.text.lstrip("-").isdigit() else float(mark.text)
