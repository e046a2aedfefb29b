"""PostgreSQL as a source: ``postgresql://user:${PASSWORD}@host/shop``, read in one transaction.

The rows come through a cursor of the server, so that memory holds some of them at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from tailorbird.edges.databases.selecting import around, check_cursor
from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError
from tailorbird.ports.sources import Answered, ReadOn

BATCH_ROWS: Final = 5_000
_CONNECT_S: Final = 15
_WRITTEN: Final = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")
"""Types that are read as text: PostgreSQL has times that Python has not, such as infinity."""


class PostgresqlDatabase:
    """One database of one server."""

    def __init__(self, address: Address) -> None:
        """Connect when it is asked; raises `InputError` where the driver is absent."""
        self._address = address
        try:
            self._driver: Any = import_module("psycopg")
        except ImportError as error:
            raise InputError(
                "PostgreSQL is read by the package psycopg: install tailorbird[postgres]"
            ) from error

    @contextmanager
    def ask(self, sql: str, on: ReadOn | None) -> Iterator[Answered]:
        """See `Database`: a snapshot that nobody else's changes get into."""
        driver = self._driver
        try:
            with driver.connect(
                self._address.text, connect_timeout=_CONNECT_S, application_name="tailorbird"
            ) as connection:
                connection.isolation_level = driver.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                connection.execute("SET TIME ZONE 'UTC'")
                connection.execute("SET DateStyle = 'ISO'")
                for name in _WRITTEN:
                    connection.adapters.register_loader(name, _as_text(driver))
                described = connection.execute(around(_escaped(sql)) + " LIMIT 0", ()).description
                check_cursor(on, [column.name for column in described or ()])
                placed = around(_escaped(sql), on=_escaped_on(on), placed="%s")
                given = () if on is None or on.least is None else (on.least.text,)
                with connection.cursor(name="tailorbird") as cursor:
                    cursor.itersize = BATCH_ROWS
                    cursor.execute(placed, given)
                    yield _PostgresqlAnswer(cursor)
        except driver.Error as error:
            said = self._address.hides(str(error).partition("\n")[0])
            raise InputError(f"{self._address.shown} cannot answer: {said}") from error


def _escaped(sql: str) -> str:
    """A percent sign in a query is one, and no place for a value."""
    return sql.replace("%", "%%")


def _escaped_on(on: ReadOn | None) -> ReadOn | None:
    return None if on is None else on._replace(column=_escaped(on.column))


def _as_text(driver: Any) -> Any:
    loader: Any = import_module(f"{driver.__name__}.types.string").TextLoader
    return loader


class _PostgresqlAnswer:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.columns: Sequence[str] = [column.name for column in cursor.description or ()]

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """See `Answered`."""
        while rows := self._cursor.fetchmany(BATCH_ROWS):
            yield rows
