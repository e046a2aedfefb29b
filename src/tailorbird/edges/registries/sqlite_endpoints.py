"""Endpoints of webhooks in the registry's file, read again when anybody has changed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tailorbird.delivery.endpoints import Endpoint, SealedSecret
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry

_COLUMNS = "id, url, events, segments, causes, created_us, disabled_us, reason"


class SqliteEndpoints(SqliteRegistry):
    """The registry, with the endpoints that are kept in it.

    >>> with SqliteEndpoints(None) as kept:
    ...     crm = Endpoint("e1", "https://crm.example", ("segment.left",), (), ("time",), 5)
    ...     kept.add_endpoint(crm, SealedSecret(b"sealed", 5))
    ...     kept.endpoints() == {"e1": crm}
    True
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the registry at a path; None keeps it in memory."""
        super().__init__(path)
        self._known: dict[str, Endpoint] = {}
        self._seen: tuple[int, int] | None = None
        """The file's state when they were read: changes of others, and of this connection."""

    def endpoints(self) -> Mapping[str, Endpoint]:
        """See `Endpoints`."""
        with self._told():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            seen = (version, self._connection.total_changes)
            if seen != self._seen:
                rows = self._connection.execute(
                    f"SELECT {_COLUMNS} FROM endpoints ORDER BY created_us, id"
                )
                self._known = {row[0]: _endpoint(*row) for row in rows}
                self._seen = seen
        return self._known

    def secrets_of(self, endpoint: str) -> list[SealedSecret]:
        """See `Endpoints`."""
        with self._told():
            rows = self._connection.execute(
                "SELECT sealed, created_us, expires_us FROM endpoint_secrets "
                "WHERE endpoint = ? ORDER BY number DESC",
                (endpoint,),
            )
            return [SealedSecret(*row) for row in rows]

    def add_endpoint(self, endpoint: Endpoint, secret: SealedSecret) -> None:
        """See `Endpoints`."""
        lists = map(json.dumps, (endpoint.events, endpoint.segments, endpoint.causes))
        with self._told(), self._transaction():
            self._connection.execute(
                "INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (endpoint.id, endpoint.url, *lists, *endpoint[5:]),
            )
            self._add_secret(endpoint.id, secret)

    def replace_secret(self, endpoint: str, secret: SealedSecret, expires_us: int) -> None:
        """See `Endpoints`."""
        with self._told(), self._transaction():
            self._connection.execute(
                "DELETE FROM endpoint_secrets WHERE endpoint = ? AND expires_us <= ?",
                (endpoint, secret.created_us),
            )
            self._connection.execute(
                "UPDATE endpoint_secrets SET expires_us = min(coalesce(expires_us, ?), ?) "
                "WHERE endpoint = ?",
                (expires_us, expires_us, endpoint),
            )
            self._add_secret(endpoint, secret)

    def _add_secret(self, endpoint: str, secret: SealedSecret) -> None:
        self._connection.execute(
            "INSERT INTO endpoint_secrets (endpoint, sealed, created_us, expires_us) "
            "VALUES (?, ?, ?, ?)",
            (endpoint, *secret),
        )

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        """See `Endpoints`."""
        with self._told(), self._transaction():
            self._connection.execute(
                "UPDATE endpoints SET disabled_us = ?, reason = ? "
                "WHERE id = ? AND disabled_us IS NULL",
                (now_us, why, endpoint),
            )

    def enable(self, endpoint: str) -> None:
        """See `Endpoints`."""
        with self._told(), self._transaction():
            self._connection.execute(
                "UPDATE endpoints SET disabled_us = NULL, reason = '' WHERE id = ?", (endpoint,)
            )

    def remove_endpoint(self, endpoint: str) -> None:
        """See `Endpoints`."""
        with self._told(), self._transaction():
            self._connection.execute("DELETE FROM endpoints WHERE id = ?", (endpoint,))


def _endpoint(id_: str, url: str, events: str, segments: str, causes: str, *rest: Any) -> Endpoint:
    lists: list[Any] = [tuple(json.loads(text)) for text in (events, segments, causes)]
    return Endpoint(id_, url, *lists, *rest)
