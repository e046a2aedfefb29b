"""The log in one SQLite file: one sealed blob for each commit group, synced before it is told.

``docs/decisions/0004-log-format.md`` says why it is as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final, NamedTuple, Self

import apsw
import numpy as np

from tailorbird.edges.logs.fresh_facts import FreshFacts
from tailorbird.edges.logs.lease import Lease
from tailorbird.edges.logs.packed_rows import rows_in
from tailorbird.edges.logs.raw_groups import MIGRATIONS, WHAT, checked
from tailorbird.edges.logs.sealed_groups import (
    Frame,
    frames_of,
    opened,
    packed,
    subjects_in,
    unpacked,
)
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.sqlite_files import guarded, open_file, told
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.known_ids import KnownIds
from tailorbird.governance.seals import HASH_BYTES, BrokenSealError
from tailorbird.kernel.errors import InputError
from tailorbird.ports.log import (
    DamagedLogError,
    LogChunk,
    Logged,
    NotWritableError,
    PackedChunk,
    StaleWriterError,
)

_IDS_AT_ONCE: Final = 2_000_000
"""About so many ids are sorted together when a log is opened for writing."""
_PACKED: Final = 50_000
"""About so many facts are packed together."""


class SqliteLog:
    """Accepted facts in the order of acceptance, each message id once, for as long as it is kept.

    >>> from tailorbird.events.columns import columns_of
    >>> from tailorbird.kernel.facts import Fact
    >>> fact = Fact("ann", 5, "m1", "Seen", {}, {}, True, True, "web", 0, 5)
    >>> with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
    ...     with log.writing(now_us=9) as writing:
    ...         writing(columns_of([fact, fact])).duplicates
    ...     log.read(0, 10).columns.id
    [1]
    ['m1']
    """

    def __init__(
        self,
        path: Path | None,
        keyring: SqliteKeyring,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Open or make the log at a path; None keeps it in memory.

        Whoever writes first becomes the writer, until it is closed; reading needs no lease.
        """
        self._path = path
        self._keyring = keyring
        self._random_bytes = random_bytes
        self._lease: Lease | None = None
        self._known = KnownIds()
        self._is_learnt = False
        self._fresh: FreshFacts | None = None
        self._destroyed = keyring.destroyed
        self._epoch: int | None = None
        self._failed: str | None = None
        self._end = self._known_us = 0
        self._connection = open_file(path, WHAT, MIGRATIONS)
        self._writing = RLock()
        # Reading has a connection of its own, so that it need not wait for anybody's sync.
        self._reader, self._reading = self._connection, self._writing
        try:
            if path is not None:
                self._reader, self._reading = open_file(path, WHAT, MIGRATIONS), RLock()
            self._find_end()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._reader.close()
        self._connection.close()
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def _find_end(self) -> None:
        with told(WHAT, self._path):
            found = self._connection.execute("SELECT end_position, known_us, keyring FROM meta").get
        if found is None or None in found:
            raise InputError(f"the log {self._path} is damaged; restore it from a backup")
        self._end, self._known_us, keyring = found
        if keyring and keyring != self._keyring.fingerprint:
            raise InputError(
                f"the keys in {self._keyring.name} are not those of the log {self._path}: put the "
                "copy of its keys there; without them nothing in the log can be read"
            )

    def become_writer(self) -> None:
        """Take the lease and learn which ids there are; the first writing does it by itself.

        Raises `HeldElsewhereError` when another process has the lease.
        """
        self.take_lease()
        self.learn_ids()

    def take_lease(self) -> None:
        """See that nobody else writes from now on; raises `HeldElsewhereError` when one does."""
        if self._epoch is not None:
            return
        if self._path is not None and self._lease is None:
            self._lease = Lease(self._path.with_suffix(".lock"))
        with told(WHAT, self._path):
            self._epoch = self._connection.execute(
                "UPDATE meta SET epoch = epoch + 1, keyring = ? RETURNING epoch",
                (self._keyring.fingerprint,),
            ).get
        self._find_end()

    def learn_ids(self) -> None:
        """Read which ids there are, which takes 0.2 seconds a million; writing waits for it."""
        with self._writing:
            if not self._is_learnt:
                self._learn_ids()
                self._is_learnt = True

    def _learn_ids(self) -> None:
        gathered = bytearray()
        following = 0
        rows = "SELECT first_position, count, ids_checksum, ids FROM groups ORDER BY 1"
        with told(WHAT, self._path):
            for first, count, checksum, ids in _sound(self._connection.execute(rows), 0, self._end):
                _expect(first, following)
                if len(ids) != count * HASH_BYTES or checked(first, count, ids) != checksum:
                    raise DamagedLogError(first, count)
                following = first + count
                gathered += ids
                if len(gathered) >= _IDS_AT_ONCE * HASH_BYTES:
                    self._known.add_many(bytes(gathered))
                    gathered.clear()
        _expect(self._end, following)
        self._known.add_many(bytes(gathered))

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return self._end

    @property
    def bytes_for_ids(self) -> int:
        """The memory that knowing all message ids takes."""
        return self._known.bytes_held

    # Writing

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""
        with self.writing(now_us) as writing:
            return [writing(columns) for columns in batches]

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        """Append batches with the function that is given, all of them or, after an error, none.

        They are on the disk when the block is left without an error, and not before. Raises
        `NotWritableError` and `StaleWriterError`; after a lasting one of the first nothing is
        written any more.
        """
        with self._writing, self._lasting():
            self.become_writer()
            writer = _Writer(self, now_us)
            try:
                with guarded(WHAT):
                    self._begin()
                yield writer.append
                self._keyring.store()
                with guarded(WHAT):
                    self._connection.execute(
                        "UPDATE meta SET end_position = ?, known_us = ?",
                        (writer.end, writer.known_us),
                    )
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            if self._fresh is not None:
                self._fresh.absorb(writer.fresh)
            self._end, self._known_us = writer.end, writer.known_us
            self._known.absorb(writer.new_ids)

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        if self._connection.execute("SELECT epoch FROM meta").get != self._epoch:
            self._failed = str(StaleWriterError())
            raise StaleWriterError

    @contextmanager
    def _lasting(self) -> Iterator[None]:
        """Stay closed to writing once it is unknown what is on the disk."""
        if self._failed is not None:
            raise NotWritableError(self._failed, is_lasting=True)
        try:
            yield
        except NotWritableError as error:
            if error.is_lasting:
                self._failed = str(error)
            raise

    # Reading

    def hold_fresh(self) -> None:
        """Keep the newest facts in memory from now on, for those who read as it is written."""
        self._fresh = FreshFacts()

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many: whole groups, at least one if there is one.

        Those of subjects whose key was destroyed are left out. Raises `DamagedLogError`.
        """
        fresh = self._fresh
        if fresh is not None and self._keyring.destroyed != self._destroyed:
            self._destroyed = self._keyring.destroyed
            fresh.clear()
        return (fresh and fresh.read(position, most)) or self._stored(position, most)

    def packed_from(self, position: int, end: int) -> Iterator[PackedChunk]:
        """The facts from a position to an end at which a group ends, for whoever wants them all."""
        while position < end:
            chunk = self._packed(position, min(position + _PACKED, end))
            yield chunk
            position = chunk.next_position

    def next_group(self, position: int) -> int:
        """Where the first group from a position on begins; the end of the log without one."""
        with told(WHAT, self._path), self._reading:
            found = self._reader.execute(
                "SELECT min(first_position) FROM groups WHERE first_position >= ?", (position,)
            ).get
        return self._end if found is None else int(found)

    def _stored(self, position: int, most: int) -> LogChunk:
        rows: list[tuple[Any, ...]] = []
        positions: list[int] = []
        following = position
        with told(WHAT, self._path), self._reading:
            for group in self._groups_up_to(position, position + most):
                with _sealed_well(group.first, group.facts):
                    found = unpacked(group.frames, group.first, group.keys)
                for place, row in found:
                    if group.first + place >= position:
                        positions.append(group.first + place)
                        rows.append(row)
                following = group.first + group.facts
        return LogChunk(columns_from_rows(rows), positions, following)

    def _packed(self, position: int, reach: int) -> PackedChunk:
        plains: list[bytes] = []
        placed: list[int] = []
        following = position
        with told(WHAT, self._path), self._reading:
            for group in self._groups_up_to(position, reach):
                with _sealed_well(group.first, group.facts):
                    for places, plain in opened(group.frames, group.first, group.keys):
                        placed.extend([group.first + place for place in places])
                        plains.append(plain)
                following = group.first + group.facts
        with _sealed_well(position, following - position):
            columns = rows_in(plains)
        positions = np.array(placed, np.int64)
        order = np.argsort(positions)
        order = order[np.searchsorted(positions[order], position) :]
        return PackedChunk(columns.picked(order), positions[order], following)

    def _groups_up_to(self, position: int, reach: int) -> Iterator[_Sealed]:
        """The groups from the one that holds a position on, until a place is reached."""
        following = position
        for first, count, checksum, blob in self._groups(position):
            _expect(max(first, position), following)
            if checked(first, count, blob) != checksum:
                raise DamagedLogError(first, count)
            with _sealed_well(first, count):
                frames = frames_of(blob)
            keys = self._keyring.found([frame.subject for frame in frames])
            yield _Sealed(first, count, frames, keys)
            following = first + count
            if following >= reach:
                break

    def _groups(self, position: int) -> Iterator[tuple[int, int, int, bytes]]:
        """The groups that hold a position and those behind it; raises where some are missing."""
        end = self._end
        found = self._reader.execute(
            "SELECT first_position, count, checksum, blob FROM groups WHERE first_position >= "
            "coalesce((SELECT max(first_position) FROM groups WHERE first_position <= ?), 0) "
            "ORDER BY first_position",
            (position,),
        )
        reached = position
        for group in _sound(found, position, end):
            if group[0] + group[1] > position:
                reached = group[0] + group[1]
                yield group
        _expect(max(end, reached), reached)


class _Sealed(NamedTuple):
    """One group as it is stored, and the keys that its subjects still have."""

    first: int
    facts: int
    frames: Sequence[Frame]
    keys: dict[bytes, bytes]


@contextmanager
def _sealed_well(first: int, count: int) -> Iterator[None]:
    """Tell what cannot be opened or understood as damage at its positions."""
    try:
        yield
    except (ValueError, BrokenSealError) as error:
        raise DamagedLogError(first, count) from error


def _sound(rows: Iterable[Any], position: int, end: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Groups as the file gives them, where it gives any sense."""
    reached = position
    try:
        for first, count, checksum, blob in rows:
            if not (isinstance(first, int) and isinstance(count, int) and isinstance(blob, bytes)):
                raise DamagedLogError(reached, max(end - reached, 1))
            yield first, count, checksum, blob
            reached = max(reached, first + count)
    except apsw.CorruptError as error:
        raise DamagedLogError(reached, max(end - reached, 1)) from error


