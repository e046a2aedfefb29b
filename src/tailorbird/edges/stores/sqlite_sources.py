"""How far sources were read, and what became of runs: a small file of its own.

It is no part of a backup. A mark only spares reading what is known, so whoever loses the file reads
everything once more, and every fact counts once all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final

from tailorbird.edges.sqlite_files import SqliteFile, What, told, transaction
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.sources import Ended, Mark, ReadMark, Run

WHAT: Final = What(
    "the store of how far sources were read",
    "without it everything is read once more and counts once all the same: rm {path}",
)
_COLUMNS: Final = (
    "number, name, kind, due_us, started_us, ended_us, state, "
    "rows, accepted, duplicates, rejected, says"
)

MIGRATIONS: Final = (
    """
    CREATE TABLE marks (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        text TEXT NOT NULL,
        position INTEGER NOT NULL,
        noted_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        due_us INTEGER,
        started_us INTEGER NOT NULL,
        ended_us INTEGER,
        state TEXT NOT NULL,
        rows INTEGER NOT NULL,
        accepted INTEGER NOT NULL,
        duplicates INTEGER NOT NULL,
        rejected INTEGER NOT NULL,
        says TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_name ON runs (name, number);
    """,
)


class SqliteSources(SqliteFile):
    """Marks and runs; threads may share it.

    >>> with SqliteSources(None) as kept:
    ...     kept.put_mark("shop", ReadMark(Mark("number", "7"), 3, 5))
    ...     kept.find_mark("shop")
    ReadMark(mark=Mark(kind='number', text='7'), position=3, noted_us=5)
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)
        self._lock = RLock()
        self._execute = self._connection.execute

    # How far sources were read

    def find_mark(self, key: str) -> ReadMark | None:
        """See `Marks`."""
        with self._lock, told(WHAT, self._path):
            row: Any = self._execute(
                "SELECT kind, text, position, noted_us FROM marks WHERE key = ?", (key,)
            ).fetchone()
        return None if row is None else ReadMark(Mark(*row[:2]), *row[2:])

    def put_mark(self, key: str, mark: ReadMark) -> None:
        """See `Marks`."""
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            self._execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)",
                (key, *mark.mark, mark.position, mark.noted_us),
            )

    def marks_under(self, begin: str) -> dict[str, ReadMark]:
        """See `Marks`."""
        with self._lock, told(WHAT, self._path):
            rows: list[Any] = self._execute(
                "SELECT * FROM marks WHERE substr(key, 1, length(?1)) = ?1", (begin,)
            ).fetchall()
        return {key: ReadMark(Mark(kind, text), *rest) for key, kind, text, *rest in rows}

    def drop_marks(self, keys: Sequence[str]) -> None:
        """See `Marks`."""
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            self._connection.executemany(
                "DELETE FROM marks WHERE key = ?", [(key,) for key in keys]
            )

    # What became of runs

    def begin_run(self, name: str, kind: str, due_us: int | None, now_us: int) -> int:
        """See `Runs`."""
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            running = self._runs("WHERE name = ? AND state = 'running'", (name,))
            if running:
                begun = format_instant(running[0].started_us)
                raise InputError(f"{name} is running, since {begun}; one run at a time is enough")
            self._execute(
                "INSERT INTO runs (name, kind, due_us, started_us, state, rows, accepted, "
                "duplicates, rejected, says) VALUES (?, ?, ?, ?, 'running', 0, 0, 0, 0, '')",
                (name, kind, due_us, now_us),
            )
            number = int(self._connection.last_insert_rowid())
            self._execute(
                "DELETE FROM runs WHERE name = ?1 AND number <= (SELECT number FROM runs "
                "WHERE name = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                (name, limits.RUNS_KEPT),
            )
        return number

    def end_run(self, number: int, ended: Ended, now_us: int) -> None:
        """See `Runs`."""
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            self._execute(
                "UPDATE runs SET state = ?, rows = ?, accepted = ?, duplicates = ?, rejected = ?, "
                "says = ?, ended_us = ? WHERE number = ?",
                (*ended, now_us, number),
            )

    def cut_runs(self, now_us: int, kinds: Collection[str] | None = None) -> list[Run]:
        """See `Runs`."""
        says = "the program that ran it ended before it did"
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            running = self._runs("WHERE state = 'running'", ())
            cut = [run for run in running if kinds is None or run.kind in kinds]
            self._connection.executemany(
                "UPDATE runs SET state = 'cut', ended_us = ?, says = ? WHERE number = ?",
                [(now_us, says, run.number) for run in cut],
            )
        return cut

    def newest_runs(self, most: int, name: str | None = None) -> list[Run]:
        """See `Runs`."""
        where, given = ("", ()) if name is None else ("WHERE name = ?", (name,))
        with self._lock, told(WHAT, self._path):
            return self._runs(f"{where} ORDER BY number DESC LIMIT ?", (*given, most))

    def last_runs(self) -> dict[str, Run]:
        """See `Runs`."""
        with self._lock, told(WHAT, self._path):
            found = self._runs("WHERE number IN (SELECT max(number) FROM runs GROUP BY name)", ())
        return {run.name: run for run in found}

    def _runs(self, rest: str, given: tuple[Any, ...]) -> list[Run]:
        return [Run(*row) for row in self._execute(f"SELECT {_COLUMNS} FROM runs {rest}", given)]
