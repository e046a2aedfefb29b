"""Messages that the collector did not take, in a small file of their own: for looking, not to last.

What was sent is sealed under the key of whom it is about, where she has one, and else under a key
of this file; so is the reason, in which her name may stand. Destroying her key ends both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import SqliteFile, What, told, transaction
from tailorbird.events.refusals import Refusal, RejectedItem, Sort
from tailorbird.governance.seals import HASH_BYTES, NONCE_BYTES, BrokenSealError, open_seal, seal
from tailorbird.kernel import limits
from tailorbird.ports.rejects import StoredReject

WHAT: Final = What(
    "the store of rejected messages",
    "without it the server goes on, and makes a new one: rm {path}",
)
_NOBODY: Final = blake2b(b"rejected messages", digest_size=HASH_BYTES).digest()
"""The name of this file's own key: no person's, who are hashed with a secret."""
_COLUMNS: Final = "number, at_us, call, key, sort, subject, length, sealed"

MIGRATIONS: Final = (
    """
    CREATE TABLE rejects (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_us INTEGER NOT NULL,
        call TEXT NOT NULL,
        key TEXT NOT NULL,
        sort TEXT NOT NULL,
        subject BLOB,
        length INTEGER NOT NULL,
        kept INTEGER NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX rejects_at ON rejects (at_us);
    CREATE INDEX rejects_subject ON rejects (subject) WHERE subject IS NOT NULL;
    """,
)

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class SqliteRejects(SqliteFile):
    """The newest rejected messages; threads may share it.

    >>> item = RejectedItem(5, "track", "k1", Refusal("name", "no event name"), "ann", b"{}", 2)
    >>> with SqliteKeyring(None) as keyring, SqliteRejects(None, keyring) as rejects:
    ...     rejects.add([item], before_us=0)
    ...     [found.item == item for found in rejects.newest(10)]
    [True]
    """

    def __init__(
        self,
        path: Path | None,
        keyring: SqliteKeyring,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)
        self._keyring = keyring
        self._random_bytes = random_bytes
        self._lock = RLock()
        self._execute = self._connection.execute
        # Nobody was promised that they stay, so a lost one costs less than the disk's time.
        self._execute("PRAGMA synchronous = NORMAL")
        self._execute("PRAGMA secure_delete = ON")

    def add(self, items: Sequence[RejectedItem], before_us: int) -> None:
        """See `Rejects`."""
        rows = [(*row, len(row[-1])) for row in self._sealed(items)]
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO rejects (at_us, call, key, sort, subject, length, sealed, kept) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._trim(before_us)

    def _sealed(self, items: Sequence[RejectedItem]) -> Iterator[tuple[Any, ...]]:
        hashes = [None if one.subject is None else self._hash_of(one.subject) for one in items]
        keys = self._keyring.found({hash_ for hash_ in hashes if hash_ is not None})
        own = self._keyring.made([_NOBODY])[_NOBODY]
        for item, hash_ in zip(items, hashes, strict=True):
            plain = _encode((item.refusal.says, item.subject, item.raw))
            key = own if hash_ is None else keys.get(hash_, own)
            nonce = self._random_bytes(NONCE_BYTES)
            sealed = seal(key, nonce, plain, hash_ or _NOBODY)
            yield item.at_us, item.call, item.key, item.refusal.sort, hash_, item.length, sealed

    def _hash_of(self, subject: str) -> bytes:
        return self._keyring.hash_of(subject)

    def _trim(self, before_us: int) -> None:
        """Let the oldest go where these are too many, too large or too old."""
        self._execute("DELETE FROM rejects WHERE at_us < ?", (before_us,))
        self._execute(
            "DELETE FROM rejects WHERE number <= (SELECT number FROM "
            "(SELECT number, row_number() OVER newest AS place, sum(kept) OVER newest AS bytes "
            "FROM rejects WINDOW newest AS (ORDER BY number DESC)) "
            "WHERE place > ? OR bytes > ? ORDER BY number DESC LIMIT 1)",
            (limits.REJECTS, limits.REJECTS_BYTES),
        )

    def forget(self, before_us: int) -> None:
        """See `Rejects`."""
        with self._lock, told(WHAT, self._path), transaction(self._connection):
            self._trim(before_us)

    def clear(self, subject: str | None = None) -> int:
        """See `Rejects`."""
        where, given = ("", ()) if subject is None else self._about(subject)
        with self._lock, told(WHAT, self._path):
            with transaction(self._connection):
                self._execute(f"DELETE FROM rejects {where}", given)
                gone = int(self._connection.changes())
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def newest(
        self,
        most: int,
        *,
        before: int | None = None,
        sort: Sort | None = None,
        subject: str | None = None,
    ) -> list[StoredReject]:
        """See `Rejects`."""
        where, given = ("WHERE TRUE", ()) if subject is None else self._about(subject)
        if before is not None:
            where, given = f"{where} AND number < ?", (*given, before)
        if sort is not None:
            where, given = f"{where} AND sort = ?", (*given, sort)
        with self._lock, told(WHAT, self._path):
            rows: list[Any] = self._execute(
                f"SELECT {_COLUMNS} FROM rejects {where} ORDER BY number DESC LIMIT ?",
                (*given, most),
            ).fetchall()
        return [self._opened(*row) for row in rows]

    def find(self, number: int) -> StoredReject | None:
        """See `Rejects`."""
        with self._lock, told(WHAT, self._path):
            row: Any = self._execute(
                f"SELECT {_COLUMNS} FROM rejects WHERE number = ?", (number,)
            ).fetchone()
        return None if row is None else self._opened(*row)

    def _about(self, subject: str) -> tuple[str, tuple[Any, ...]]:
        return "WHERE subject = ?", (self._hash_of(subject),)

    def _opened(
        self,
        number: int,
        at_us: int,
        call: str,
        key: str,
        sort: Any,
        hash_: bytes | None,
        length: int,
        sealed: bytes,
    ) -> StoredReject:
        for name in (hash_, _NOBODY):
            found = None if name is None else self._keyring.found([name]).get(name)
            if found is None:
                continue
            try:
                says, subject, raw = _decode(open_seal(found, sealed, hash_ or _NOBODY))
            except BrokenSealError:
                continue
            refusal = Refusal(sort, says)
            item = RejectedItem(at_us, call, key, refusal, subject, raw, length)
            return StoredReject(number, item)
        erased = RejectedItem(at_us, call, key, Refusal(sort, ""), None, b"", length)
        return StoredReject(number, erased, is_erased=True)
