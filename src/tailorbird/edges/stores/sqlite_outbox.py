"""Messages that wait to be sent, in the file of the live states: they are made in one commit.

Of those about one person for one endpoint the first that is open has an instant at which it is due;
the others wait behind it, due never, until it has arrived or was given up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw

from tailorbird.delivery.health import Health
from tailorbird.delivery.outbox import Message, claimed, given_up, interrupted, revived
from tailorbird.edges.sqlite_files import MADE_AGAIN, SqliteFile, What, told, transaction
from tailorbird.edges.stores.state_tables import MIGRATIONS
from tailorbird.language.world import FOREVER
from tailorbird.ports.delivery import HeldBack, Standing

WHAT: Final = What("the outbox", MADE_AGAIN)
_COLUMNS: Final = (
    "id, endpoint, subject, event, body, state, tries, first_us, due_us, told, "
    "purposes, about, is_exit, is_sealed"
)
_FREE: Final = "purposes = ''"
_ROUNDS: Final = 20
"""So often a claim looks for more in the place of messages that were held back."""
_OPEN: Final = "state IN ('pending', 'claimed', 'failed')"
_WAITING: Final = "state IN ('pending', 'failed')"
_AT_A_TIME: Final = 10_000


def add_messages(connection: apsw.Connection, messages: Iterable[Message]) -> None:
    """Put new messages behind all others; the caller's transaction makes them durable."""
    for message in messages:
        row = (message.endpoint, message.subject)
        is_behind = connection.execute(
            f"SELECT 1 FROM messages WHERE endpoint = ? AND subject = ? AND {_OPEN}", row
        ).get
        due_us = FOREVER if is_behind else message.due_us
        connection.execute(
            f"INSERT INTO messages ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_free_id(connection, message.id), *message[1:8], due_us, *message[9:]),
        )


def _free_id(connection: apsw.Connection, id_: str) -> str:
    """The id, with a number behind it where a message that says the same is still here."""
    found, number = id_, 1
    while connection.execute("SELECT 1 FROM messages WHERE id = ?", (found,)).get:
        number += 1
        found = f"{id_}_{number}"
    return found


