"""The history of a project, behind its log; who asks nobody does not load its engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import FactColumns
from tailorbird.flow import tail
from tailorbird.flow.settings import unpublished
from tailorbird.kernel.facts import Fact
from tailorbird.ports.history import Appended


class ProjectHistory(DuckDbHistory):
    """The history behind the project's log, as if the settings of the file were published now.

    What is appended goes to the log first. The answers to unpublished definitions are those that
    publishing would give.
    """

    log: SqliteLog
    wanted: Mapping[str, str] | None = None
    """The settings of the file; None when only published ones count."""
    now_us = 0

    def append_columns(self, batch: Iterable[FactColumns]) -> Appended:
        """Store one batch in the log, and take it over from there."""
        return tail.append(self.log, self, batch)

    def workspace_facts(self) -> list[Fact]:
        """All facts about everybody, settings that wait for their publication too."""
        stored = super().workspace_facts()
        if self.wanted is None:
            return stored
        return sorted(
            [*stored, *unpublished(stored, self.wanted, self.now_us)], key=lambda fact: fact.key
        )
