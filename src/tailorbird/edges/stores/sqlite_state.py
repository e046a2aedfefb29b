"""Live states in one SQLite file: they, who is who, the record and the position move together."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from tailorbird.delivery.outbox import Message
from tailorbird.edges.sqlite_files import (
    MADE_AGAIN,
    SqliteFile,
    What,
    position_in,
    told,
    transaction,
)
from tailorbird.edges.stores.sqlite_outbox import add_messages
from tailorbird.edges.stores.state_tables import MIGRATIONS
from tailorbird.events.cells import tagged
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.identity_memo import IdentityMemo
from tailorbird.kernel.values import MISSING, read_tagged
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.live import Change
from tailorbird.language.world import FOREVER
from tailorbird.people.parting import Link
from tailorbird.ports.states import LiveMeta, Pending, StoredPerson
from tailorbird.segments.membership import Turned, Turns

WHAT: Final = What("the live state", MADE_AGAIN)
_DERIVED: Final = ("people", "subjects", "links", "taken_back", "pending", "standings", "workspace")
_PUT: Final = (
    "INSERT INTO people VALUES (?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE SET "
    "name = excluded.name, wake_at = excluded.wake_at, standing = excluded.standing, "
    "state = excluded.state"
)
_MARK: Final = (
    "INSERT INTO pending (person, as_of, cause, standing) "
    "SELECT person, ?, ?, standing FROM people WHERE person NOT IN (SELECT person FROM pending)"
)


class SqliteState(SqliteFile):
    """The store of a workspace's live states.

    >>> with SqliteState(None) as store, store.transaction():
    ...     store.put_people([StoredPerson(1, "ann", 7, 1, b"")])
    ...     store.put_subjects([("ann", 1)])
    ...     store.person_of("ann"), store.due(9, 10)
    (1, [(7, 1)])
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)
        self._execute = self._connection.execute
        # States are made from the log again where a power cut took the last of them.
        self._execute("PRAGMA synchronous = NORMAL")
        self._is_synced = False
        """Whether the end of a transaction waits for the disk."""
        self._written: IdentityMemo[tuple[Change, ...], bytes] = IdentityMemo(_changes)

    @contextmanager
    def transaction(self, *, is_lasting: bool = False) -> Iterator[None]:
        """See `StateStore`."""
        if is_lasting != self._is_synced:  # it cannot be said within a transaction
            self._execute(f"PRAGMA synchronous = {'FULL' if is_lasting else 'NORMAL'}")
            self._is_synced = is_lasting
        with told(WHAT, self._path), transaction(self._connection):
            yield

    def make_lasting(self) -> None:
        """See `StateStore`: a commit with a sync takes all before it to the disk.

        What changes nothing would not be written.
        """
        with self.transaction(is_lasting=True):
            self._execute("UPDATE lasting SET number = (SELECT max(number) FROM record)")

    def meta(self) -> LiveMeta:
        """See `StateStore`."""
        return LiveMeta(*self._execute("SELECT position, clock_us, fingerprint FROM meta").get)

    @staticmethod
    def position_in(path: Path) -> int:
        """How far a file is, without changing it; raises `InputError`."""
        return position_in(path, WHAT)

    def put_meta(self, meta: LiveMeta) -> None:
        """See `StateStore`."""
        self._execute("UPDATE meta SET position = ?, clock_us = ?, fingerprint = ?", meta)

    def clear(self) -> None:
        """See `StateStore`."""
        self._execute("DROP TABLE IF EXISTS temp.before")
        self._execute("CREATE TEMP TABLE before AS SELECT name, standing FROM people")
        self._execute("CREATE INDEX temp.before_name ON before (name)")
        for table in _DERIVED:
            self._execute(f"DELETE FROM {table}")
        self.put_meta(LiveMeta())

    @contextmanager
    def beside(self, path: Path) -> Iterator[None]:
        """See `StateStore`."""
        self._execute("ATTACH ? AS beside", (str(path),))
        try:
            yield
        finally:
            self._execute("DETACH beside")

    def copy_beside(self) -> None:
        """See `StateStore`."""
        for table in (*_DERIVED, "meta"):
            self._execute(f"DELETE FROM main.{table}")
            self._execute(f"INSERT INTO main.{table} SELECT * FROM beside.{table}")

    def compared(self) -> Iterator[tuple[str, int | None, int | None]]:
        """See `StateStore`."""
        rows = self._execute(
            "SELECT people.name, before.standing, people.standing "
            "FROM people LEFT JOIN temp.before USING (name) UNION ALL "
            "SELECT name, standing, NULL FROM temp.before "
            "WHERE name NOT IN (SELECT name FROM people) ORDER BY 1"
        )
        yield from ((name, before, after) for name, before, after in rows)

    # People

    def person_of(self, subject: str) -> int | None:
        """See `StateStore`."""
        found: int | None = self._execute(
            "SELECT person FROM subjects WHERE subject = ?", (subject,)
        ).get
        return found

    def persons_of(self, subjects: Sequence[str]) -> dict[str, int]:
        """See `StateStore`."""
        if not subjects:
            return {}
        rows = self._execute(
            "SELECT subject, person FROM carray(?) JOIN subjects ON subject = value",
            (apsw.carray(tuple(subjects)),),
        )
        return dict(rows)

    def find(self, person: int) -> StoredPerson | None:
        """See `StateStore`."""
        found = self._execute(
            "SELECT person, name, wake_at, standing, state FROM people WHERE person = ?", (person,)
        ).get
        return None if found is None else StoredPerson(*found)

    def find_many(self, persons: Sequence[int]) -> list[StoredPerson]:
        """See `StateStore`."""
        if not persons:
            return []
        rows = self._execute(
            "SELECT person, name, wake_at, standing, state FROM carray(?) "
            "JOIN people ON person = value",
            (apsw.carray(array("q", persons)),),
        )
        return [StoredPerson(*row) for row in rows]

    def last_person(self) -> int:
        """See `StateStore`."""
        return int(self._execute("SELECT coalesce(max(person), 0) FROM people").get)

    def put_people(self, people: Iterable[StoredPerson]) -> None:
        """See `StateStore`."""
        self._connection.executemany(_PUT, people)

    def put_subjects(self, subjects: Iterable[tuple[str, int]]) -> None:
        """See `StateStore`."""
        self._connection.executemany("INSERT OR REPLACE INTO subjects VALUES (?, ?)", subjects)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """See `StateStore`: to sort once takes less than to put each in among millions."""
        made = self._execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('people', 'subjects')"
        ).fetchall()
        for name, _ in made:
            self._execute(f"DROP INDEX {name}")
        yield
        for _, statement in made:
            self._execute(str(statement))

    def put_names(self, but: Collection[int]) -> None:
        """See `StateStore`."""
        excepted = "WHERE person NOT IN (SELECT value FROM carray(?)) " if but else ""
        self._execute(
            f"INSERT OR REPLACE INTO subjects SELECT name, person FROM people {excepted}"
            "ORDER BY name",
            (apsw.carray(array("q", but)),) if but else (),
        )

    def subjects_of(self, person: int) -> list[str]:
        """See `StateStore`."""
        rows = self._execute(
            "SELECT subject FROM subjects WHERE person = ? ORDER BY subject", (person,)
        )
        return [subject for (subject,) in rows]

    def move(self, person: int, into: int) -> None:
        """See `StateStore`."""
        self._execute("UPDATE subjects SET person = ? WHERE person = ?", (into, person))
        self._execute("UPDATE links SET person = ? WHERE person = ?", (into, person))
        self.remove(person)

    def remove(self, person: int) -> None:
        """See `StateStore`."""
        for table in ("people", "subjects", "pending"):
            self._execute(f"DELETE FROM {table} WHERE person = ?", (person,))

    def rename(self, person: int, name: str) -> None:
        """See `StateStore`."""
        self._execute("UPDATE people SET name = ? WHERE person = ?", (name, person))

    # Who is who

    def add_link(self, person: int, link: Link) -> None:
        """See `StateStore`."""
        self._execute("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)", (*link, person))

    def links_of(self, person: int) -> list[Link]:
        """See `StateStore`."""
        rows = self._execute("SELECT id, one, other FROM links WHERE person = ?", (person,))
        return [Link(*row) for row in rows]

    def give_links(self, links: Iterable[Link], person: int) -> None:
        """See `StateStore`."""
        changed = [(person, link.id) for link in links]
        self._connection.executemany("UPDATE links SET person = ? WHERE id = ?", changed)

    def take_back(self, link: str) -> int | None:
        """See `StateStore`."""
        self._execute("INSERT OR IGNORE INTO taken_back VALUES (?)", (link,))
        found: int | None = self._execute(
            "DELETE FROM links WHERE id = ? RETURNING person", (link,)
        ).get
        return found

    def is_taken_back(self, link: str) -> bool:
        """See `StateStore`."""
        return self._execute("SELECT 1 FROM taken_back WHERE id = ?", (link,)).get is not None

    # Waking

    def due(self, until_us: int, most: int) -> list[tuple[int, int]]:
        """See `StateStore`."""
        rows = self._execute(
            f"SELECT wake_at, person FROM people WHERE wake_at <= ? AND wake_at < {FOREVER} "
            "ORDER BY wake_at, person LIMIT ?",
            (until_us, most),
        )
        return [(wake_at, person) for wake_at, person in rows]

    def next_wake_us(self) -> int | None:
        """See `StateStore`."""
        found: int | None = self._execute(
            f"SELECT min(wake_at) FROM people WHERE wake_at < {FOREVER}"
        ).get
        return found

    def wake_everybody(self, at_us: int) -> None:
        """See `StateStore`."""
        self._execute(
            "UPDATE people SET wake_at = ? WHERE wake_at > ? "
            "AND person NOT IN (SELECT person FROM pending)",
            (at_us, at_us),
        )

    # Standings

    def standing_number(self, key: bytes) -> int:
        """See `StateStore`."""
        found = self._execute("SELECT standing FROM standings WHERE key = ?", (key,)).get
        if found is None:
            self._execute("INSERT INTO standings (key) VALUES (?)", (key,))
            found = self._connection.last_insert_rowid()
        return int(found)

    def find_standing(self, standing: int) -> bytes | None:
        """See `StateStore`."""
        found: bytes | None = self._execute(
            "SELECT key FROM standings WHERE standing = ?", (standing,)
        ).get
        return found

    def standings(self) -> list[tuple[int, bytes]]:
        """See `StateStore`."""
        rows = self._execute("SELECT standing, key FROM standings")
        return [(standing, key) for standing, key in rows]

    def people_standing(self, standing: int, after: str, most: int) -> list[str]:
        """See `StateStore`."""
        rows = self._execute(
            "SELECT name FROM people WHERE standing = ? AND name > ? ORDER BY name LIMIT ?",
            (standing, after, most),
        )
        return [name for (name,) in rows]

    # Pending people

    def put_pending(self, pending: Pending) -> None:
        """See `StateStore`."""
        self._execute(
            "INSERT OR REPLACE INTO pending (person, as_of, cause, standing) VALUES (?, ?, ?, ?)",
            pending,
        )
        self._execute(
            "UPDATE people SET wake_at = ?, standing = ? WHERE person = ?",
            (FOREVER, pending.standing, pending.person),
        )

    def everybody_pending(self, as_of: int, cause: str) -> None:
        """See `StateStore`."""
        self._execute(_MARK, (as_of, cause))
        self._execute("UPDATE people SET wake_at = ?", (FOREVER,))

    def drop_pending(self, person: int) -> None:
        """See `StateStore`."""
        self._execute("DELETE FROM pending WHERE person = ?", (person,))

    def find_pending(self, person: int) -> Pending | None:
        """See `StateStore`."""
        found = self._execute(
            "SELECT person, as_of, cause, standing FROM pending WHERE person = ?", (person,)
        ).get
        return None if found is None else Pending(*found)

    def pending_among(self, persons: Sequence[int]) -> set[int]:
        """See `StateStore`."""
        if not persons:
            return set()
        rows = self._execute(
            "SELECT person FROM carray(?) JOIN pending ON person = value",
            (apsw.carray(array("q", persons)),),
        )
        return {person for (person,) in rows}

    def pending(
        self, most: int, among: Sequence[int] | None = None, but: Sequence[int] = ()
    ) -> list[Pending]:
        """See `StateStore`."""
        whose, listed = "NOT IN", but
        if among is not None:
            whose, listed = "IN", among
            if not listed:
                return []
        rows = self._execute(
            "SELECT person, as_of, cause, standing FROM pending "
            + (f"WHERE person {whose} (SELECT value FROM carray(?)) " if listed else "")
            + "ORDER BY number LIMIT ?",
            (*([apsw.carray(array("q", listed))] if listed else []), most),
        )
        return [Pending(*row) for row in rows]

    # The record

    def add_record(self, steps: Sequence[Turns]) -> None:
        """See `StateStore`."""
        written = self._written.of
        self._connection.executemany(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, subject, at_us, position, cause, written(changes))
                for subject, changes, at_us, position, cause, number in steps
            ],
        )

    def record(self, after: int, most: int) -> list[Turned]:
        """See `StateStore`."""
        rows = self._execute(
            "SELECT number, subject, at_us, position, cause, changes FROM record "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (after, most),
        )
        return [entry for row in rows for entry in _entries(*row)]

    def record_id(self) -> str:
        """See `StateStore`."""
        return str(self._execute("SELECT id FROM record_id").get)

    def last_number(self) -> int:
        """See `StateStore`."""
        return int(self._execute("SELECT coalesce(max(number), 0) FROM record").get)

    def first_number(self) -> int:
        """See `StateStore`."""
        return int(self._execute("SELECT coalesce(min(number), 0) FROM record").get)

    def forget_record(self, before_us: int, most: int) -> int:
        """See `StateStore`."""
        oldest = self._execute(
            "SELECT number, at_us FROM record WHERE number < (SELECT max(number) FROM record) "
            "ORDER BY number LIMIT ?",
            (most,),
        )
        steps: list[tuple[int, int]] = [(number, at_us) for number, at_us in oldest]
        gone = list(takewhile(lambda step: step[1] < before_us, steps))
        if gone:
            self._execute("DELETE FROM record WHERE number <= ?", (gone[-1][0],))
        return len(gone)

    def add_messages(self, messages: Iterable[Message]) -> None:
        """See `StateStore`."""
        add_messages(self._connection, messages)

    # The workspace

    def add_workspace_fact(self, fact: Fact) -> None:
        """See `StateStore`."""
        self._execute(
            "INSERT OR REPLACE INTO workspace VALUES (?, ?)", (fact.position, tagged(list(fact)))
        )

    def workspace_facts(self) -> list[Fact]:
        """See `StateStore`."""
        rows = self._execute("SELECT fact FROM workspace ORDER BY position")
        return [_fact(read_tagged(text)) for (text,) in rows]


def _fact(cells: Any) -> Fact:
    return Fact(*cells)


def _changes(changes: tuple[Change, ...]) -> bytes:
    """The stored form of changes."""
    plain = [(key, None if value is MISSING else value) for key, value in changes]
    return msgspec.msgpack.encode(plain)


def _entries(
    number: int, subject: str, at_us: int, position: int, cause: Any, changes: bytes
) -> Iterator[Turned]:
    for (kind, name), value in msgspec.msgpack.decode(changes):
        key = (kind, name)
        found = MISSING if key == PERSONAS and value is None else value
        yield Turned(subject, key, found, at_us, position, cause, number)
