"""The tracking plan of a project: that of its files, and the one that is in force."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Lock
from typing import Final

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan, read_plan
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.runtimes.project import REGISTRY, Project

LOOK_SECONDS: Final = 1.0
"""After so long it is looked whether somebody has published."""

_logger = logging.getLogger("tailorbird.plans")


class PublishedPlan:
    """The plan of the newest published version; threads may share it."""

    def __init__(self, path: Path) -> None:
        """``path``: the registry's."""
        self._path = path
        self._lock = Lock()
        self._looked_s = -LOOK_SECONDS
        self._number = 0
        self._plan = NO_PLAN

    def __call__(self) -> TrackingPlan:
        """The plan as it was published a moment ago."""
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._looked_s >= LOOK_SECONDS:
                self._looked_s = now_s
                self._look()
            return self._plan

    def _look(self) -> None:
        """A version that this program cannot read leaves the one before it in force."""
        if not self._path.exists():
            return
        with SqliteRegistry(self._path) as registry:
            number = registry.newest_number()
            newest = registry.find(number) if number != self._number else None
        if newest is None:
            return
        self._number = number
        try:
            self._plan = read_plan(newest.files)
        except TailorbirdError as error:
            _logger.error(
                "the published plan cannot be read", extra={"said": {"error": str(error)}}
            )


def plan_in_force(project: Project) -> TrackingPlan:
    """The plan that is published, as of now."""
    return PublishedPlan(project.data / REGISTRY)()


def plan_of_files(project: Project) -> TrackingPlan:
    """The plan that the files say; raises `DefinitionError`."""
    return read_plan(project.files.by_path())