def _expect(found: int, position: int) -> None:
    """Raise when the groups do not follow each other without a gap."""
    if found != position:
        first, end = sorted((found, position))
        raise DamagedLogError(first, end - first)


class _Writer:
    """The batches of one transaction."""

    def __init__(self, log: SqliteLog, now_us: int) -> None:
        self._log = log
        self.end = log._end
        self.known_us = max(now_us, log._known_us)
        self.new_ids = KnownIds()
        self.fresh = FreshFacts()

    def append(self, columns: FactColumns) -> Logged:
        """Add one batch as one group; only what is new in it is written."""
        first = self.end
        hashes = self._log._keyring.hashes_of(columns.id)
        duplicates = self._duplicates(hashes)
        new = columns.without(duplicates)
        new = new._replace(
            known_us=[self.known_us if known is None else known for known in new.known_us]
        )
        if new.length:
            kept = [hash_ for place, hash_ in enumerate(hashes) if place not in duplicates]
            self._write(new, kept)
            self.fresh.add(first, new)
            self.end = first + new.length
        return Logged(first, new, sorted(duplicates))

    def _duplicates(self, hashes: Sequence[bytes]) -> set[int]:
        stored, new = self._log._known.among(hashes), self.new_ids.among(hashes)
        found: set[int] = set()
        within: set[bytes] = set()
        for place, hash_ in enumerate(hashes):
            if stored[place] or new[place] or hash_ in within:
                found.add(place)
            else:
                within.add(hash_)
        self.new_ids.add(list(within))
        return found

    def _write(self, new: FactColumns, hashes: Sequence[bytes]) -> None:
        log = self._log
        subjects = subjects_in(new)
        hashed = dict(zip(subjects, log._keyring.hashes_of(subjects), strict=True))
        keys = log._keyring.drawn(list(hashed.values()))
        blob = packed(new, subjects, self.end, hashed.__getitem__, keys, log._random_bytes)
        ids = b"".join(hashes)
        assert len(ids) == HASH_BYTES * new.length
        first, count = self.end, new.length
        checksums = checked(first, count, ids), checked(first, count, blob)
        with guarded(WHAT):
            log._connection.execute(
                "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)",
                (first, count, ids, *checksums, blob),
            )
