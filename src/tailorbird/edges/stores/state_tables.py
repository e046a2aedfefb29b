"""The tables of the live state, as numbered steps that every file goes through once."""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE meta (
        position INTEGER NOT NULL, clock_us INTEGER NOT NULL, fingerprint TEXT NOT NULL
    ) STRICT;
    INSERT INTO meta VALUES (0, 0, '');
    CREATE TABLE people (
        person INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        wake_at INTEGER NOT NULL,
        standing INTEGER NOT NULL,
        state BLOB NOT NULL
    ) STRICT;
    CREATE INDEX people_to_wake ON people (wake_at) WHERE wake_at < 253402128000000001;
    CREATE INDEX people_standing ON people (standing, name);
    CREATE TABLE subjects (subject TEXT PRIMARY KEY, person INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE INDEX subjects_of ON subjects (person);
    CREATE TABLE links (
        id TEXT PRIMARY KEY, one TEXT NOT NULL, other TEXT NOT NULL, person INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX links_of ON links (person);
    CREATE TABLE taken_back (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE standings (standing INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;
    CREATE TABLE pending (
        number INTEGER PRIMARY KEY,
        person INTEGER NOT NULL UNIQUE,
        as_of INTEGER NOT NULL,
        cause TEXT NOT NULL,
        standing INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE record (
        number INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        position INTEGER NOT NULL,
        cause TEXT NOT NULL,
        changes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE workspace (position INTEGER PRIMARY KEY, fact TEXT NOT NULL) STRICT;
    """,
    """
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        endpoint TEXT NOT NULL,
        subject TEXT NOT NULL,
        event TEXT NOT NULL,
        body BLOB NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL,
        first_us INTEGER NOT NULL,
        due_us INTEGER NOT NULL,
        told TEXT NOT NULL,
        dead_us INTEGER
    ) STRICT;
    CREATE INDEX messages_due ON messages (endpoint, due_us, number)
        WHERE state IN ('pending', 'failed') AND due_us < 253402128000000001;
    CREATE INDEX messages_open ON messages (endpoint, subject, number)
        WHERE state IN ('pending', 'claimed', 'failed');
    CREATE INDEX messages_dead ON messages (endpoint, number) WHERE state = 'dead';
    CREATE TABLE health (
        endpoint TEXT PRIMARY KEY,
        sent INTEGER NOT NULL,
        sent_us INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        failing_since_us INTEGER NOT NULL,
        failed_us INTEGER NOT NULL,
        resume_us INTEGER NOT NULL,
        told TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE record_id (id TEXT NOT NULL) STRICT;
    INSERT INTO record_id VALUES (lower(hex(randomblob(4))));
    """,
    """
    ALTER TABLE messages ADD COLUMN purposes TEXT NOT NULL DEFAULT '';
    ALTER TABLE messages ADD COLUMN about TEXT NOT NULL DEFAULT '';
    ALTER TABLE messages ADD COLUMN is_exit INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE told_entries (
        endpoint TEXT NOT NULL, subject TEXT NOT NULL, about TEXT NOT NULL,
        PRIMARY KEY (endpoint, subject, about)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE messages ADD COLUMN is_sealed INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE lasting (number INTEGER NOT NULL) STRICT;
    INSERT INTO lasting VALUES (0);
    """,
)
"""Step n makes a file of version n out of one of version n - 1; steps are only ever added.

Who is never woken has the instant `FOREVER`, which the index leaves out; so has a message behind
another one about the same person.
"""
