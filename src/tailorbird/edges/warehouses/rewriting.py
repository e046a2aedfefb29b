"""The one way in which stored facts are written again: slice by slice into a new sorted table.

Compaction, new hot columns and erasure are the same walk. Until the last moment every query reads
the old tables; then one transaction puts the new one in their place. What arrives meanwhile stays
among the recent facts. A walk that is cut short leaves nothing but a table that the next start
drops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

import duckdb

from tailorbird.edges.warehouses.hot_properties import Path, split
from tailorbird.edges.warehouses.layout import (
    ORDER,
    Connection,
    facts_table,
    facts_view,
    hot_columns,
    number_of,
    rows_of,
)

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


def rewrite(
    connection: Connection,
    *,
    max_rows: int,
    new_hot: dict[Path, int],
    kept: str,
    progress: Progress | None,
    changing: AbstractContextManager[object],
) -> None:
    """Write all facts that fulfil the condition ``kept`` into a new base with more hot columns.

    ``changing`` is held while tables change places; whoever appends has to hold it too.
    """
    with changing:
        hot = hot_columns(connection)
        end = number_of(connection, "SELECT end_position FROM meta")
        rows_of(connection, "DROP TABLE IF EXISTS base_next")
        facts_table(connection, "base_next", hot | new_hot)
    walked = f"position < {end}"
    total = number_of(connection, f"SELECT count(*) FROM facts WHERE {walked}")
    done = 0
    for low, high, count in _slices(connection, max_rows, walked):
        here = f"who BETWEEN {low} AND {high} AND {walked} AND {kept}"
        slice_ = f"(SELECT * FROM facts WHERE {here})"
        rows_of(
            connection,
            f"INSERT INTO base_next BY NAME FROM ({split(slice_, new_hot)}) ORDER BY {ORDER}",
        )
        done += count
        if progress is not None:
            progress(done, total)
    since = f"(SELECT * FROM tail WHERE NOT ({walked}) AND {kept})"
    with changing:
        _take_over(connection, hot | new_hot, new_hot, since)


def _slices(connection: Connection, max_rows: int, walked: str) -> Iterator[tuple[int, int, int]]:
    """Ranges of subject numbers with about ``max_rows`` facts each; a single one may have more."""
    yield from rows_of(
        connection,
        f"""
        SELECT min(who), max(who), sum(facts)::BIGINT FROM (
            SELECT who, facts, sum(facts) OVER (ORDER BY who) - facts AS before
            FROM (SELECT who, count(*) AS facts FROM facts WHERE {walked} GROUP BY who))
        GROUP BY before // {max_rows} ORDER BY 1
        """,
    )


def _take_over(
    connection: Connection, hot: dict[Path, int], new_hot: dict[Path, int], since: str
) -> None:
    """``since``: the facts that came after the walk had begun."""
    rows_of(connection, "BEGIN")
    try:
        facts_table(connection, "tail_next", hot)
        rows_of(connection, f"INSERT INTO tail_next BY NAME FROM ({split(since, new_hot)})")
        rows_of(connection, "DROP VIEW facts")
        rows_of(connection, "DROP TABLE base")
        rows_of(connection, "ALTER TABLE base_next RENAME TO base")
        rows_of(connection, "DROP TABLE tail")
        rows_of(connection, "ALTER TABLE tail_next RENAME TO tail")
        for path, number in new_hot.items():
            written = json.dumps(path, ensure_ascii=False)
            rows_of(connection, "INSERT INTO hot VALUES (?, ?)", [number, written])
        facts_view(connection)
        rows_of(connection, "COMMIT")
    except BaseException:
        rows_of(connection, "ROLLBACK")
        raise
    with suppress(duckdb.TransactionException):  # who still reads the old tables needs them
        rows_of(connection, "CHECKPOINT")
