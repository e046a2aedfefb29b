"""Runs what is due, one run of a schedule at a time, and remembers what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_sources import SqliteSources
from tailorbird.events.schedules import JOBS, Schedule, schedules_in
from tailorbird.flow.schedule import MOST_CUT, Standing, Times, due, standings
from tailorbird.kernel.errors import InputError, TailorbirdError, UnknownNameError
from tailorbird.kernel.instants import MINUTE
from tailorbird.ports.sources import Ended, Run
from tailorbird.runtimes.jobs import first_line, has_work, run_job
from tailorbird.runtimes.log_lines import reason_of
from tailorbird.runtimes.project import REGISTRY, SOURCES, Project

LOOK_S: Final = 1.0
"""After so long it is looked what is due."""
WATCH_S: Final = 5.0
"""After so long it is looked how they are, for those who measure the server."""
FAILED_US: Final = MINUTE
"""After so long a stream that could not be read is tried again."""
AGAIN_S: Final = 30.0
"""After an error of the looking itself."""

_logger = logging.getLogger("tailorbird.schedules")


def published(registry: SqliteRegistry) -> tuple[list[Schedule], int]:
    """The schedules of the newest version, and when that was published."""
    newest = registry.newest()
    return ([], 0) if newest is None else (schedules_in(newest.files), newest.published_us)


def find(project: Project, name: str) -> Schedule:
    """A published schedule; raises `UnknownNameError`, and says if it is only in the files."""
    found = {one.name: one for one in published(project.registry)[0]}
    if name in found:
        return found[name]
    if name in [one.name for one in schedules_in(project.files.by_path())]:
        raise InputError(
            f"the schedule {name!r} is not published yet; `tailorbird publish` does it"
        )
    raise UnknownNameError("schedule", name, found)


def look(project: Project) -> list[Standing]:
    """How all published schedules are; nothing is made where there is nothing."""
    if not (project.data / REGISTRY).exists():
        return []
    with SqliteRegistry(project.data / REGISTRY) as registry:
        found, known_us = published(registry)
    if not found:
        return []
    last: dict[str, Run] = {}
    if (project.data / SOURCES).exists():
        with SqliteSources(project.data / SOURCES) as sources:
            last = dict(sources.last_runs())
    return standings(found, project.settings.zone, last, known_us, project.now_us())


def run_now(project: Project, schedule: Schedule, due_us: int | None = None) -> Run:
    """Run a schedule and remember what became of it; raises `InputError` while it runs."""
    sources = project.sources
    number = sources.begin_run(schedule.name, schedule.kind, due_us, project.now_us())
    try:
        ended = run_job(project, schedule)
    except TailorbirdError as error:
        ended = Ended("failed", says=first_line(error))
    except Exception as error:
        _logger.exception("a scheduled run failed", extra={"said": {"schedule": schedule.name}})
        ended = Ended("failed", says=f"this should not happen: {type(error).__name__}")
    sources.end_run(number, ended, project.now_us())
    (run,) = sources.newest_runs(1, schedule.name)
    return run


async def watch(project: Project, told: Callable[[list[Standing]], None]) -> None:
    """Look for ever how schedules are; what is found is told in the event loop."""
    while True:
        with suppress(TailorbirdError):  # faults of the files are told by who reads them
            told(await asyncio.to_thread(look, project))
        await asyncio.sleep(WATCH_S)


TIMED: Final = tuple(name for name, kind in JOBS.items() if not kind.is_continuous)
CONTINUOUS: Final = tuple(name for name, kind in JOBS.items() if kind.is_continuous)
"""Kinds of jobs that have a thread of their own: a long import keeps no stream waiting."""


class Scheduler:
    """Does what is due, in the thread that calls it."""

    def __init__(self, opened: Callable[[], Project], kinds: Collection[str] = tuple(JOBS)) -> None:
        """``opened`` makes the project, in that thread; only jobs of some ``kinds`` are done."""
        self._opened = opened
        self._kinds = kinds
        self._has_cut = False
        self._project: Project | None = None
        self._version = -1
        self._schedules: list[Schedule] = []
        self._known_us = 0
        self._not_before_us: dict[str, int] = {}

    def run_for_ever(self) -> None:
        """Look again and again; what goes wrong is logged, and tried again later."""
        while True:
            try:
                self.run_due()
            except Exception as error:
                said = {"why": reason_of(error)}
                _logger.exception("schedules cannot be looked at", extra={"said": said})
                self._close()
                time.sleep(AGAIN_S)
            time.sleep(LOOK_S)

    def _close(self) -> None:
        if self._project is not None:
            self._project.close()
        self._project, self._version = None, -1

    def run_due(self) -> list[Run]:
        """Run what is due now; gives what became of it."""
        project = self._project
        if project is None:
            project = self._project = self._opened()
        if not self._has_cut:  # later what runs may be somebody's who asked for it by hand
            self._has_cut = True
            for cut in project.sources.cut_runs(project.now_us(), self._kinds):
                _logger.warning("a run was cut", extra={"said": {"schedule": cut.name}})
        self._follow_publications(project)
        runs = [self._run_if_due(project, one) for one in self._schedules]
        return [run for run in runs if run is not None]

    def _follow_publications(self, project: Project) -> None:
        number = project.registry.newest_number()
        if number != self._version:
            found, self._known_us = published(project.registry)
            self._schedules = [one for one in found if one.kind in self._kinds]
            self._version = number
            self._not_before_us = {}

    def _run_if_due(self, project: Project, schedule: Schedule) -> Run | None:
        now_us = project.now_us()
        if now_us < self._not_before_us.get(schedule.name, 0):
            return None
        zone = project.settings.zone
        runs = project.sources.newest_runs(MOST_CUT + 1, schedule.name)
        found = due(schedule, zone, runs, self._known_us, now_us)
        if found is not None and schedule.is_continuous:
            return self._followed(project, schedule, now_us)
        if found is None:
            if schedule.is_continuous:
                return None
            if not runs or runs[0].state != "running":
                self._not_before_us[schedule.name] = Times(schedule, zone).next_us(now_us)
            return None
        said = {"schedule": schedule.name, "again": found.is_again}
        _logger.info("a scheduled run begins", extra={"said": said})
        run = run_now(project, schedule, found.due_us)
        said = {"schedule": run.name, "state": run.state, "accepted": run.accepted}
        level = logging.INFO if run.state == "done" else logging.ERROR
        _logger.log(level, "a scheduled run ended", extra={"said": said})
        return run

    def _followed(self, project: Project, schedule: Schedule, now_us: int) -> Run | None:
        """What came of a stream, if anything did; after a failure it is left alone for a while."""
        try:
            if not has_work(project, schedule):
                return None
        except TailorbirdError:
            pass  # running it tells, and remembers
        run = run_now(project, schedule)
        if run.state == "failed":
            said = {"schedule": run.name}
            _logger.error("a stream cannot be followed", extra={"said": said})
            self._not_before_us[schedule.name] = now_us + FAILED_US
        return run
