"""The tables of a registry file, as numbered steps that every file goes through once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from tailorbird.edges.kept_copies import keep_copy
from tailorbird.edges.sqlite_files import newer_version
from tailorbird.kernel.errors import InputError

MEMORY: Final = ":memory:"
_TABLES: Final = ("versions", "files", "definitions", "settings")


def _kept(table: str) -> str:
    """What is published stays as it is, whoever opens the file."""
    return "".join(
        f"""
        CREATE TRIGGER {table}_{what} BEFORE {what} ON {table}
            BEGIN SELECT RAISE(ABORT, 'a published version does not change'); END;
        """
        for what in ("UPDATE", "DELETE")
    )


MIGRATIONS: Final = (
    """
    CREATE TABLE versions (
        number INTEGER PRIMARY KEY,
        published_us INTEGER NOT NULL,
        position INTEGER NOT NULL,
        note TEXT NOT NULL
    ) STRICT;
    CREATE TABLE files (
        version INTEGER NOT NULL REFERENCES versions (number),
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (version, name)
    ) STRICT;
    CREATE TABLE definitions (
        version INTEGER NOT NULL REFERENCES versions (number),
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        PRIMARY KEY (version, kind, name)
    ) STRICT;
    CREATE TABLE settings (
        version INTEGER NOT NULL REFERENCES versions (number),
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (version, name)
    ) STRICT;
    """
    + "".join(map(_kept, _TABLES)),
    """
    CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        scope TEXT NOT NULL,
        name TEXT NOT NULL,
        digest BLOB NOT NULL,
        created_us INTEGER NOT NULL,
        revoked_us INTEGER
    ) STRICT;
    """,
    """
    CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        url TEXT NOT NULL,
        events TEXT NOT NULL,
        segments TEXT NOT NULL,
        causes TEXT NOT NULL,
        created_us INTEGER NOT NULL,
        disabled_us INTEGER,
        reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE endpoint_secrets (
        number INTEGER PRIMARY KEY,
        endpoint TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        sealed BLOB NOT NULL,
        created_us INTEGER NOT NULL,
        expires_us INTEGER
    ) STRICT;
    """,
    """
    CREATE TABLE hooks (
        name TEXT PRIMARY KEY,
        provider TEXT NOT NULL,
        settings TEXT NOT NULL,
        created_us INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE key_samples (
        key TEXT PRIMARY KEY REFERENCES api_keys (id) ON DELETE CASCADE,
        part INTEGER NOT NULL CHECK (part BETWEEN 1 AND 10000)
    ) STRICT;
    """,
    """
    CREATE TABLE key_rates (
        key TEXT PRIMARY KEY REFERENCES api_keys (id) ON DELETE CASCADE,
        per_minute INTEGER NOT NULL CHECK (per_minute > 0)
    ) STRICT;
    """,
    """
    CREATE TABLE key_aliases (
        alias TEXT PRIMARY KEY,
        key TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE
    ) STRICT;
    """,
)
"""Step n makes a file of version n out of one of version n - 1; steps are only ever added."""


def migrate(connection: sqlite3.Connection, file: str) -> None:
    """Bring a file to the newest version, each step in one transaction; refuse a newer file.

    Of an older file a copy is kept.
    """
    found = version_of(connection)
    if found > len(MIGRATIONS):
        raise InputError(newer_version(f"the registry {file}", found, len(MIGRATIONS)))
    if 0 < found < len(MIGRATIONS) and file != MEMORY:
        keep_copy(Path(file), found, "the registry")
    for number, script in enumerate(MIGRATIONS[found:], found + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;"
        )


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps a file has gone through."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
