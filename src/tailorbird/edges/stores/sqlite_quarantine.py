"""Messages that are kept aside until what was wrong is put right: nothing else has them.

They are sealed like facts are. Whoever sent one was told that it is here, so it is on the disk by
then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import What, told
from tailorbird.edges.stores.sealed_items import Kind, SealedItems
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.governance.seals import HASH_BYTES
from tailorbird.kernel import limits
from tailorbird.ports.quarantine import Held
from tailorbird.ports.rejects import StoredReject

WHAT: Final = What(
    "the quarantine",
    "what is in it is nowhere else; without it the server goes on, and makes a new one: rm {path}",
)
MIGRATIONS: Final = (
    """
    CREATE TABLE quarantine (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_us INTEGER NOT NULL,
        call TEXT NOT NULL,
        key TEXT NOT NULL,
        sort TEXT NOT NULL,
        subject BLOB,
        length INTEGER NOT NULL,
        kept INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        id BLOB
    ) STRICT;
    CREATE INDEX quarantine_at ON quarantine (at_us);
    CREATE INDEX quarantine_subject ON quarantine (subject) WHERE subject IS NOT NULL;
    CREATE UNIQUE INDEX quarantine_id ON quarantine (id) WHERE id IS NOT NULL;
    CREATE TABLE held (messages INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
    INSERT INTO held VALUES (0, 0);
    CREATE TRIGGER quarantine_added AFTER INSERT ON quarantine BEGIN
        UPDATE held SET messages = messages + 1, bytes = bytes + NEW.kept;
    END;
    CREATE TRIGGER quarantine_changed AFTER UPDATE ON quarantine BEGIN
        UPDATE held SET bytes = bytes + NEW.kept - OLD.kept;
    END;
    CREATE TRIGGER quarantine_gone AFTER DELETE ON quarantine BEGIN
        UPDATE held SET messages = messages - 1, bytes = bytes - OLD.kept;
    END;
    """,
)
_AT_ONCE: Final = 1_000
_IN: Final = "WHERE number IN (SELECT value FROM json_each(?))"


class SqliteQuarantine(SealedItems):
    """The messages that are kept aside; threads and processes may share it.

    >>> item = RejectedItem(5, "track", "k1", Refusal("plan", "no price"), "ann", b"{}", 2, b"{}")
    >>> with SqliteKeyring(None) as keyring, SqliteQuarantine(None, keyring) as quarantine:
    ...     quarantine.keep([item], before_us=0), quarantine.held().messages
    (0, 1)
    """

    def __init__(
        self,
        path: Path | None,
        keyring: SqliteKeyring,
        most_bytes: int = 256_000_000,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        nobody = blake2b(b"messages kept aside", digest_size=HASH_BYTES).digest()
        kind = Kind(WHAT, "quarantine", MIGRATIONS, nobody, limits.QUARANTINED, most_bytes)
        super().__init__(path, keyring, kind, random_bytes)

    def keep(self, items: Sequence[RejectedItem], before_us: int) -> int:
        """See `Quarantine`."""
        rows = [(*row, len(row[-1])) for row in self._sealed(items)]
        ids = [self._hash_of(f"message {one.id}") if one.id else None for one in items]
        with self._changing():
            self._connection.executemany(
                "INSERT INTO quarantine (at_us, call, key, sort, subject, length, sealed, kept, id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(*row, id_) for row, id_ in zip(rows, ids, strict=True)],
            )
            return self._trim(before_us)

    def oldest(self, most: int, *, after: int = 0) -> list[StoredReject]:
        """See `Quarantine`."""
        return self._found("WHERE number > ? ORDER BY number LIMIT ?", (after, most))

    def settle(self, taken: Collection[int], still: Mapping[int, Refusal]) -> None:
        """See `Quarantine`."""
        self.drop(taken)
        again = {number: self.find(number) for number in still}
        found = {n: one for n, one in again.items() if one is not None and not one.is_erased}
        items = [one.item._replace(refusal=still[number]) for number, one in found.items()]
        rows = list(self._sealed(items))
        with self._changing():
            self._connection.executemany(
                "UPDATE quarantine SET sort = ?, sealed = ?, kept = ? WHERE number = ?",
                [(row[3], row[6], len(row[6]), n) for row, n in zip(rows, found, strict=True)],
            )

    def drop(self, numbers: Collection[int]) -> int:
        """See `Quarantine`."""
        return self._delete(_IN, (str(sorted(numbers)),)) if numbers else 0

    def held(self) -> Held:
        """See `Quarantine`."""
        with self._lock, told(WHAT, self._path):
            rows: Any = self._execute("SELECT messages, bytes FROM held").fetchall()
        return Held(*rows[0])

    def _trim(self, before_us: int) -> int:
        """Let the oldest go, as everywhere, without a look at all of them."""
        self._execute("DELETE FROM quarantine WHERE at_us < ?", (before_us,))
        gone = int(self._connection.changes())
        while excess := self._excess():
            self._execute("DELETE FROM quarantine WHERE number <= ?", (excess,))
            gone += int(self._connection.changes())
        return gone

    def _excess(self) -> int:
        """The number up to which messages are too many or too large; 0 when none are."""
        messages, size = self.held()
        too_many, too_large = messages - self._kind.most, size - self._kind.most_bytes
        last = 0
        rows: Any = self._execute(
            "SELECT number, kept FROM quarantine ORDER BY number LIMIT ?", (_AT_ONCE,)
        ).fetchall()
        for number, kept in rows:
            if too_many <= 0 and too_large <= 0:
                break
            too_many, too_large, last = too_many - 1, too_large - kept, number
        return last
