"""The one way in which stored facts are written again: slice by slice into a new sorted table.

Compaction, new hot columns and erasure are the same walk. Until the last moment every query reads
the old tables; then one transaction puts the new one in their place. A walk that is cut short
leaves nothing but a table that the next start drops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

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
) -> None:
    """Write all facts that fulfil the condition ``kept`` into a new base with more hot columns."""
    hot = hot_columns(connection)
    rows_of(connection, "DROP TABLE IF EXISTS base_next")
    facts_table(connection, "base_next", hot | new_hot)
    total = number_of(connection, "SELECT count(*) FROM facts")
    done = 0
    for low, high, count in _slices(connection, max_rows):
        slice_ = f"(SELECT * FROM facts WHERE who BETWEEN {low} AND {high} AND {kept})"
        rows_of(
            connection,
            f"INSERT INTO base_next BY NAME FROM ({split(slice_, new_hot)}) ORDER BY {ORDER}",
        )
        done += count
        if progress is not None:
            progress(done, total)
    _take_over(connection, hot | new_hot, new_hot)


def _slices(connection: Connection, max_rows: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of subject numbers with about ``max_rows`` facts each; a single one may have more."""
    yield from rows_of(
        connection,
        f"""
        SELECT min(who), max(who), sum(facts)::BIGINT FROM (
            SELECT who, facts, sum(facts) OVER (ORDER BY who) - facts AS before
            FROM (SELECT who, count(*) AS facts FROM facts GROUP BY who))
        GROUP BY before // {max_rows} ORDER BY 1
        """,
    )


def _take_over(connection: Connection, hot: dict[Path, int], new_hot: dict[Path, int]) -> None:
    rows_of(connection, "BEGIN")
    try:
        rows_of(connection, "DROP VIEW facts")
        rows_of(connection, "DROP TABLE base")
        rows_of(connection, "ALTER TABLE base_next RENAME TO base")
        rows_of(connection, "DROP TABLE tail")
        facts_table(connection, "tail", hot)
        for path, number in new_hot.items():
            written = json.dumps(path, ensure_ascii=False)
            rows_of(connection, "INSERT INTO hot VALUES (?, ?)", [number, written])
        facts_view(connection)
        rows_of(connection, "COMMIT")
    except BaseException:
        rows_of(connection, "ROLLBACK")
        raise
    rows_of(connection, "CHECKPOINT")
