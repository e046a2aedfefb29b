"""What the log costs: ways of sealing, sizes of commit groups, and the machine's own limits.

    python benchmarks/log_format.py [FACTS]

Facts are made clicks of people with few facts each and of people with about 50. For each size of
commit group: rows a second of the log as it is, beside the same rows written unsealed into the same
table, and beside one row of SQLite for each fact with a unique message id; the log also per second
of processor time, because a shared machine takes its time. Then packing alone, with a seal for
each fact and with one for each subject of a group, and what one sync, one seal and one known id
take here.
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

from tailorbird.edges.logs.sealed_groups import packed, subjects_in
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.known_ids import KnownIds
from tailorbird.governance.seals import HASH_BYTES, KEY_BYTES, keyed_hash, seal

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
        begun = time.process_time()
        by_log = seconds(lambda: sealed(folder, batches).close())
        of_processor = time.process_time() - begun
        by_blob = seconds(lambda: plain(folder, batches))
        by_fact = seconds(lambda: by_row(folder, batches))
        count = len(rows)
        print(
            f"{title:>14}, groups of {size:>6,}: sealed {count / by_log:>9,.0f} rows/s "
            f"({count / of_processor:>9,.0f} a processor's second), "
            f"unsealed {count / by_blob:>9,.0f}, a row each {count / by_fact:>9,.0f}; "
            f"{size_of(folder, 'log') / count:4.0f} and {size_of(folder, 'plain') / count:4.0f} "
            f"and {size_of(folder, 'rows') / count:4.0f} bytes a fact"
        )


def ways(rows: list[tuple[object, ...]], size: int) -> None:
    """Print what packing takes with a seal for each fact, and with one for each subject."""
    batch = groups(rows[:size], size)[0]
    singles = [columns_from_rows([row]) for row in rows[:size]]
    hashes = {subject: keyed_hash(bytes(32), subject) for subject in batch.subject}
    keys = {hash_: os.urandom(KEY_BYTES) for hash_ in hashes.values()}

    def pack(columns: FactColumns) -> bytes:
        return packed(
            columns, subjects_in(columns), 0, hashes.__getitem__, keys, os.urandom
        )  # fmt: skip

    for title, batches in (("fact", singles), ("subject", [batch])):
        begun = time.process_time()
        length = sum(len(pack(columns)) for columns in batches)
        taken = time.process_time() - begun
        print(
            f"packing {size:,} facts of {len(hashes):,} people, a seal for each {title}: "
            f"{size / taken:,.0f} a processor's second, {length / size:.0f} bytes a fact"
        )


def ids(count: int) -> None:
    """Print what knowing message ids takes."""
    drawn = os.urandom(HASH_BYTES * count)
    hashes = [drawn[at : at + HASH_BYTES] for at in range(0, len(drawn), HASH_BYTES)]
    known = KnownIds()

    def add() -> None:
        for begin in range(0, count, 50_000):
            known.among(hashes[begin : begin + 50_000])
            known.add(hashes[begin : begin + 50_000])

    added = seconds(add)
    one = seconds(lambda: [known.among(hashes[at : at + 1]) for at in range(1_000)]) / 1_000
    learnt = seconds(lambda: KnownIds().add_many(drawn))
    print(
        f"{count:,} ids: {known.bytes_held / count:.1f} bytes each; looked for and added "
        f"{added / count * 1e6:.2f} us each, one alone {one * 1e6:.1f} us, "
        f"all learnt at a start {learnt:.2f} s"
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
        payload, key = bytes(200), bytes(KEY_BYTES)
        each = seconds(lambda: [seal(key, bytes(12), payload, b"") for _ in range(50_000)]) / 50_000
        print(f"one seal of 200 bytes: {each * 1e6:.2f} us")
        folder = Path(name)
        log = sealed(folder, groups(rows, 50_000))
        log.close()
        keyring = SqliteKeyring(folder / "keys.sqlite")
        log = SqliteLog(folder / "log.sqlite", keyring)
        opening = seconds(log.become_writer)
        print(f"a log of {len(rows):,} facts is ready to be written after {opening:.2f} s")
        reading = seconds(lambda: log.read(0, len(rows)))
        print(f"reading and opening the seals: {len(rows) / reading:,.0f} rows/s")
        log.close()
        keyring.close()


def main(count: int) -> None:
    """Print everything."""
    for people, title in ((count, "a fact each"), (count // 50, "50 facts each")):
        rows = clicks(count, people)
        for size in (1, 100, 1_000, 50_000):
            measure(rows, size, title)
        for size in (1_000, 50_000):
            ways(rows, size)
    ids(count * 4)
    limits(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
