"""The messages that a project keeps aside, and what tries them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_quarantine import SqliteQuarantine
from tailorbird.flow.collecting import Collecting
from tailorbird.flow.consenting import Consents
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.quarantining import Quarantining
from tailorbird.runtimes.consents import PublishedPurposes
from tailorbird.runtimes.plans import plan_in_force
from tailorbird.runtimes.project import QUARANTINED, REGISTRY, Project


def quarantine_of(project: Project) -> SqliteQuarantine:
    """The store, opened; a server may have it open too."""
    path = project.data / QUARANTINED
    return SqliteQuarantine(path, project.keyring, project.settings.quarantine_size)


def quarantining_of(project: Project) -> Quarantining:
    """What a server keeps messages aside with."""
    days = project.settings.quarantine_days
    return Quarantining(project.now_us, lambda: quarantine_of(project), days)


@contextmanager
def preparing_of(project: Project) -> Iterator[Preparing]:
    """What makes facts of messages that are tried again, with the plan that is published now.

    Where people are asked before they are observed it reads all that they said, from the log.
    """
    plan = plan_in_force(project)
    made = partial(
        Preparing,
        identifiers=project.settings.identifiers,
        plan=lambda: plan,
        untranslated=project.settings.untranslated,
    )
    table = PublishedPurposes(project.data / REGISTRY)
    store = SqliteConsents(None, project.keyring)
    consents = Consents(project.log, store, table, project.now_us)
    try:
        collecting = Collecting(consents)
        if not collecting.asks():
            yield made()
            return
        consents.follow()
        yield made(collecting=collecting)
    finally:
        consents.close()
