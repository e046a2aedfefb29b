"""The tables of a history file, and what stands in them beside the facts.

``docs/decisions/0001-history-layout.md`` says why they are as they are.
"""

from __future__ import annotations

import json
from typing import Any, Final

import duckdb

from tailorbird.edges.warehouses.hot_properties import Path, column_definitions
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import WORKSPACE

LAYOUT: Final = 1
"""The version of the tables; a file with another one is refused."""

WORKSPACE_NUMBER: Final = 0
"""The subject number of facts about everybody."""

COLUMNS: Final = {
    "who": "BIGINT",
    "time_us": "BIGINT",
    "id": "VARCHAR",
    "name": "VARCHAR",
    "act": "BOOLEAN",
    "active": "BOOLEAN",
    "source": "VARCHAR",
    "position": "BIGINT",
    "known_us": "BIGINT",
    "rest": "VARCHAR",
    "context": "VARCHAR",
}
ORDER: Final = "who, time_us, id"
"""What ``base`` is sorted by."""

Connection = duckdb.DuckDBPyConnection


def position_in(path: str) -> int:
    """How far a history's file is, without changing it; raises the engine's errors."""
    with duckdb.connect(path, read_only=True) as connection:
        return number_of(connection, "SELECT end_position FROM meta")


def made_again(file: object) -> str:
    """What to do about a file that cannot be used."""
    return f"where the log beside it is whole it is made again when it is removed: rm {file}"


def rows_of(connection: Connection, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
    """Run a statement to its end; an unfinished result would block the next one."""
    return connection.execute(sql, parameters).fetchall()


def number_of(connection: Connection, sql: str, parameters: object = None) -> int:
    """The only value of a query, an integer; 0 for null."""
    value = rows_of(connection, sql, parameters)[0][0]
    assert value is None or isinstance(value, int)
    return value or 0


def facts_table(connection: Connection, name: str, hot: dict[Path, int]) -> None:
    """Make an empty table for facts with the columns of some hot properties."""
    definitions = [f"{column} {kind}" for column, kind in COLUMNS.items()]
    definitions += column_definitions(hot.values())
    rows_of(connection, f"CREATE TABLE {name} ({', '.join(definitions)})")


def facts_view(connection: Connection) -> None:
    """Let ``facts`` be the sorted and the recent facts together."""
    rows_of(
        connection,
        "CREATE OR REPLACE VIEW facts AS SELECT * FROM base UNION ALL SELECT * FROM tail",
    )


def prepare(connection: Connection, file: str) -> None:
    """Make the tables in an empty file; refuse a file that holds something else."""
    there = {row[0] for row in rows_of(connection, "SELECT table_name FROM duckdb_tables()")}
    if not there:
        _create(connection)
        return
    if "meta" not in there or number_of(connection, "SELECT layout FROM meta") != LAYOUT:
        raise InputError(f"{file} is not a history of this version; {made_again(file)}")
    rows_of(connection, "DROP TABLE IF EXISTS base_next")  # a rewrite that was cut short


def _create(connection: Connection) -> None:
    rows_of(connection, "BEGIN")
    facts_table(connection, "base", {})
    facts_table(connection, "tail", {})
    facts_view(connection)
    rows_of(connection, "CREATE TABLE subjects (who BIGINT, subject VARCHAR)")
    rows_of(connection, "INSERT INTO subjects VALUES (?, ?)", [WORKSPACE_NUMBER, WORKSPACE])
    rows_of(connection, "CREATE TABLE hot (column_no INTEGER, path VARCHAR)")
    rows_of(connection, "CREATE TABLE meta (layout INTEGER, end_position BIGINT)")
    rows_of(connection, "INSERT INTO meta VALUES (?, 0)", [LAYOUT])
    rows_of(
        connection,
        "CREATE TABLE batches (batch BIGINT, first_position BIGINT, accepted BIGINT, "
        "duplicates BIGINT)",
    )
    rows_of(connection, "COMMIT")


def hot_columns(connection: Connection) -> dict[Path, int]:
    """The hot properties and the numbers of their columns, in the order of the columns."""
    rows = rows_of(connection, "SELECT path, column_no FROM hot ORDER BY column_no")
    return {tuple(json.loads(path)): number for path, number in rows}