class SqliteOutbox(SqliteFile):
    """The outbox of a project, for whoever sends; a connection of its own beside the states'.

    >>> with SqliteOutbox(None) as outbox, outbox.transaction():
    ...     outbox.add([Message("msg_1", "crm", "ann", "segment.left", b"{}")])
    ...     [message.state for message in outbox.claim("crm", 5, 10)]
    ['claimed']
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file of the states at a path; None keeps it in memory."""
        super().__init__(path, WHAT, MIGRATIONS)
        self._execute = self._connection.execute

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `Outbox`."""
        with told(WHAT, self._path), transaction(self._connection):
            yield

    def add(self, messages: Iterable[Message]) -> None:
        """See `Outbox`."""
        add_messages(self._connection, messages)

    # Sending

    def recover(self) -> list[Message]:
        """See `Outbox`."""
        found = [interrupted(message) for message in self._select("state = 'claimed'")]
        for message in found:
            self._put(message)
        return found

    def claim(
        self, endpoint: str, now_us: int, most: int, is_held_back: HeldBack | None = None
    ) -> list[Message]:
        """See `Outbox`."""
        found: list[Message] = []
        for _ in range(_ROUNDS):
            due = self._due(endpoint, now_us, most - len(found), is_open=is_held_back is not None)
            for message in due:
                if message.purposes and is_held_back is not None and is_held_back(message):
                    self._execute("DELETE FROM messages WHERE id = ?", (message.id,))
                    self._release(message)
                else:
                    found.append(claimed(message, now_us))
                    self._put(found[-1])
                    self._note_told(message)
            if len(found) == most or not due:
                break
        return found

    def _due(self, endpoint: str, now_us: int, most: int, *, is_open: bool) -> list[Message]:
        return self._select(
            f"endpoint = ? AND {_WAITING} AND due_us < {FOREVER} AND due_us <= ? "
            f"AND ({is_open:d} OR {_FREE}) ORDER BY due_us, number LIMIT ?",
            (endpoint, now_us, most),
        )

    def next_due_us(self, endpoint: str, *, is_open: bool = True) -> int | None:
        """See `Outbox`."""
        found: int | None = self._execute(
            f"SELECT min(due_us) FROM messages WHERE endpoint = ? AND {_WAITING} "
            f"AND due_us < {FOREVER} AND ({is_open:d} OR {_FREE})",
            (endpoint,),
        ).get
        return found

    def _note_told(self, message: Message) -> None:
        """From the first try on it may have arrived."""
        if message.purposes and not message.is_exit:
            row = (message.endpoint, message.subject, message.about)
            self._execute("INSERT OR IGNORE INTO told_entries VALUES (?, ?, ?)", row)

    def discard(self, message: Message) -> None:
        """See `Outbox`."""
        self._execute("DELETE FROM messages WHERE id = ?", (message.id,))
        row = (message.endpoint, message.subject)
        self._execute("DELETE FROM told_entries WHERE endpoint = ? AND subject = ?", row)
        self._release(message)

    def was_told(self, message: Message) -> bool:
        """See `Outbox`."""
        row = (message.endpoint, message.subject, message.about)
        asked = "SELECT 1 FROM told_entries WHERE endpoint = ? AND subject = ? AND about = ?"
        return self._execute(asked, row).get is not None

    def keep(self, message: Message, now_us: int) -> None:
        """See `Outbox`."""
        if message.state == "sent":
            self._execute("DELETE FROM messages WHERE id = ?", (message.id,))
            if message.is_exit and message.purposes:
                row = (message.endpoint, message.subject, message.about)
                gone = "DELETE FROM told_entries WHERE endpoint = ? AND subject = ? AND about = ?"
                self._execute(gone, row)
        else:
            self._put(message)
        if message.state == "dead":
            self._execute("UPDATE messages SET dead_us = ? WHERE id = ?", (now_us, message.id))
        if message.state in ("sent", "dead"):
            self._release(message)

    def _release(self, ended: Message) -> None:
        """Let the next message about the same person go."""
        self._execute(
            "UPDATE messages SET due_us = 0 WHERE number = (SELECT min(number) FROM messages "
            f"WHERE endpoint = ? AND subject = ? AND {_OPEN}) AND due_us = {FOREVER}",
            (ended.endpoint, ended.subject),
        )

    def give_up(self, endpoint: str, why: str, now_us: int) -> None:
        """See `Outbox`."""
        while some := self._select(
            f"endpoint = ? AND {_OPEN} AND {_WAITING} LIMIT {_AT_A_TIME}", (endpoint,)
        ):
            for message in some:
                self._put(given_up(message, why))
                self._execute("UPDATE messages SET dead_us = ? WHERE id = ?", (now_us, message.id))

    def drop(self, endpoint: str) -> None:
        """See `Outbox`."""
        with self.transaction():
            self._execute("DELETE FROM messages WHERE endpoint = ?", (endpoint,))
            self._execute("DELETE FROM health WHERE endpoint = ?", (endpoint,))
            self._execute("DELETE FROM told_entries WHERE endpoint = ?", (endpoint,))

    def endpoints(self) -> list[str]:
        """See `Outbox`."""
        rows = self._execute("SELECT endpoint FROM messages UNION SELECT endpoint FROM health")
        return [name for (name,) in rows]

    def forget_dead(self, before_us: int) -> None:
        """See `Outbox`."""
        self._execute("DELETE FROM messages WHERE state = 'dead' AND dead_us < ?", (before_us,))

    # How endpoints are

    def health(self, endpoint: str) -> Health:
        """See `Outbox`."""
        found = self._execute(
            "SELECT sent, sent_us, failures, failing_since_us, failed_us, resume_us, told "
            "FROM health WHERE endpoint = ?",
            (endpoint,),
        ).get
        return Health() if found is None else Health(*found)

    def put_health(self, endpoint: str, health: Health) -> None:
        """See `Outbox`."""
        self._execute(
            "INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (endpoint, *health)
        )

    def forgive(self, endpoint: str) -> None:
        """See `OutboxDesk`."""
        with self.transaction():
            known = self.health(endpoint)
            self.put_health(endpoint, Health(sent=known.sent, sent_us=known.sent_us))

    def standing(self, endpoint: str) -> Standing:
        """See `OutboxDesk`."""
        with told(WHAT, self._path):
            counted = f"SELECT count(*) FROM messages WHERE endpoint = ? AND {_OPEN}"
            waiting = int(self._execute(counted, (endpoint,)).get)
            counted = "SELECT count(*) FROM messages WHERE endpoint = ? AND state = 'dead'"
            dead = int(self._execute(counted, (endpoint,)).get)
            return Standing(waiting, dead, self.health(endpoint))

    # What was given up

    def dead(self, endpoint: str, most: int) -> list[Message]:
        """See `OutboxDesk`."""
        with told(WHAT, self._path):
            return self._select(
                "endpoint = ? AND state = 'dead' ORDER BY number DESC LIMIT ?", (endpoint, most)
            )

    def revive(self, endpoint: str, ids: Collection[str] | None) -> int:
        """See `Outbox`."""
        with self.transaction():
            found = [
                message
                for message in self._select(
                    "endpoint = ? AND state = 'dead' ORDER BY number", (endpoint,)
                )
                if ids is None or message.id in ids
            ]
            for message in found:
                self._execute("DELETE FROM messages WHERE id = ?", (message.id,))
            self.add(revived(message) for message in found)
        return len(found)

    def _select(self, where: str, given: Sequence[Any] = ()) -> list[Message]:
        rows = self._execute(f"SELECT {_COLUMNS} FROM messages WHERE {where}", tuple(given))
        return [Message._make((*row[:-2], bool(row[-2]), bool(row[-1]))) for row in rows]

    def _put(self, message: Message) -> None:
        self._execute(
            "UPDATE messages SET state = ?, tries = ?, first_us = ?, due_us = ?, told = ? "
            "WHERE id = ?",
            (*message[5:10], message.id),
        )
