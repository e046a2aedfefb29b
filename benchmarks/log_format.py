"""What the log costs: ways of sealing, sizes of commit groups, and the machine's own limits.

    python benchmarks/log_format.py [FACTS]

Facts are made clicks of people with few facts each and of people with about 50. For each size of
commit group: rows a second of the log as it is, beside the same rows written unsealed into the same
table, and beside one row of SQLite for each fact with a unique message id. Then what one sync, one
seal and one known id take here.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.governance.seals import seal

PROPERTIES = '{"product_id":"p%d","price":%d,"category":"shoes","url":"https://shop.example/p/%d"}'


def clicks(count: int, people: int) -> list[tuple[object, ...]]:
    """Rows of facts, each person's spread over the whole."""
    return [
        (
            f"visitor-{n % people:012d}",
            1_700_000_000_000_000 + n * 1_000,
            f"message-{people}-{n:016d}",
            "Product Viewed",
            True,
            True,
            "web",
            None,
            PROPERTIES % (n % 997, n % 100_000_000, n % 997),
            None,
            False,
        )
        for n in range(count)
    ]


def groups(rows: list[tuple[object, ...]], size: int) -> list[FactColumns]:
    """The same in columns, so many facts in each."""
    return [columns_from_rows(rows[start : start + size]) for start in range(0, len(rows), size)]


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def sealed(folder: Path, batches: list[FactColumns]) -> SqliteLog:
    """Write through the log, one sync for each batch."""
    log = SqliteLog(folder / "log.sqlite", SqliteKeyring(folder / "keys.sqlite"))
    for columns in batches:
        with log.writing(1) as writing:
            writing(columns)
    return log


def plain(folder: Path, batches: list[FactColumns]) -> None:
    """One unsealed blob for each batch, without looking for duplicates."""
    connection = _opened(folder / "plain.sqlite")
    connection.execute("CREATE TABLE groups (first_position INTEGER PRIMARY KEY, blob BLOB)")
    encode, position = msgspec.msgpack.Encoder().encode, 0
    for columns in batches:
        with connection:
            connection.execute("INSERT INTO groups VALUES (?, ?)", (position, encode(columns)))
        position += columns.length


def by_row(folder: Path, batches: list[FactColumns]) -> None:
    """A row for each fact, and the database looks for duplicates."""
    connection = _opened(folder / "rows.sqlite")
    connection.execute(
        "CREATE TABLE facts (position INTEGER PRIMARY KEY, id TEXT UNIQUE, subject TEXT, "
        "time_us INTEGER, name TEXT, properties TEXT)"
    )
    for columns in batches:
        rows = zip(
            columns.id, columns.subject, columns.time_us, columns.name, columns.properties,
            strict=True,
        )  # fmt: skip
        with connection:
            connection.executemany(
                "INSERT OR IGNORE INTO facts (id, subject, time_us, name, properties) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def size_of(folder: Path, name: str) -> int:
    """The bytes of a database and its files."""
    return sum(path.stat().st_size for path in folder.glob(f"{name}*"))


def measure(rows: list[tuple[object, ...]], size: int, title: str) -> None:
    """Print one line: commit groups of one size, three ways."""
    rows = rows[: min(len(rows), size * 2_000)]
    batches = groups(rows, size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        by_log = seconds(lambda: sealed(folder, batches).close())
        by_blob = seconds(lambda: plain(folder, batches))
        by_fact = seconds(lambda: by_row(folder, batches))
        count = len(rows)
        print(
            f"{title:>14}, groups of {size:>6,}: sealed {count / by_log:>9,.0f} rows/s, "
            f"unsealed {count / by_blob:>9,.0f}, a row each {count / by_fact:>9,.0f}; "
            f"{size_of(folder, 'log') / count:4.0f} and {size_of(folder, 'plain') / count:4.0f} "
            f"and {size_of(folder, 'rows') / count:4.0f} bytes a fact"
        )


def limits(rows: list[tuple[object, ...]]) -> None:
    """Print what the machine itself takes."""
    with tempfile.TemporaryDirectory() as name:
        handle = os.open(Path(name) / "file", os.O_RDWR | os.O_CREAT)
        taken = sorted(
            seconds(lambda: (os.pwrite(handle, bytes(4096), 0), os.fdatasync(handle)))
            for _ in range(500)
        )
        os.close(handle)
        print(
            f"one sync: {taken[250] * 1e3:.2f} ms, the slowest of a hundred {taken[495] * 1e3:.2f}"
        )
        payload, key = bytes(200), bytes(32)
        each = seconds(lambda: [seal(key, bytes(12), payload, b"") for _ in range(50_000)]) / 50_000
        print(f"one seal of 200 bytes: {each * 1e6:.2f} us")
        folder = Path(name)
        log = sealed(folder, groups(rows, 50_000))
        print(f"known ids: {log.bytes_for_ids / len(rows):.1f} bytes each in memory")
        log.close()
        opening = seconds(
            lambda: SqliteLog(folder / "log.sqlite", SqliteKeyring(folder / "keys.sqlite")).close()
        )
        print(f"opening a log of {len(rows):,} facts: {opening:.2f} s")


def main(count: int) -> None:
    """Print everything."""
    for people, title in ((count, "a fact each"), (count // 50, "50 facts each")):
        rows = clicks(count, people)
        for size in (1, 100, 1_000, 50_000):
            measure(rows, size, title)
    limits(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
