"""A history of clicks made in the engine itself, sorted, with merged people and a recent tail."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tailorbird.edges.warehouses import layout
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.edges.warehouses.hot_properties import column_definitions
from tailorbird.kernel.instants import DAY, MINUTE, SECOND

DAYS = 180
END_US = 1_735_689_600 * SECOND
START_US = END_US - DAYS * DAY
HOT = {("price",): 1, ("product_id",): 2}
NAMES = (
    *(("Product Viewed", 55), ("Page Viewed", 18), ("Product Added", 6), ("Checkout Started", 3)),
    *(("Order Completed", 2), ("Product Searched", 8), ("Banner Clicked", 3), ("Signed In", 2)),
    *(("Product Removed", 2), ("Wishlist Viewed", 1)),
)
CHUNK_ROWS = 5_000_000


def fill(history: DuckDbHistory, rows: int, *, merged: float = 0.0, tail: float = 0.0) -> None:
    """Put so many facts into an empty history, a share of them unsorted, of merged people some."""
    connection = history._connection
    people = max(rows // 54, 10)
    for table in ("base", "tail"):
        connection.execute(f"DROP TABLE {table}")
        layout.facts_table(connection, table, HOT)
    connection.execute("INSERT INTO hot VALUES (1, '[\"price\"]'), (2, '[\"product_id\"]')")
    connection.execute("CREATE TABLE drawn (who BIGINT, time_us BIGINT, kind UTINYINT)")
    chance = np.random.default_rng(7)
    left = rows
    while left:
        left -= _draw(history, chance, people, min(left, CHUNK_ROWS))
    _store(history, people, rows, tail)
    if merged:
        _link(history, people, int(people * merged))
    connection.execute("DROP TABLE drawn")
    layout.facts_view(connection)
    connection.execute("CHECKPOINT")


def _draw(history: DuckDbHistory, chance: np.random.Generator, people: int, rows: int) -> int:
    """Visits of about eight clicks; a few people come very often."""
    visits = rows // 8 + 1
    who = 1 + (people * chance.random(visits) ** 3).astype(np.int64)
    start = START_US + (chance.random(visits) * DAYS * DAY).astype(np.int64)
    visit = np.sort(chance.integers(0, visits, rows))
    pauses = chance.exponential(2 * MINUTE, rows).astype(np.int64)
    since = np.cumsum(pauses)
    first = np.searchsorted(visit, visit)
    time = start[visit] + since - since[first]
    shares = np.cumsum([share for _, share in NAMES]) / 100
    kind = np.searchsorted(shares, chance.random(rows)).astype(np.uint8)
    columns = {"who": who[visit], "time_us": np.minimum(time, END_US - 1), "kind": kind}
    history.define_table("part", columns)
    history._connection.execute("INSERT INTO drawn SELECT who, time_us, kind FROM part")
    history._connection.execute("DROP TABLE part")
    return rows


def _store(history: DuckDbHistory, people: int, rows: int, tail: float) -> None:
    connection = history._connection
    names = ", ".join(f"'{name}'" for name, _ in NAMES)
    columns = ", ".join(definition.split()[0] for definition in column_definitions(HOT.values()))
    recent = int(rows * (1 - tail))
    order = "INSERT INTO {} BY NAME SELECT * FROM numbered WHERE position {} {} {}"
    connection.execute(
        f"""CREATE TEMP VIEW numbered AS
        SELECT who, time_us, 'm' || position AS id, [{names}][kind + 1] AS name, true AS act,
            kind % 3 < 2 AS active, 'web' AS source, position, time_us AS known_us,
            CASE WHEN position % 4 = 0 THEN '{{"campaign":"spring"}}' END AS rest,
            NULL::VARCHAR AS context,
            CASE WHEN kind IN (0, 2, 4) THEN (hash(position) % 20000)::BIGINT * 10000 END AS n_1,
            NULL::VARCHAR AS t_1, NULL::BOOLEAN AS b_1, NULL::BIGINT AS n_2,
            CASE WHEN kind IN (0, 2) THEN 'p' || hash(position, 1) % 5000 END AS t_2,
            NULL::BOOLEAN AS b_2
        FROM (SELECT *, rowid AS position FROM drawn)"""
    )
    assert columns
    step = people // max(rows // CHUNK_ROWS, 1) + 1
    for first in range(0, people + 2, step):
        span = f"AND who BETWEEN {first} AND {first + step - 1} ORDER BY who, time_us, id"
        connection.execute(order.format("base", "<", recent, span))
    connection.execute(order.format("tail", ">=", recent, ""))
    connection.execute("DROP VIEW numbered")
    connection.execute(
        f"INSERT INTO subjects SELECT who, 'u' || who FROM range(1, {people + 2}) t(who)"
    )
    connection.execute(f"UPDATE meta SET end_position = {rows}")


def _link(history: DuckDbHistory, people: int, count: int) -> None:
    """Pairs of people who are one, all over the range."""
    history._connection.execute(
        f"""INSERT INTO tail BY NAME
        SELECT 1 + i * {people // count} AS who, {START_US} AS time_us, 'l' || i AS id,
            '$merge' AS name, false AS act, true AS active, 'web' AS source, {START_US} AS known_us,
            (SELECT end_position FROM meta) + i AS position,
            '{{"other":"u' || (2 + i * {people // count}) || '"}}' AS rest
        FROM range(0, {count}) t(i)"""
    )
    history._connection.execute(f"UPDATE meta SET end_position = end_position + {count}")


def history_of(path: Path | None, rows: int, **shares: float) -> DuckDbHistory:
    """An opened history with so many facts; a file that is there is taken as it is."""
    there = path is not None and path.exists()
    history = DuckDbHistory(path)
    if not there:
        fill(history, rows, **shares)
    return history
