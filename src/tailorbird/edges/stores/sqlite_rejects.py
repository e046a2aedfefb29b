"""Messages that the collector did not take: for looking, not to last."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import What
from tailorbird.edges.stores.sealed_items import Kind, SealedItems
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.governance.seals import HASH_BYTES
from tailorbird.kernel import limits

__all__ = ["Refusal", "RejectedItem", "SqliteKeyring", "SqliteRejects"]

WHAT: Final = What(
    "the store of rejected messages",
    "without it the server goes on, and makes a new one: rm {path}",
)
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


class SqliteRejects(SealedItems):
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
        nobody = blake2b(b"rejected messages", digest_size=HASH_BYTES).digest()
        most, size = limits.REJECTS, limits.REJECTS_BYTES
        kind = Kind(WHAT, "rejects", MIGRATIONS, nobody, most, size)
        super().__init__(path, keyring, kind, random_bytes)
        # Nobody was promised that they stay, so a lost one costs less than the disk's time.
        self._execute("PRAGMA synchronous = NORMAL")
