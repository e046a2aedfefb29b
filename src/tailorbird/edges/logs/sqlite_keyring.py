"""The keys of a workspace's subjects, in a file of their own that is never part of a backup."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final

import apsw

from tailorbird.edges.kept_copies import copies_of
from tailorbird.edges.sqlite_files import SqliteFile, What, guarded, open_file, told, transaction
from tailorbird.governance.seals import (
    KEY_BYTES,
    SECRET_BYTES,
    keyed_hash,
    keyed_hashes,
    secret_for,
)
from tailorbird.kernel.errors import InputError

WHAT: Final = What(
    "the keyring", "put the copy of the keys back: tailorbird restore BACKUP NEW --keys FILE"
)
_CACHED: Final = 200_000
_DRAWN: Final = 200_000
"""New keys that wait to be stored together: each time touches nearly all pages of many keys."""
_FIND: Final = "SELECT subject, key FROM carray(?) JOIN keys ON subject = value"

MIGRATIONS: Final = (
    """
    CREATE TABLE secret (value BLOB NOT NULL) STRICT;
    CREATE TABLE keys (subject BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
    """,
)


class SqliteKeyring(SqliteFile):
    """One random key for each subject, found by the keyed hash of the subject.

    >>> with SqliteKeyring(None) as keyring:
    ...     ann = keyring.hash_of("ann")
    ...     made = keyring.made([ann])
    ...     keyring.found([ann]) == made
    True
    """

    def __init__(
        self, path: Path | None, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        """Open or make the keyring at a path; None keeps it in memory."""
        self._random_bytes = random_bytes
        if path is not None:
            _private(path)
        super().__init__(path, WHAT, MIGRATIONS)
        # What is deleted is overwritten in the file too.
        self._connection.execute("PRAGMA secure_delete = ON")
        # Sorted in among millions of keys, new ones touch many pages.
        self._connection.execute("PRAGMA cache_size = -65536")
        self._cache: dict[bytes, bytes] = {}
        self._drawn: dict[bytes, bytes] = {}
        """New keys that are not in the file yet."""
        self.destroyed = 0
        """How often keys were destroyed; what was read before may not be told after."""
        self._lock = RLock()
        self._secret = self._find_secret()

    def _find_secret(self) -> bytes:
        with told(WHAT, self._path), transaction(self._connection):
            found = self._connection.execute("SELECT value FROM secret").get
            if found is None:
                found = self._random_bytes(SECRET_BYTES)
                self._connection.execute("INSERT INTO secret VALUES (?)", (found,))
        return bytes(found)

    @property
    def name(self) -> str:
        """What to call it in a message."""
        return "memory" if self._path is None else str(self._path)

    @property
    def fingerprint(self) -> bytes:
        """By which a log knows the keyring that it was written with."""
        return keyed_hash(self._secret, "$keyring")

    @property
    def has_keys(self) -> bool:
        """Whether anybody has a key, so that there are sealed facts somewhere."""
        with told(WHAT, self._path), self._lock:
            found = self._connection.execute("SELECT EXISTS (SELECT 1 FROM keys)").get
        return bool(found)

    def secret_for(self, purpose: bytes) -> bytes:
        """A secret of the workspace for something else than its log."""
        return secret_for(self._secret, purpose)

    def hash_of(self, text: str) -> bytes:
        """What stands for an identifier outside of seals."""
        return keyed_hash(self._secret, text)

    def hashes_of(self, texts: Iterable[str]) -> list[bytes]:
        """The same of many."""
        return keyed_hashes(self._secret, texts)

    def found(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of those subjects, given as hashes, that have one."""
        cached, drawn = self._cache, self._drawn
        known = {
            subject: key
            for subject in subjects
            if (key := cached.get(subject) or drawn.get(subject))
        }
        if len(known) == len(subjects):
            return known
        # In order, neighbours in the file are looked for one after the other.
        missing = apsw.carray(tuple(sorted(set(subjects).difference(known))))
        with told(WHAT, self._path), self._lock:
            rows: Any = self._connection.execute(_FIND, (missing,)).fetchall()
            stored: dict[bytes, bytes] = dict(rows)
            self._remember(stored)
        known.update(stored)
        return known

    def made(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of all these subjects; new ones are on the disk when this returns.

        Raises `NotWritableError`.
        """
        with self._lock:
            keys = self.drawn(subjects)
            self.store()
        return keys

    def drawn(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The same for whoever calls `store` before anything that was sealed with them counts."""
        with self._lock:
            keys = self._with_new(subjects)
            if len(self._drawn) > _DRAWN:
                self.store()
        return keys

    def store(self) -> None:
        """Bring new keys to the disk. Raises `NotWritableError`; they are not forgotten then."""
        with self._lock:
            if not self._drawn:
                return
            rows = sorted(self._drawn.items())
            with guarded(WHAT), transaction(self._connection):
                self._connection.executemany("INSERT INTO keys VALUES (?, ?)", rows)
            self._remember(self._drawn)
            self._drawn = {}

    def _with_new(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        known = self.found(subjects)
        unknown = [subject for subject in dict.fromkeys(subjects) if subject not in known]
        drawn = self._random_bytes(KEY_BYTES * len(unknown))
        new = {
            subject: drawn[number * KEY_BYTES : (number + 1) * KEY_BYTES]
            for number, subject in enumerate(unknown)
        }
        self._drawn.update(new)
        return known | new

    @contextmanager
    def held(self) -> Iterator[tuple[bytes, int, Iterator[tuple[bytes, bytes]]]]:
        """The secret, how many keys there are, and all of them in order, as of one instant."""
        if self._path is None:
            raise InputError("keys that are only in memory have no copy")
        with told(WHAT, self._path):
            reading = open_file(self._path, WHAT, MIGRATIONS)
            try:
                reading.execute("BEGIN")
                count = int(reading.execute("SELECT count(*) FROM keys").get)
                rows: Any = reading.execute("SELECT subject, key FROM keys ORDER BY subject")
                yield self._secret, count, rows
            finally:
                reading.close()

    @classmethod
    def restored(
        cls, path: Path, secret: bytes, records: Iterable[tuple[bytes, bytes]]
    ) -> SqliteKeyring:
        """Make a keyring of what `held` gave; an error of the records leaves none open."""
        keyring = cls(path, lambda _length: secret)
        try:
            with guarded(WHAT), transaction(keyring._connection):
                keyring._connection.executemany("INSERT INTO keys VALUES (?, ?)", records)
        except BaseException:
            keyring.close()
            raise
        keyring._random_bytes = os.urandom
        return keyring

    def destroy(self, subjects: Collection[bytes]) -> None:
        """Forget the keys of subjects for ever: what was sealed with them can be read no more."""
        with self._lock:
            self.store()
            with guarded(WHAT), transaction(self._connection):
                self._connection.executemany(
                    "DELETE FROM keys WHERE subject = ?", [(subject,) for subject in subjects]
                )
            for subject in subjects:
                self._cache.pop(subject, None)
            self.destroyed += 1
            with guarded(WHAT):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._path is not None:  # a copy from before would still have them
                for copy in copies_of(self._path):
                    copy.unlink()

    def _remember(self, keys: dict[bytes, bytes]) -> None:
        if len(self._cache) + len(keys) > _CACHED:
            self._cache.clear()
        self._cache.update(keys)


def _private(path: Path) -> None:
    """Make a new file one that nobody else may read; those beside it get the same rights."""
    with suppress(OSError):  # opening it tells what is wrong
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
