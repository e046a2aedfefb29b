"""Which part of the server answers what."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from tailorbird.edges.https_content import fetch
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan
from tailorbird.flow.collecting import Collecting
from tailorbird.flow.hooks import keys_of
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.receiving import Receiving
from tailorbird.governance.api_keys import ApiKey
from tailorbird.ports.hooks import Fetch
from tailorbird.runtimes.dialects import found_dialects
from tailorbird.runtimes.hooks import opened_of, providers
from tailorbird.runtimes.plans import PublishedPlan
from tailorbird.runtimes.project import REGISTRY, Project
from tailorbird.server.assets import Assets, BuiltFiles
from tailorbird.server.auth import KeyCheck
from tailorbird.server.console import Console
from tailorbird.server.debugger import Debugger
from tailorbird.server.definitions import PublishedDefinitions
from tailorbird.server.description import Description
from tailorbird.server.history import History
from tailorbird.server.hooks import Hooks, Opened
from tailorbird.server.ingest import Collector, routes_of_dialects
from tailorbird.server.origins import Origins, PageRules
from tailorbird.server.profiles import Profiles
from tailorbird.server.quarantined import Quarantined
from tailorbird.server.record import RecordStreams
from tailorbird.server.rejected import Rejected
from tailorbird.server.router import Router
from tailorbird.server.segments import Segments
from tailorbird.server.serving import Serving
from tailorbird.server.state import StateOfServer
from tailorbird.server.table import Route, routes_in
from tailorbird.server.tickets import Tickets
from tailorbird.server.updates import Updates
from tailorbird.server.visitors import Visitors

PARTS: Final[tuple[type, ...]] = (
    Hooks,
    Rejected,
    Debugger,
    Console,
    Quarantined,
    Profiles,
    History,
    Segments,
    PublishedDefinitions,
    Tickets,
    Visitors,
    Updates,
    RecordStreams,
    Assets,
    StateOfServer,
    Description,
)
"""The parts whose routes are always the same."""


def all_routes() -> tuple[Route, ...]:
    """Everything that a server answers; the pages about it are made of this."""
    return (*routes_of_dialects(found_dialects()), *routes_in(PARTS))


def parts_of(
    serving: Serving,
    keys: KeyCheck,
    rules: PageRules,
    identifiers: Identifiers = USUAL,
    untranslated: Collection[str] = (),
    plan: Callable[[], TrackingPlan] = lambda: NO_PLAN,
    hooks: Opened = lambda _provider, _name: (),
    fetch: Fetch = fetch,
    hook_keys: Callable[[], Mapping[str, ApiKey]] = dict,
) -> tuple[object, ...]:
    """One of each part, for a running server.

    ``plan`` is the tracking plan in force, ``hooks`` opens inbound webhooks, ``fetch`` what
    their providers point to, and ``hook_keys`` says as whom their messages were stored.
    """
    collecting = None if serving.gate is None else Collecting(serving.gate)
    preparing = partial(
        Preparing,
        identifiers=identifiers,
        collecting=collecting,
        plan=plan,
        untranslated=untranslated,
        marking=serving.marking,
    )

    def every_key() -> Mapping[str, ApiKey]:
        return {**keys.by_id(), **hook_keys()}

    files, dialects = BuiltFiles(), found_dialects()
    receiving = Receiving(
        serving.commit,
        serving.now_us,
        preparing(),
        note=serving.rejecting.note,
        recent=serving.recent,
        quarantining=serving.quarantining,
    )
    return (
        Collector(receiving, keys, dialects),
        Hooks(receiving, providers(), hooks, fetch, serving.now_us, serving.hooks),
        Rejected(serving, every_key),
        Debugger(serving, os.urandom(4).hex()),
        Console(serving.sign_in, files, os.urandom),
        Quarantined(serving, every_key, preparing(), dialects),
        Profiles(serving),
        History(serving),
        Segments(serving),
        PublishedDefinitions(serving),
        Tickets(rules, keys, serving.now_us, os.urandom),
        Visitors(rules.origins, keys, identifiers),
        Updates(serving, rules),
        RecordStreams(serving),
        Assets(files),
        StateOfServer(serving),
        Description(all_routes()),
    )


def routes_of(serving: Serving, project: Project) -> Router:
    """The application of one project's server."""
    keys = KeyCheck(project.registry.api_keys, serving.now_us)
    rules = PageRules(
        project.keyring.secret_for(b"tickets"),
        Origins(project.settings.origins),
        project.settings.push_fields,
        project.settings.visitor_ids,
    )
    settings = project.settings
    plan = PublishedPlan(project.data / REGISTRY)
    parts = parts_of(
        serving,
        keys,
        rules,
        settings.identifiers,
        settings.untranslated,
        plan,
        opened_of(project),
        hook_keys=lambda: keys_of(project.hooks),
    )
    return Router(parts, keys, serving.answers, serving.sign_in, serving.turned_away)
