"""Which part of the server answers what."""

from __future__ import annotations

from tailorbird.runtimes.project import Project
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Collector
from tailorbird.server.serving import Routes, Serving


def routes_of(serving: Serving, project: Project) -> Routes:
    """The application of one project's server."""
    keys = KeyCheck(project.registry.api_keys, serving.now_us)
    collector = Collector(serving.commit, keys, serving.now_us)
    return Routes(serving, [collector], None)
