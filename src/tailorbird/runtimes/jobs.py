"""What schedules can do: one runner for each kind of job."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tailorbird.events.schedules import FilesJob, FollowJob, QualityJob, QueryJob, Schedule
from tailorbird.flow.imports import ImportReport
from tailorbird.flow.quality import examine_quality
from tailorbird.flow.reading_on import Reading
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.instants import SECOND
from tailorbird.ports.sources import Ended, Mark, ReadMark
from tailorbird.runtimes.importing import Importing
from tailorbird.runtimes.project import ENVIRONMENT, Project

SETTLED_US: Final = 10 * SECOND
"""A file that changed since then may still be written: it is taken the next time."""

Runner = Callable[[Project, Schedule], Ended]


def run_import(project: Project, schedule: Schedule) -> Ended:
    """Import files, or what a database answers."""
    importing = _importing(project, schedule)
    if isinstance(schedule.job, QueryJob):
        job = schedule.job
        reading = Reading("", job.sql, job.cursor, job.overlap)
        report = importing.query(job.address, reading, job.mapping)
        # The last rows of all are read again each time: bad ones there are no new trouble.
        return _ended([report], [], "", fails=not report.read_before)
    assert isinstance(schedule.job, FilesJob)
    return _Files(project, importing, schedule.name, schedule.job, project.folder.resolve()).run()


def _importing(project: Project, schedule: Schedule) -> Importing:
    return Importing(
        project,
        environment=ENVIRONMENT,
        folder=project.folder.resolve(),
        schedule=schedule.name,
    )


class _Files:
    """New and changed files, each remembered when all of it is stored."""

    def __init__(
        self, project: Project, importing: Importing, name: str, job: FilesJob, folder: Path
    ) -> None:
        self._project = project
        self._importing = importing
        self._job = job
        self._folder = folder
        self._under = f"file:{name}:"

    def run(self) -> Ended:
        known = self._project.sources.marks_under(self._under)
        states = dict(sorted(self._states().items(), key=lambda found: found[1][::-1]))
        gone = [key for key in known if Path(key.removeprefix(self._under)) not in states]
        self._project.sources.drop_marks(gone)
        reports: list[ImportReport] = []
        faults: list[str] = []
        for path, (state, changed_us) in states.items():
            mark = known.get(f"{self._under}{path}")
            if mark is not None and mark.mark.text == state and self._is_of_this_log(mark):
                continue
            if self._project.now_us() - changed_us < SETTLED_US:
                continue
            try:
                report = self._importing.file(path, self._job.mapping)
            except TailorbirdError as error:
                faults.append(first_line(error))
                continue
            reports.append(report)
            if not report.is_unreadable:
                self._remember(path, state)
        return _ended(reports, faults, amount(len(reports), "file"))

    def _states(self) -> dict[Path, tuple[str, int]]:
        """What tells each file from what it was before, and when it changed."""
        # Unlike Path.glob it leaves hidden files out, as those that are still being copied are.
        found = glob.iglob(self._job.files, root_dir=self._folder, recursive=True)  # noqa: PTH207
        paths = [path for name in found if (path := self._folder / name).is_file()]
        if len(paths) > limits.SCHEDULED_FILES:
            raise InputError(
                f"{self._job.files} are {len(paths):,} files, at most {limits.SCHEDULED_FILES:,}; "
                "move those away that were imported"
            )
        states: dict[Path, tuple[str, int]] = {}
        for path in paths:
            said = path.stat()
            state = f"{said.st_ino}:{said.st_size}:{said.st_mtime_ns}"
            states[path] = state, said.st_mtime_ns // 1_000
        return states

    def _is_of_this_log(self, mark: ReadMark) -> bool:
        return mark.position <= self._project.history.end_position

    def _remember(self, path: Path, state: str) -> None:
        end = self._project.history.end_position
        mark = ReadMark(Mark("text", state), end, self._project.now_us())
        self._project.sources.put_mark(f"{self._under}{path}", mark)


def _ended(
    reports: list[ImportReport], faults: list[str], says: str, *, fails: bool = True
) -> Ended:
    """``fails``: whether a run that could read no row has failed."""
    rows, accepted, duplicates, rejected = (
        sum(getattr(report, name) for report in reports)
        for name in ("rows", "accepted", "duplicates", "rejected")
    )
    counts = partial(Ended, rows=rows, accepted=accepted, duplicates=duplicates, rejected=rejected)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return counts("failed", says=faults[0] + more)
    if fails and rejected and not accepted and not duplicates:
        reasons = [reason for report in reports for reason in report.reasons]
        return counts("failed", says=f"no row could be read: {', '.join(reasons[:3])}")
    return counts("done", says=says)


def first_line(error: Exception) -> str:
    """What is kept of an error."""
    return str(error).partition("\n")[0][:500]


def run_follow(project: Project, schedule: Schedule) -> Ended:
    """Take in what a stream has by now."""
    job = schedule.job
    assert isinstance(job, FollowJob)
    report = _importing(project, schedule).follow(job.address, job.mapping)
    return _ended([report], [], "", fails=False)


def has_work(project: Project, schedule: Schedule) -> bool:
    """Whether something that is done all the time has anything to do."""
    job = schedule.job
    if not isinstance(job, FollowJob):
        return True
    return _importing(project, schedule).has_more(job.address, job.mapping)


def run_quality(project: Project, schedule: Schedule) -> Ended:
    """Compare the last hours with past weeks: it fails when something is not as usual."""
    job = schedule.job
    assert isinstance(job, QualityJob)
    found = examine_quality(project.history, project.now_us(), hours=job.hours, weeks=job.weeks)
    if found.alarms:
        return Ended("failed", rows=found.facts, says=found.says())
    return Ended("done", rows=found.facts, says=found.says())


RUNNERS: Final[Mapping[str, Runner]] = {
    "import": run_import,
    "follow": run_follow,
    "quality": run_quality,
}
"""Every kind of job of `events.schedules.JOBS`, by its name."""


def run_job(project: Project, schedule: Schedule) -> Ended:
    """Do what a schedule says, now."""
    return RUNNERS[schedule.kind](project, schedule)
