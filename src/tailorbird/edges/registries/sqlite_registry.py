"""The registry of a project in one SQLite file: every version that was ever published."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from tailorbird.edges.registries.migrations import MEMORY, migrate
from tailorbird.events.sampling_people import ALL
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.errors import InputError
from tailorbird.ports.registry import MovedOnError, Version

_MEND: Final = "restore it: tailorbird restore BACKUP NEW --keys FILE"
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WAIT_S: Final = 5.0
"""How long another process may hold the file before that is an error."""


class SqliteRegistry:
    """Published versions: they are added, and never change.

    >>> with SqliteRegistry(None) as registry:
    ...     added = registry.add(None, Version(1, 5, 0, {"a.yaml": ""}, {}, {}, ""))
    ...     registry.newest() == added
    True
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the registry at a path; None keeps it in memory."""
        self._path = MEMORY if path is None else str(path)
        with self._told():
            self._connection = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
        try:
            with self._told():
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._connection.execute("PRAGMA synchronous = FULL")
                migrate(self._connection, self._path)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    @contextmanager
    def held(self) -> Iterator[bytes]:
        """All of it as the bytes of a file; nobody can add to it until the block is left."""
        with self._told(), self._transaction():
            yield self._connection.serialize()

    def newest(self) -> Version | None:
        """The version with the highest number; None before the first publication."""
        number = self.newest_number()
        return self.find(number) if number else None

    def newest_number(self) -> int:
        """The highest number of a version; 0 before the first publication."""
        with self._told():
            (number,) = self._connection.execute("SELECT max(number) FROM versions").fetchone()
            return number or 0

    def find(self, number: int) -> Version | None:
        """The version with a number; None when there is none."""
        with self._told():
            return self._version(number)

    def numbers(self) -> list[int]:
        """The numbers of all versions, ascending."""
        with self._told():
            found = self._connection.execute("SELECT number FROM versions ORDER BY number")
            return [number for (number,) in found]

    def add(self, after: int | None, version: Version) -> Version:
        """Store a version behind the one it was made from.

        Raises `MovedOnError` when another one has been published since; then nothing is stored.
        """
        with self._told(), self._transaction():
            (newest,) = self._connection.execute("SELECT max(number) FROM versions").fetchone()
            if newest != after:
                raise MovedOnError(after, newest)
            self._insert(version._replace(number=(newest or 0) + 1))
        added = self.newest()
        assert added is not None
        return added

    def api_keys(self) -> list[ApiKey]:
        """Every key that was ever made, the oldest first."""
        with self._told():
            rows = self._connection.execute(
                "SELECT id, scope, name, digest, created_us, revoked_us, "
                "coalesce((SELECT part FROM key_samples WHERE key = id), 10000), "
                "coalesce((SELECT per_minute FROM key_rates WHERE key = id), 0), "
                "coalesce((SELECT group_concat(alias, ' ') FROM key_aliases "
                "WHERE key = id), '') FROM api_keys ORDER BY created_us, id"
            )
            return [
                ApiKey(*row[:8])._replace(aliases=tuple(sorted(row[8].split()))) for row in rows
            ]

    def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        with self._told(), self._transaction():
            self._connection.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?)", key[:6])
            if key.sample < ALL:
                self._connection.execute(
                    "INSERT INTO key_samples VALUES (?, ?)", (key.id, key.sample)
                )
            if key.per_minute:
                self._connection.execute(
                    "INSERT INTO key_rates VALUES (?, ?)", (key.id, key.per_minute)
                )
            self._connection.executemany(  # that of a revoked key is free again
                "INSERT OR REPLACE INTO key_aliases VALUES (?, ?)",
                [(alias, key.id) for alias in key.aliases],
            )

    def revoke_key(self, id_: str, now_us: int) -> ApiKey | None:
        """Make a key good for nothing from now on; None when there is none with that id.

        One that was revoked before stays as it is.
        """
        with self._told(), self._transaction():
            self._connection.execute(
                "UPDATE api_keys SET revoked_us = coalesce(revoked_us, ?) WHERE id = ?",
                (now_us, id_),
            )
        return next((key for key in self.api_keys() if key.id == id_), None)

    def _insert(self, version: Version) -> None:
        number = version.number
        self._connection.execute(
            "INSERT INTO versions VALUES (?, ?, ?, ?)",
            (number, version.published_us, version.position, version.note),
        )
        self._connection.executemany(
            "INSERT INTO files VALUES (?, ?, ?, ?)",
            [(number, place, *file) for place, file in enumerate(version.files.items())],
        )
        self._connection.executemany(
            "INSERT INTO definitions VALUES (?, ?, ?, ?)",
            [(number, *key, fingerprint) for key, fingerprint in version.fingerprints.items()],
        )
        self._connection.executemany(
            "INSERT INTO settings VALUES (?, ?, ?)",
            [(number, *setting) for setting in version.settings.items()],
        )

    def _version(self, number: int) -> Version | None:
        rows = self._rows(
            "SELECT published_us, position, note FROM versions WHERE number = ?", number
        )
        if not rows:
            return None
        published_us, position, note = rows[0]
        files = self._rows("SELECT name, text FROM files WHERE version = ? ORDER BY place", number)
        definitions = self._rows(
            "SELECT kind, name, fingerprint FROM definitions WHERE version = ? ORDER BY kind, name",
            number,
        )
        settings = self._rows("SELECT name, value FROM settings WHERE version = ?", number)
        fingerprints: Mapping[Any, str] = {(kind, name): text for kind, name, text in definitions}
        return Version(
            number, published_us, position, dict(files), fingerprints, dict(settings), note
        )

    def _rows(self, sql: str, number: int) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, (number,)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in the user's words what the engine found wrong with the file."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            reason = str(error)
            if "locked" in reason:
                reason = "another process is writing to it; try again when that has ended"
            elif getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                reason = f"it is damaged ({reason}); {_MEND}"
            raise InputError(f"the registry {self._path} cannot be used: {reason}") from error
