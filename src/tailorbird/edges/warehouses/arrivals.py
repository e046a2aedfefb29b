"""How a batch comes in: staged, freed of duplicates, numbered, and stored in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from tailorbird.edges.arrow_stream import ArrowStream, Cells, Form
from tailorbird.edges.interrupts import interrupts_held
from tailorbird.edges.warehouses.hot_properties import Path, split
from tailorbird.edges.warehouses.layout import Connection, number_of, rows_of
from tailorbird.events.columns import FactColumns
from tailorbird.ports.history import Appended
from tailorbird.ports.log import PackedChunk

_STAGED: Final = {
    "subject": "VARCHAR",
    "time_us": "BIGINT",
    "id": "VARCHAR",
    "name": "VARCHAR",
    "act": "BOOLEAN",
    "active": "BOOLEAN",
    "source": "VARCHAR",
    "known_us": "BIGINT",
    "rest": "VARCHAR",
    "context": "VARCHAR",
    "position": "BIGINT",
}
_PACKED: Final[dict[str, Form]] = {
    name: "packed" if kind == "VARCHAR" else "number" for name, kind in _STAGED.items()
}
_KINDS: Final[dict[str, Any]] = {"BIGINT": np.int64, "BOOLEAN": np.bool_, "VARCHAR": object}

Arrived: TypeAlias = tuple[FactColumns, Sequence[int] | None] | PackedChunk

_IDS_AT_ONCE: Final = 8_000_000
"""Message ids that are compared in one pass, so that large batches need no more memory."""


def stage(connection: Connection, batch: Iterable[Arrived]) -> None:
    """Collect a batch, in the order of its arrival, beside the stored facts.

    Facts come with their positions; None where they get theirs when they are stored.
    """
    discard(connection)
    definitions = ", ".join(f"{name} {kind}" for name, kind in _STAGED.items())
    rows_of(connection, f"CREATE TEMP TABLE arriving ({definitions})")
    for arrived in batch:
        if isinstance(arrived, PackedChunk):
            _add_packed(connection, arrived)
        elif arrived[0].length:
            _add(connection, *arrived)


def discard(connection: Connection) -> None:
    """Forget what was staged."""
    rows_of(connection, "DROP TABLE IF EXISTS arriving")


def _add(connection: Connection, columns: FactColumns, positions: Sequence[int] | None) -> None:
    arrays: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    numbered = (*columns, [None] * columns.length if positions is None else positions)
    for (name, kind), column in zip(_STAGED.items(), numbered, strict=True):
        if column.count(column[0]) == len(column):
            constants[name] = column[0]
        else:
            arrays[name] = np.array(column, dtype=_KINDS[kind])
    arrays["place"] = np.arange(columns.length)
    selected = ", ".join(f"${name}" if name in constants else name for name in _STAGED)
    connection.register("arrived", arrays)
    rows_of(connection, f"INSERT INTO arriving SELECT {selected} FROM arrived", constants)
    connection.unregister("arrived")


def _add_packed(connection: Connection, arrived: PackedChunk) -> None:
    numbered: tuple[Cells, ...] = (*arrived.columns, arrived.positions)
    stream = ArrowStream(_PACKED, iter([dict(zip(_STAGED, numbered, strict=True))]))
    connection.register("arrived", stream)
    with interrupts_held():  # the engine calls back into Python meanwhile
        rows_of(connection, "INSERT INTO arriving SELECT * FROM arrived")
    connection.unregister("arrived")


def store(connection: Connection, hot: dict[Path, int]) -> Appended:
    """Move what is staged into the recent facts; the caller's transaction encloses it.

    Positions are consecutive in the order of arrival, starting at the end position.
    """
    staged = number_of(connection, "SELECT count(*) FROM arriving")
    end = number_of(connection, "SELECT end_position FROM meta")
    passes = 1 + staged // _IDS_AT_ONCE
    parts = [f"hash(id) % {passes} = {part}" for part in range(passes)] if passes > 1 else ["true"]
    for part in parts:
        _settle_repeats(connection, part)
    for part in parts if end else []:
        _drop_known(connection, part)
    accepted = number_of(connection, "SELECT count(*) FROM arriving")
    # Without an order of its own, row_number counts in the order of insertion.
    _take_in(connection, hot, f"row_number() OVER () - 1 + {end}", end + accepted)
    return Appended(accepted, staged - accepted, end)


def store_logged(connection: Connection, hot: dict[Path, int], next_position: int) -> None:
    """Move what is staged, with its positions from the log, into the recent facts.

    The log has seen to it that no message id is there twice.
    """
    _take_in(connection, hot, "position", next_position)


def _take_in(connection: Connection, hot: dict[Path, int], position: str, end: int) -> None:
    first = number_of(connection, "SELECT end_position FROM meta")
    accepted = number_of(connection, "SELECT count(*) FROM arriving")
    _number_subjects(connection)
    _insert(connection, hot, position)
    rows_of(connection, "UPDATE meta SET end_position = ?", [end])
    rows_of(
        connection,
        "INSERT INTO batches SELECT coalesce(max(batch), 0) + 1, ?, ?, 0 FROM batches",
        [first, accepted],
    )


def _settle_repeats(connection: Connection, of_part: str) -> None:
    rows_of(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT rowid AS place, row_number() OVER (PARTITION BY id ORDER BY rowid) - 1 AS ordinal
        FROM arriving WHERE id IN (
            SELECT id FROM arriving WHERE {of_part} GROUP BY id HAVING count(*) > 1)
        """,
    )
    if number_of(connection, "SELECT count(*) FROM repeated"):
        again = "repeated WHERE arriving.rowid = place AND ordinal > 0"
        rows_of(connection, f"DELETE FROM arriving USING {again}")
    rows_of(connection, "DROP TABLE repeated")


def _drop_known(connection: Connection, of_part: str) -> None:
    rows_of(
        connection,
        f"""
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT DISTINCT id FROM facts JOIN arriving USING (id) WHERE {of_part}
        """,
    )
    if number_of(connection, "SELECT count(*) FROM known"):
        rows_of(connection, "DELETE FROM arriving USING known WHERE arriving.id = known.id")
    rows_of(connection, "DROP TABLE known")


def _number_subjects(connection: Connection) -> None:
    """Give each new subject the next number, in the order of their texts."""
    rows_of(
        connection,
        """
        INSERT INTO subjects
        SELECT (SELECT max(who) FROM subjects) + row_number() OVER (ORDER BY subject), subject
        FROM (SELECT DISTINCT subject FROM arriving ANTI JOIN subjects USING (subject))
        """,
    )


def _insert(connection: Connection, hot: dict[Path, int], position: str) -> None:
    numbered = f"""
        (SELECT who, arriving.* FROM (
            SELECT * REPLACE ({position} AS position) FROM arriving) AS arriving
        JOIN subjects USING (subject))
    """
    rows_of(
        connection,
        f"INSERT INTO tail BY NAME SELECT * EXCLUDE (subject) FROM ({split(numbered, hot)})",
    )
