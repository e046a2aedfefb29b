"""How the project's SQLite files are opened: every commit is on the disk when it returns."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import apsw

from tailorbird.edges.file_systems import refuse_network
from tailorbird.edges.kept_copies import keep_copy
from tailorbird.kernel.errors import InputError
from tailorbird.ports.log import NotWritableError

BUSY_S: Final = 5.0
"""So long it is waited for whoever else uses a file."""
BETWEEN_S: Final = 0.005


class What(str):
    """What a file is, in words, and what to do when it is damaged."""

    _mend: str

    def __new__(cls, words: str, mend: str) -> Self:
        """``{path}`` in ``mend`` stands for the file."""
        made = super().__new__(cls, words)
        made._mend = mend
        return made

    def mend(self, path: Path | None) -> str:
        """What to do about a damaged file."""
        return self._mend.format(path=path)


MADE_AGAIN: Final = "it is made from the log again when it is removed: rm {path}"


def open_file(path: Path | None, what: What, migrations: Sequence[str]) -> apsw.Connection:
    """Open or make a file and bring it to the newest version; None keeps it in memory.

    Step n of the migrations makes a file of version n out of one of version n - 1. Raises
    `InputError` for a file that cannot be opened, is none of these, or was written by a newer
    version; then nothing of it is touched. Of a file of an older version a copy is kept.
    """
    if path is not None:
        refuse_network(path)
    end_s = time.monotonic() + BUSY_S
    with told(what, path):
        while True:
            try:
                return _opened(path, what, migrations)
            except apsw.BusyError:  # the engine waits by itself, but not for who begins to use it
                if time.monotonic() >= end_s:
                    raise
            time.sleep(BETWEEN_S)


def _opened(path: Path | None, what: What, migrations: Sequence[str]) -> apsw.Connection:
    connection = apsw.Connection(":memory:" if path is None else str(path))
    try:
        connection.set_busy_timeout(round(BUSY_S * 1_000))
        _migrate(connection, what, path, migrations)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


class SqliteFile:
    """One of these files, open until it is closed or its block is left."""

    def __init__(self, path: Path | None, what: What, migrations: Sequence[str]) -> None:
        """See `open_file`."""
        self._path = path
        self._connection = open_file(path, what, migrations)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()


def position_in(path: Path, what: What) -> int:
    """How far a file is that follows the log, without changing it; raises `InputError`."""
    with told(what, path):
        connection = apsw.Connection(str(path))
        try:
            return int(connection.execute("SELECT position FROM meta").get)
        finally:
            connection.close()


def engine_version() -> tuple[str, bool]:
    """The version of the engine, and whether it is one that may damage a file in WAL mode.

    Versions before 3.51.3 may when two connections reset the log at once; two were mended apart.
    """
    found = apsw.sqlite_lib_version()
    numbers = tuple(map(int, found.split(".")[:3]))
    mended = numbers >= (3, 51, 3) or (numbers[:2] == (3, 44) and numbers[2] >= 6)
    return found, not (mended or (numbers[:2] == (3, 50) and numbers[2] >= 7))


def _migrate(
    connection: apsw.Connection, what: What, path: Path | None, migrations: Sequence[str]
) -> None:
    found = _version(connection)
    if found > len(migrations):
        raise InputError(newer_version(f"{what} {path}", found, len(migrations)))
    for number, script in enumerate(migrations[found:], found + 1):
        with transaction(connection):
            if _version(connection) != number - 1:
                continue  # another process was quicker
            if path is not None and number - 1 == found > 0:
                keep_copy(path, found, what)
            connection.execute(script)
            connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: apsw.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").get)


def newer_version(file: str, found: int, known: int) -> str:
    """What is told of a file that a newer program has written."""
    return (
        f"{file} was written by a newer version of Tailorbird (its tables have version {found}, "
        f"this program knows {known}); install the newer one again, nothing was changed"
    )


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing; the lock is taken at the beginning."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(what: What, path: Path | None) -> Iterator[None]:
    """Say in the user's words what the engine found wrong with a file."""
    try:
        yield
    except apsw.Error as error:
        reason = _REASONS.get(type(error), str(error))
        if isinstance(error, (apsw.NotADBError, apsw.CorruptError)):
            reason = f"{reason}; {what.mend(path)}"
        raise InputError(f"{what} {path or 'in memory'} cannot be used: {reason}") from error


@contextmanager
def guarded(what: What) -> Iterator[None]:
    """Turn errors of writing into `NotWritableError`.

    A full disk or a busy file may be well again in a while. After any other error of a write or a
    sync nobody knows what is on the disk: a second sync that succeeds would prove nothing.
    """
    try:
        yield
    except apsw.FullError as error:
        raise NotWritableError(
            f"{what} cannot be written: the disk is full; make room and send again"
        ) from error
    except apsw.BusyError as error:
        raise NotWritableError(
            f"{what} cannot be written: another process holds its file; send again"
        ) from error
    except apsw.Error as error:
        raise NotWritableError(
            f"{what} could not be written ({error}); nothing is accepted until a new start",
            is_lasting=True,
        ) from error


_REASONS: Final[dict[type[apsw.Error], str]] = {
    apsw.BusyError: "another process is writing to it; try again when that has ended",
    apsw.FullError: "the disk is full; make room and try again",
    apsw.NotADBError: "it is not a file of this kind, or it is damaged",
    apsw.CorruptError: "it is damaged",
}
