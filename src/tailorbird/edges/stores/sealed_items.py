"""Messages that were not taken, in a small file of their own: bounded in number, bytes and time.

What was sent is sealed under the key of whom it is about, where she has one, and else under a key
of this file; so is the reason, in which her name may stand. Destroying her key ends both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import SqliteFile, What, told, transaction
from tailorbird.events.refusals import Refusal, RejectedItem, Sort
from tailorbird.governance.seals import NONCE_BYTES, BrokenSealError, open_seal, seal
from tailorbird.ports.rejects import StoredReject

_COLUMNS: Final = "number, at_us, call, key, sort, subject, length, sealed"

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class Kind(NamedTuple):
    """What is kept in a file of this form."""

    what: What
    table: str
    migrations: tuple[str, ...]
    nobody: bytes
    """The name of the file's own key: no person's, who are hashed with a secret."""
    most: int
    most_bytes: int


class SealedItems(SqliteFile):
    """The newest messages of a kind; threads may share it."""

    def __init__(
        self,
        path: Path | None,
        keyring: SqliteKeyring,
        kind: Kind,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, kind.what, kind.migrations)
        self._kind = kind
        self._table = kind.table
        self._keyring = keyring
        self._random_bytes = random_bytes
        self._lock = RLock()
        self._execute = self._connection.execute
        self._execute("PRAGMA secure_delete = ON")

    def add(self, items: Sequence[RejectedItem], before_us: int) -> None:
        """See `Rejects`."""
        with self._changing():
            self._insert(items)
            self._trim(before_us)

    def _insert(self, items: Sequence[RejectedItem]) -> None:
        self._connection.executemany(
            f"INSERT INTO {self._table} (at_us, call, key, sort, subject, length, sealed, kept) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, len(row[-1])) for row in self._sealed(items)],
        )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change of the file: all or nothing, what is wrong with it told in words."""
        with self._lock, told(self._kind.what, self._path), transaction(self._connection):
            yield

    def _sealed(self, items: Sequence[RejectedItem]) -> Iterator[tuple[Any, ...]]:
        hashes = [None if one.subject is None else self._hash_of(one.subject) for one in items]
        keys = self._keyring.found({hash_ for hash_ in hashes if hash_ is not None})
        nobody = self._kind.nobody
        own = self._keyring.made([nobody])[nobody]
        for item, hash_ in zip(items, hashes, strict=True):
            plain = _encode([_writable(one) for one in _inside(item)])
            key = own if hash_ is None else keys.get(hash_, own)
            nonce = self._random_bytes(NONCE_BYTES)
            sealed = seal(key, nonce, plain, hash_ or nobody)
            yield item.at_us, item.call, item.key, item.refusal.sort, hash_, item.length, sealed

    def _hash_of(self, subject: str) -> bytes:
        return self._keyring.hash_of(subject)

    def _trim(self, before_us: int) -> int:
        """Let the oldest go where these are too many, too large or too old; gives how many."""
        self._execute(f"DELETE FROM {self._table} WHERE at_us < ?", (before_us,))
        gone = int(self._connection.changes())
        self._execute(
            f"DELETE FROM {self._table} WHERE number <= (SELECT number FROM "
            "(SELECT number, row_number() OVER newest AS place, sum(kept) OVER newest AS bytes "
            f"FROM {self._table} WINDOW newest AS (ORDER BY number DESC)) "
            "WHERE place > ? OR bytes > ? ORDER BY number DESC LIMIT 1)",
            (self._kind.most, self._kind.most_bytes),
        )
        return gone + int(self._connection.changes())

    def forget(self, before_us: int) -> None:
        """See `Rejects`."""
        with self._changing():
            self._trim(before_us)

    def clear(self, subject: str | None = None) -> int:
        """See `Rejects`."""
        where, given = ("", ()) if subject is None else self._about(subject)
        return self._delete(where, given)

    def _delete(self, where: str, given: tuple[Any, ...]) -> int:
        with self._lock, told(self._kind.what, self._path):
            with transaction(self._connection):
                self._execute(f"DELETE FROM {self._table} {where}", given)
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
        return self._found(f"{where} ORDER BY number DESC LIMIT ?", (*given, most))

    def find(self, number: int) -> StoredReject | None:
        """See `Rejects`."""
        found = self._found("WHERE number = ?", (number,))
        return found[0] if found else None

    def _found(self, where: str, given: tuple[Any, ...]) -> list[StoredReject]:
        with self._lock, told(self._kind.what, self._path):
            rows: list[Any] = self._execute(
                f"SELECT {_COLUMNS} FROM {self._table} {where}", given
            ).fetchall()
        return [self._opened(*row) for row in rows]

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
        nobody = self._kind.nobody
        for name in (hash_, nobody):
            found = None if name is None else self._keyring.found([name]).get(name)
            if found is None:
                continue
            try:
                says, *inside = _decode(open_seal(found, sealed, hash_ or nobody))
            except BrokenSealError:
                continue
            subject, raw, *more = inside
            item = RejectedItem(at_us, call, key, Refusal(sort, says), subject, raw, length, *more)
            return StoredReject(number, item)
        erased = RejectedItem(at_us, call, key, Refusal(sort, ""), None, b"", length)
        return StoredReject(number, erased, is_erased=True)


def _inside(item: RejectedItem) -> tuple[Any, ...]:
    first = item.refusal.says, item.subject, item.raw
    if item.request:
        return (*first, item.message, item.id, item.sent_at, item.request)
    return (*first, item.message, item.id, item.sent_at) if item.message else first


def _writable(one: Any) -> Any:
    """As it is, save for half a surrogate pair in a text, which no UTF-8 can write."""
    if not isinstance(one, str):
        return one
    return one.encode("utf-8", "backslashreplace").decode("utf-8")
