"""The prototype behind ``docs/decisions/0001-history-layout.md``: ways to lay facts out in DuckDB.

    python benchmarks/history_layout.py [ROWS]

Each line is one way to store the same facts; the columns are seconds of processor time, which a
busy machine disturbs least, of the best of some runs. Ratios between lines are what matters.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

DAY_US = 86_400_000_000
END_US = 20_000 * DAY_US
SINCE = END_US - 7 * DAY_US

FACTS = """
CREATE TABLE drawn AS SELECT
    1 + CAST(power(hash(range) % 1000003 / 1000003.0, 2) * {people} AS BIGINT) AS who,
    CAST({end} - hash(range + 1) % (180 * {day}) AS BIGINT) AS time_us,
    substr(md5(range::VARCHAR), 1, 24) AS id,
    ['Product Viewed', 'Product Added', 'Order Completed', 'Page Viewed'][
        1 + CASE hash(range + 2) % 20 WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 3
            ELSE 0 END] AS name,
    CAST(hash(range + 3) % 500 AS BIGINT) * 1000000 AS price,
    'p' || hash(range + 4) % 5000 AS product,
    range AS position
FROM range({rows})
"""
OTHERS = "name, true AS act, true AS active, 'web' AS source, position, time_us AS known_us"
REST = """'{"product_id":"' || product || '","price":' || price || ',"session":"' || id || '"}'"""


class Prototype:
    """Facts in a file of their own for each layout, and the time that questions take."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder = folder
        self._rows = rows
        self._source = folder / "drawn.duckdb"
        with duckdb.connect(str(self._source)) as connection:
            connection.execute(FACTS.format(rows=rows, people=rows // 50, end=END_US, day=DAY_US))

    def store(self, name: str, query: str) -> tuple[duckdb.DuckDBPyConnection, float, float]:
        """Make a table of a query; the connection, the seconds it took and the megabytes."""
        path = self._folder / f"{name}.duckdb"
        connection = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "3GB"})
        connection.execute(f"ATTACH '{self._source}' AS s (READ_ONLY)")
        began = time.process_time()
        connection.execute(f"CREATE TABLE facts AS {query}").fetchall()
        connection.execute("CHECKPOINT").fetchall()
        took = time.process_time() - began
        connection.execute("DETACH s")
        return connection, took, path.stat().st_size / 1e6


def best(ask: Callable[[], object], runs: int = 5) -> float:
    """Processor seconds of the quickest of some runs."""
    found = []
    for _ in range(runs):
        began = time.process_time()
        ask()
        found.append(time.process_time() - began)
    return min(found)


def line(what: str, *values: object) -> None:
    """A row of the table."""
    shown = (f"{value:.3f}" if isinstance(value, float) else str(value) for value in values)
    print("| " + " | ".join((what, *shown)) + " |", flush=True)


