"""Who consents to what, in a file of its own that follows the log; it is made from it again.

No identifier stands in it, only keyed hashes of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import (
    MADE_AGAIN,
    SqliteFile,
    What,
    position_in,
    told,
    transaction,
)
from tailorbird.governance.consent import Statement
from tailorbird.kernel import limits
from tailorbird.people.parting import Link
from tailorbird.ports.gate import ConsentFacts, PersonSaid

WHAT: Final = What("the store of consents", MADE_AGAIN)
PERSISTED: Final = 100_000
"""After so many facts that say nothing of consent the position is written down all the same."""
_AROUND: Final = 200
_TABLES: Final = ("said", "links", "taken_back", "verdicts")

MIGRATIONS: Final = (
    """
    CREATE TABLE meta (position INTEGER NOT NULL, keyring BLOB NOT NULL) STRICT;
    INSERT INTO meta VALUES (0, x'');
    CREATE TABLE said (
        subject BLOB NOT NULL,
        purpose TEXT NOT NULL,
        time_us INTEGER NOT NULL,
        id BLOB NOT NULL,
        granted INTEGER NOT NULL,
        until_us INTEGER,
        position INTEGER NOT NULL,
        PRIMARY KEY (subject, purpose, time_us, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE links (
        id BLOB PRIMARY KEY, one BLOB NOT NULL, other BLOB NOT NULL, position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX links_one ON links (one);
    CREATE INDEX links_other ON links (other);
    CREATE TABLE taken_back (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE verdicts (
        id BLOB PRIMARY KEY, time_us INTEGER NOT NULL, is_bot INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
)


class SqliteConsents(SqliteFile):
    """Statements, links and verdicts; one caller at a time.

    >>> ann = Statement("ann", "ads", 5, True, None, 0, "m1")
    >>> with SqliteKeyring(None) as keyring, SqliteConsents(None, keyring) as consents:
    ...     consents.absorb(ConsentFacts([ann]), 1)
    ...     found = consents.said(consents.mark_of("ann"), 10)
    ...     found.statements[0].granted, consents.position
    (True, 1)
    """

    def __init__(self, path: Path | None, keyring: SqliteKeyring) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)
        self._keyring = keyring
        self._execute = self._connection.execute
        # What a power cut takes away is read from the log again.
        self._execute("PRAGMA synchronous = NORMAL")
        self._execute("PRAGMA secure_delete = ON")
        with told(WHAT, path):
            position, owner = self._execute("SELECT position, keyring FROM meta").get
        self._position = self._written = int(position)
        if owner != keyring.fingerprint:
            self.clear()

    @staticmethod
    def position_in(path: Path) -> int:
        """How far a file is, without changing it; raises `InputError`."""
        return position_in(path, WHAT)

    @property
    def position(self) -> int:
        """See `ConsentStore`."""
        return self._position

    def clear(self) -> None:
        """See `ConsentStore`."""
        with told(WHAT, self._path), transaction(self._connection):
            for table in _TABLES:
                self._execute(f"DELETE FROM {table}")
            self._execute("UPDATE meta SET position = 0, keyring = ?", (self._keyring.fingerprint,))
        self._position = self._written = 0

    def close(self) -> None:
        """Let the file go."""
        if self._position != self._written:
            self._write_position(self._position)
        super().close()

    # Taking in

    def absorb(self, told_facts: ConsentFacts, position: int) -> None:
        """See `ConsentStore`."""
        if not any(told_facts):
            if position - self._written >= PERSISTED:
                self._write_position(position)
            self._position = position
            return
        with told(WHAT, self._path), transaction(self._connection):
            self._put(told_facts)
            self._execute("UPDATE meta SET position = ?", (position,))
        self._position = self._written = position

    def _write_position(self, position: int) -> None:
        with told(WHAT, self._path):
            self._execute("UPDATE meta SET position = ?", (position,))
        self._written = position

    def _put(self, facts: ConsentFacts) -> None:
        mark = self.mark_of
        for one in facts.statements:
            key = mark(one.subject), one.purpose
            row = (*key, one.time_us, mark(one.id), one.granted, one.until_us, one.position)
            self._execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._execute(
                "DELETE FROM said WHERE subject = ?1 AND purpose = ?2 AND (time_us, id) IN "
                "(SELECT time_us, id FROM said WHERE subject = ?1 AND purpose = ?2 "
                "ORDER BY time_us DESC, granted, id LIMIT -1 OFFSET ?3)",
                (*key, limits.STATEMENTS),
            )
        for link, position in facts.links:
            link_row = (mark(link.id), mark(link.one), mark(link.other), position)
            self._execute("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)", link_row)
        for id_ in facts.taken_back:
            self._execute("INSERT OR IGNORE INTO taken_back VALUES (?)", (mark(id_),))
        for verdict in facts.verdicts:
            self._execute(
                "INSERT INTO verdicts VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "is_bot = CASE WHEN excluded.time_us > time_us THEN excluded.is_bot "
                "WHEN excluded.time_us = time_us THEN max(is_bot, excluded.is_bot) ELSE is_bot END,"
                " time_us = max(time_us, excluded.time_us)",
                (mark(verdict.message), verdict.time_us, verdict.is_bot),
            )

    def mark_of(self, subject: str) -> bytes:
        """See `ConsentStore`."""
        return self._keyring.hash_of(subject)

    # Telling

    def said(self, mark: bytes, most: int) -> PersonSaid | None:
        """See `ConsentStore`."""
        with told(WHAT, self._path):
            links = self._links_of(mark, most)
            if links is None:
                return None
            marks = {mark} | {end for link, _ in links for end in (link.one, link.other)}
            rows = self._execute(
                "SELECT subject, purpose, time_us, granted, until_us, position, id FROM "
                "carray(?) JOIN said ON subject = value WHERE NOT granted OR NOT EXISTS "
                "(SELECT 1 FROM verdicts WHERE verdicts.id = said.id AND is_bot)",
                (apsw.carray(tuple(marks)),),
            )
            return PersonSaid([_statement(row) for row in rows], links)

    def _links_of(self, mark: bytes, most: int) -> list[tuple[Link, int]] | None:
        """The links of a person that nobody took back; None when she is a crowd."""
        found: dict[Any, tuple[Link, int]] = {}
        known, ahead = {mark}, [mark]
        while ahead:
            marks = (apsw.carray(tuple(ahead[:_AROUND])),)
            del ahead[:_AROUND]
            for end, far in (("one", "other"), ("other", "one")):
                rows = self._execute(
                    f"SELECT id, one, other, position, {far} FROM carray(?) "
                    f"JOIN links ON {end} = value WHERE id NOT IN (SELECT id FROM taken_back)",
                    marks,
                )
                for id_, one, other, position, beyond in rows:
                    found[id_] = Link(id_, one, other), position
                    if beyond not in known:
                        known.add(beyond)
                        ahead.append(beyond)
            if len(known) > most:
                return None
        return list(found.values())

    def forget(self, subjects: Collection[str]) -> None:
        """See `ConsentStore`."""
        marks = [(self.mark_of(subject),) for subject in subjects]
        with told(WHAT, self._path):
            with transaction(self._connection):
                self._forget(marks)
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _forget(self, marks: Sequence[tuple[bytes]]) -> None:
        many: Iterable[Any] = marks
        self._connection.executemany("DELETE FROM said WHERE subject = ?", many)
        self._connection.executemany("DELETE FROM links WHERE one = ?1 OR other = ?1", many)


def _statement(row: tuple[Any, ...]) -> Statement:
    subject, purpose, time_us, granted, until_us, position, id_ = row
    return Statement(subject, purpose, time_us, bool(granted), until_us, position, id_)
