"""Which part of the server answers what."""

from __future__ import annotations

import os
from typing import Final

from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.flow.collecting import Collecting
from tailorbird.runtimes.project import Project
from tailorbird.server.auth import KeyCheck
from tailorbird.server.definitions import PublishedDefinitions
from tailorbird.server.description import Description
from tailorbird.server.history import History
from tailorbird.server.ingest import Collector
from tailorbird.server.origins import Origins, PageRules
from tailorbird.server.profiles import Profiles
from tailorbird.server.record import RecordStreams
from tailorbird.server.rejected import Rejected
from tailorbird.server.router import Router
from tailorbird.server.segments import Segments
from tailorbird.server.serving import Serving
from tailorbird.server.state import StateOfServer
from tailorbird.server.table import routes_in
from tailorbird.server.tickets import Tickets
from tailorbird.server.updates import Updates

PARTS: Final[tuple[type, ...]] = (
    Collector,
    Rejected,
    Profiles,
    History,
    Segments,
    PublishedDefinitions,
    Tickets,
    Updates,
    RecordStreams,
    StateOfServer,
    Description,
)
"""All parts; the pages about the server are made of what these say of themselves."""


def parts_of(
    serving: Serving, keys: KeyCheck, rules: PageRules, identifiers: Identifiers = USUAL
) -> tuple[object, ...]:
    """One of each part, for a running server."""
    return (
        Collector(
            serving.commit,
            keys,
            serving.now_us,
            identifiers=identifiers,
            note=serving.rejecting.note,
            collecting=None if serving.gate is None else Collecting(serving.gate),
        ),
        Rejected(serving),
        Profiles(serving),
        History(serving),
        Segments(serving),
        PublishedDefinitions(serving),
        Tickets(rules, keys, serving.now_us, os.urandom),
        Updates(serving, rules),
        RecordStreams(serving, keys),
        StateOfServer(serving),
        Description(tuple(routes_in(PARTS))),
    )


def routes_of(serving: Serving, project: Project) -> Router:
    """The application of one project's server."""
    keys = KeyCheck(project.registry.api_keys, serving.now_us)
    rules = PageRules(
        project.keyring.secret_for(b"tickets"),
        Origins(project.settings.origins),
        project.settings.push_fields,
    )
    parts = parts_of(serving, keys, rules, project.settings.identifiers)
    return Router(parts, keys, serving.answers)
