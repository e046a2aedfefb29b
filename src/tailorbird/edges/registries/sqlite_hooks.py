"""Inbound webhooks in the registry's file, read again when anybody has changed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.ports.hooks import Hook, SealedHook


class SqliteHooks(SqliteRegistry):
    """The registry, with the hooks that are kept in it.

    >>> with SqliteHooks(None) as kept:
    ...     mail = SealedHook(Hook("mail", "sendgrid", {"person": "user_id"}, 5), b"sealed")
    ...     kept.add_hook(mail)
    ...     kept.hooks() == {"mail": mail}
    True
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the registry at a path; None keeps it in memory."""
        super().__init__(path)
        self._known: dict[str, SealedHook] = {}
        self._seen: tuple[int, int] | None = None

    def hooks(self) -> Mapping[str, SealedHook]:
        """See `KeptHooks`."""
        with self._told():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            seen = (version, self._connection.total_changes)
            if seen != self._seen:
                rows = self._connection.execute(
                    "SELECT name, provider, settings, created_us, sealed FROM hooks ORDER BY name"
                )
                self._known = {
                    name: SealedHook(Hook(name, provider, json.loads(said), created_us), sealed)
                    for name, provider, said, created_us, sealed in rows
                }
                self._seen = seen
        return self._known

    def add_hook(self, hook: SealedHook) -> None:
        """See `KeptHooks`."""
        name, provider, settings, created_us = hook.hook
        with self._told(), self._transaction():
            self._connection.execute(
                "INSERT INTO hooks VALUES (?, ?, ?, ?, ?)",
                (name, provider, json.dumps(settings), created_us, hook.sealed),
            )

    def change_hook(self, hook: SealedHook) -> None:
        """See `KeptHooks`."""
        name, _, settings, _ = hook.hook
        with self._told(), self._transaction():
            self._connection.execute(
                "UPDATE hooks SET settings = ?, sealed = ? WHERE name = ?",
                (json.dumps(settings), hook.sealed, name),
            )

    def remove_hook(self, name: str) -> None:
        """See `KeptHooks`."""
        with self._told(), self._transaction():
            self._connection.execute("DELETE FROM hooks WHERE name = ?", (name,))