def asked(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    """Processor seconds that a question takes."""
    return best(lambda: connection.execute(sql).fetchall())


def subjects(prototype: Prototype) -> None:
    """The subject as text in each fact, or as a number with its text in a table."""
    text = "'customer-' || lpad(who::VARCHAR, 12, '0')"
    layouts = {
        "number": f"SELECT who, time_us, id, {OTHERS} FROM s.drawn ORDER BY who, time_us, id",
        "text": f"SELECT {text} AS who, time_us, id, {OTHERS} FROM s.drawn ORDER BY 1, 2, 3",
        "number, unsorted": f"SELECT who, time_us, id, {OTHERS} FROM s.drawn ORDER BY position",
        "number, 5 % unsorted": f"""
            (SELECT who, time_us, id, {OTHERS} FROM s.drawn WHERE position % 20 > 0
             ORDER BY who, time_us, id) UNION ALL
            (SELECT who, time_us, id, {OTHERS} FROM s.drawn WHERE position % 20 = 0)""",
    }
    print(
        "\n| subject | write s | MB | 3 in 7 days s | last seen s | buyers s | one person s "
        "| into arrays s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, query in layouts.items():
        connection, took, size = prototype.store(f"subject {name}", query)
        one = "'customer-000000000777'" if name == "text" else "777"
        line(
            name,
            took,
            size,
            asked(
                connection,
                f"SELECT count(*) FROM (SELECT who FROM facts WHERE name = 'Product Viewed' AND "
                f"time_us > {SINCE} GROUP BY who HAVING count(*) >= 3)",
            ),
            asked(
                connection,
                "SELECT count(*) FROM (SELECT who, max(time_us) AS t FROM facts WHERE act "
                f"GROUP BY who HAVING max(time_us) < {SINCE})",
            ),
            asked(
                connection,
                "SELECT count(*) FROM (SELECT DISTINCT who FROM facts "
                "WHERE name = 'Order Completed')",
            ),
            asked(connection, f"SELECT count(*), max(id) FROM facts WHERE who = {one}"),
            best(partial(_into_arrays, connection)),
        )
        connection.close()


def _into_arrays(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"SELECT who, time_us FROM facts WHERE name = 'Product Viewed' AND time_us > {SINCE}"
    ).fetchnumpy()


def rare_keys(prototype: Prototype) -> None:
    """One of 500 keys in each fact, as JSON text or as a variant."""
    text = "'{\"k' || hash(range) % 500 || '\": ' || range || '}'"
    layouts = {
        "JSON": f"SELECT {text} AS rest FROM range(1000000)",
        "variant": f"SELECT ({text})::JSON::VARIANT AS rest FROM range(1000000)",
    }
    print("\n| 500 rare keys, 1,000,000 facts | write s | MB |")
    print("|---|---|---|")
    for name, query in layouts.items():
        connection, took, size = prototype.store(f"rare {name}", query)
        line(name, took, size)
        connection.close()


def properties(prototype: Prototype) -> None:
    """Properties as typed columns, JSON text, map or variant."""
    key = "who, time_us, id, name"
    layouts = {
        "typed": f"SELECT {key}, price AS n_0, product AS t_1, "
        "'{\"session\":\"' || id || '\"}' AS rest FROM s.drawn",
        "JSON": f"SELECT {key}, {REST} AS rest FROM s.drawn",
        "map": f"SELECT {key}, MAP {{'product_id': product, 'price': price::VARCHAR, "
        "'session': id} AS rest FROM s.drawn",
        "variant": f"SELECT {key}, {{'product_id': product, 'price': price, 'session': id}}"
        "::VARIANT AS rest FROM s.drawn",
    }
    number = {
        "typed": "n_0",
        "JSON": "(rest->>'$.price')::BIGINT",
        "map": "rest['price']::BIGINT",
        "variant": "rest.price::BIGINT",
    }
    text = {
        "typed": "t_1",
        "JSON": "rest->>'$.product_id'",
        "map": "rest['product_id']",
        "variant": "rest.product_id::VARCHAR",
    }
    print("\n| properties | write s | MB | sum of a number s | count of a text s |")
    print("|---|---|---|---|---|")
    for name, query in layouts.items():
        connection, took, size = prototype.store(
            f"properties {name}", query + " ORDER BY who, time_us, id"
        )
        line(
            name,
            took,
            size,
            asked(connection, f"SELECT sum({number[name]}) FROM facts WHERE {number[name]} > 250"),
            asked(connection, f"SELECT count(*) FROM facts WHERE {text[name]} = 'p77'"),
        )
        connection.close()


def message_ids(prototype: Prototype) -> None:
    """What it costs to look for a batch of message ids among all that are stored."""
    connection, _, _ = prototype.store("ids", "SELECT id, time_us FROM s.drawn ORDER BY 1 DESC")
    print("\n| batch of message ids | found among the stored s |")
    print("|---|---|")
    for count in (100, 10_000, 1_000_000):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE arriving AS "
            f"SELECT id FROM facts USING SAMPLE {count} ROWS (reservoir, 5)"
        )
        line(
            f"{count:,}",
            asked(connection, "SELECT count(*) FROM facts SEMI JOIN arriving USING (id)"),
        )
    connection.close()


def main() -> None:
    """Measure everything for so many facts."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    print(f"{rows:,} facts, {rows // 50:,} people, DuckDB {duckdb.__version__}, 2 threads")
    with tempfile.TemporaryDirectory() as folder:
        prototype = Prototype(Path(folder), rows)
        subjects(prototype)
        properties(prototype)
        rare_keys(prototype)
        message_ids(prototype)


if __name__ == "__main__":
    main()
