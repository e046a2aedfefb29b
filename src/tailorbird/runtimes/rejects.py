"""Where the messages are that a project's collector rejected."""

from __future__ import annotations

from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.flow.rejecting import Rejecting
from tailorbird.runtimes.project import REJECTED, Project


def rejects_of(project: Project) -> SqliteRejects:
    """The store, opened; a server may have it open too."""
    return SqliteRejects(project.data / REJECTED, project.keyring)


def rejecting_of(project: Project) -> Rejecting:
    """What a server notes them with."""
    return Rejecting(project.now_us, lambda: rejects_of(project), project.settings.reject_days)
