"""The groups of a log as they stand in its file, still sealed: what copies are made of.

No key is needed to copy a group, nor to see that it is sound. A group never changes once it is
written.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.edges.sqlite_files import SqliteFile, What, guarded, told, transaction
from tailorbird.governance.seals import HASH_BYTES
from tailorbird.kernel.errors import InputError
from tailorbird.ports.log import DamagedLogError

WHAT: Final = What("the log", "restore it: tailorbird restore BACKUP NEW --keys FILE")
MIGRATIONS: Final = (
    """
    CREATE TABLE meta (
        epoch INTEGER NOT NULL,
        end_position INTEGER NOT NULL,
        known_us INTEGER NOT NULL,
        keyring BLOB NOT NULL
    ) STRICT;
    INSERT INTO meta VALUES (0, 0, 0, x'');
    CREATE TABLE groups (
        first_position INTEGER PRIMARY KEY,
        count INTEGER NOT NULL,
        ids BLOB NOT NULL,
        ids_checksum INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        blob BLOB NOT NULL
    ) STRICT;
    """,
)
"""Step n makes a file of version n out of one of version n - 1; steps are only ever added."""
_SELECT: Final = "SELECT first_position, count, ids, ids_checksum, checksum, blob FROM groups "


def checked(first: int, count: int, data: bytes) -> int:
    """A checksum that also notices when data stands under another position."""
    return zlib.crc32(data, zlib.crc32(b"%d %d" % (first, count)))


class RawGroup(NamedTuple):
    """One commit group."""

    first_position: int
    facts: int
    ids: bytes
    ids_checksum: int
    checksum: int
    blob: bytes

    @property
    def end_position(self) -> int:
        """The position behind its last fact."""
        return self.first_position + self.facts

    @property
    def is_sound(self) -> bool:
        """Whether it is what was written, and under its own position."""
        first, count = self.first_position, self.facts
        return (
            isinstance(self.ids, bytes)
            and isinstance(self.blob, bytes)
            and len(self.ids) == count * HASH_BYTES > 0
            and checked(first, count, self.ids) == self.ids_checksum
            and checked(first, count, self.blob) == self.checksum
        )


class LogCut(NamedTuple):
    """How far a log is, in one instant."""

    end_position: int
    known_us: int
    epoch: int
    keyring: bytes
    """The fingerprint of its keys; empty in a log that nobody has written to."""


class RawLog(SqliteFile):
    """A log's file without its keys; whoever writes to it is not disturbed.

    >>> with RawLog(None) as log:
    ...     log.cut()
    LogCut(end_position=0, known_us=0, epoch=0, keyring=b'')
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)

    def cut(self) -> LogCut:
        """How far it is now: the groups below that end are all there."""
        with told(WHAT, self._path):
            found = self._connection.execute(
                "SELECT end_position, known_us, epoch, keyring FROM meta"
            ).get
        if found is None or None in found:
            raise InputError(f"the log {self._path} is damaged; restore it from a backup")
        return LogCut(*found)

    def groups(self, position: int, end: int) -> Iterator[RawGroup]:
        """The groups from one that begins at a position to an end, each looked at.

        They are found one by one, so that nothing holds up the file's checkpoints meanwhile.
        Raises `DamagedLogError`.
        """
        while position < end:
            group = self._group(_SELECT + "WHERE first_position = ?", position)
            if group is None:
                raise DamagedLogError(position, self._next(position, end) - position)
            if not group.is_sound:
                raise DamagedLogError(position, max(group.facts, 1))
            yield group
            position = group.end_position

    def sampled(self, most: int) -> Iterator[RawGroup]:
        """Some groups, spread over the whole log, the first and the last among them."""
        end = self.cut().end_position
        last = -1
        for number in range(most):
            group = self.last_below(max(end * number // max(most - 1, 1), 1))
            if group is None:
                raise DamagedLogError(0, end)
            if group.first_position > last:
                yield from self.groups(group.first_position, group.first_position + 1)
                last = group.first_position

    def last_below(self, end: int) -> RawGroup | None:
        """The last group that begins below a position."""
        return self._group(
            _SELECT + "WHERE first_position < ? ORDER BY first_position DESC LIMIT 1", end
        )

    def _group(self, sql: str, position: int) -> RawGroup | None:
        with told(WHAT, self._path):
            found = self._connection.execute(sql, (position,)).get
        return None if found is None else RawGroup(*found)

    def _next(self, position: int, end: int) -> int:
        with told(WHAT, self._path):
            found = self._connection.execute(
                "SELECT min(first_position) FROM groups WHERE first_position > ?", (position,)
            ).get
        return end if found is None else int(found)

    # Making a log out of copies

    def put(self, groups: Iterable[RawGroup]) -> None:
        """Write groups that were copied from another log, in one transaction."""
        with guarded(WHAT), transaction(self._connection):
            self._connection.executemany("INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)", groups)

    def finish(self, cut: LogCut) -> None:
        """Say how far the log is that all of the groups make up; it is on the disk afterwards."""
        with guarded(WHAT), transaction(self._connection):
            self._connection.execute(
                "UPDATE meta SET end_position = ?, known_us = ?, epoch = ?, keyring = ?", cut
            )
        with guarded(WHAT):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
