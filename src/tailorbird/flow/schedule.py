"""When something is due: computed from its times, its last run and the present instant alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tailorbird.events.schedules import Schedule
from tailorbird.kernel.instants import MINUTE, from_datetime
from tailorbird.ports.sources import Run

LATE_US: Final = MINUTE
"""A time that is longer ago was missed."""
OVERDUE_US: Final = 10 * MINUTE
"""What should have begun so long ago and has not, somebody should look at."""
MOST_CUT: Final = 3
"""So many runs that were cut, one behind the other, are done again; then its next time is waited
for, because something about it may be what ends the program."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Times:
    """The times of one schedule.

    >>> from tailorbird.events.schedules import Schedule
    >>> times = Times(Schedule("a", "30 4 * * *", "import", None), ZoneInfo("UTC"))
    >>> times.next_us(0) // MINUTE, times.last_us(0, 3 * 24 * 60 * MINUTE) // MINUTE
    (270, 3150)
    """

    def __init__(self, schedule: Schedule, zone: ZoneInfo) -> None:
        """``zone``: that of the project, for a schedule without one of its own."""
        self._schedule = schedule
        self._zone = schedule.zone or zone

    def next_us(self, after_us: int) -> int:
        """The first time after an instant."""
        return from_datetime(next(CronSim(self._schedule.cron, self._local(after_us))))

    def last_us(self, after_us: int, until_us: int) -> int | None:
        """The last time after an instant and not after another one; None where there is none."""
        if self.next_us(after_us) > until_us:
            return None
        end = self._local(until_us) + timedelta(seconds=1)
        return from_datetime(next(CronSim(self._schedule.cron, end, reverse=True)))

    def _local(self, instant_us: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=instant_us)).astimezone(self._zone)


class Due(NamedTuple):
    """What has to be done now."""

    due_us: int
    """When it was due."""
    is_again: bool
    """Whether it was begun before and cut."""


def due(
    schedule: Schedule, zone: ZoneInfo, runs: Sequence[Run], known_us: int, now_us: int
) -> Due | None:
    """Whether a schedule has to run now; None when not, or while it does.

    ``runs``: its last ones, the newest first. Without any, times count from ``known_us`` on, when
    it was published. However many times were missed, it runs once for all of them.
    """
    last = runs[0] if runs else None
    if last is not None and last.state == "running":
        return None
    if schedule.is_continuous:
        return Due(now_us, False)
    if last is not None and last.state == "cut" and _cut_in_a_row(runs) <= MOST_CUT:
        return Due(last.started_us if last.due_us is None else last.due_us, True)
    since_us = known_us if last is None else last.started_us
    due_us = Times(schedule, zone).last_us(since_us, now_us)
    if due_us is None or (schedule.missed == "skip" and now_us - due_us > LATE_US):
        return None
    return Due(due_us, False)


def _cut_in_a_row(runs: Sequence[Run]) -> int:
    count = 0
    for run in runs:
        if run.state != "cut":
            break
        count += 1
    return count


def overdue_us(
    schedule: Schedule, zone: ZoneInfo, last: Run | None, known_us: int, now_us: int
) -> int:
    """How long something should have begun that has not; 0 where all is well."""
    if schedule.is_continuous or (last is not None and last.state == "running"):
        return 0
    since_us = known_us if last is None else last.started_us
    first_us = Times(schedule, zone).next_us(since_us)
    late_us = now_us - first_us
    return late_us if late_us > OVERDUE_US and schedule.missed == "once" else 0


class Standing(NamedTuple):
    """How one schedule is."""

    schedule: Schedule
    next_us: int
    """When it is due next."""
    last: Run | None
    overdue_us: int

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at it."""
        return not self.overdue_us and (self.last is None or self.last.state != "failed")


def standings(
    schedules: Sequence[Schedule],
    zone: ZoneInfo,
    last: Mapping[str, Run],
    known_us: int,
    now_us: int,
) -> list[Standing]:
    """How all of them are; see `due` for what is given."""
    return [
        Standing(
            one,
            now_us if one.is_continuous else Times(one, zone).next_us(now_us),
            last.get(one.name),
            overdue_us(one, zone, last.get(one.name), known_us, now_us),
        )
        for one in schedules
    ]
