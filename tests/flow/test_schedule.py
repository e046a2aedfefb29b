from __future__ import annotations

from typing import Any

import pytest
from tests.cli.conftest import instant

from tailorbird.events.schedules import Missed, Schedule
from tailorbird.flow.schedule import MOST_CUT, Due, Times, due, overdue_us, standings
from tailorbird.kernel.instants import format_instant, zone
from tailorbird.ports.sources import Run, State

UTC = zone("UTC")
BERLIN = zone("Europe/Berlin")
DAILY = "30 2 * * *"


def schedule(cron: str = DAILY, missed: Missed = "once", **more: Any) -> Schedule:
    return Schedule("orders", cron, "import", None, missed=missed, **more)


def ran(started: str, state: State = "done", due_at: str | None = None) -> Run:
    due_us = None if due_at is None else instant(due_at)
    return Run(1, "orders", "import", due_us, instant(started), None, state, 0, 0, 0, 0, "")


def due_at(found: Due | None) -> str | None:
    return None if found is None else format_instant(found.due_us)


@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("2024-03-30T12:00Z", "2024-03-31T01:00:00Z"),  # 02:30 is skipped: it comes at 03:00
        ("2024-03-31T12:00Z", "2024-04-01T00:30:00Z"),
        ("2024-10-26T12:00Z", "2024-10-27T00:30:00Z"),  # 02:30 comes twice: the first is meant
        ("2024-10-27T00:30Z", "2024-10-28T01:30:00Z"),
    ],
)
def test_a_local_time_comes_once_a_day_whatever_the_clock_does(after: str, then: str) -> None:
    times = Times(schedule(zone=BERLIN), UTC)
    assert format_instant(times.next_us(instant(after))) == then


def test_it_is_due_at_its_time_and_not_before() -> None:
    known = instant("2024-05-01T12:00Z")
    assert due(schedule(), UTC, [], known, instant("2024-05-02T02:29:59Z")) is None
    found = due(schedule(), UTC, [], known, instant("2024-05-02T02:30Z"))
    assert found == Due(instant("2024-05-02T02:30Z"), False)
    assert due(schedule(), UTC, [], instant("2024-05-02T02:30Z"), found.due_us) is None


def test_times_that_were_missed_are_done_once() -> None:
    last = ran("2024-05-01T02:30:01Z")
    now = instant("2024-05-04T12:00Z")
    assert due_at(due(schedule(), UTC, [last], 0, now)) == "2024-05-04T02:30:00Z"
    again = ran("2024-05-04T12:00Z")
    assert due(schedule(), UTC, [again, last], 0, now) is None


def test_times_that_were_missed_can_be_left_out() -> None:
    last, skipping = ran("2024-05-01T02:30:01Z"), schedule(missed="skip")
    assert due(skipping, UTC, [last], 0, instant("2024-05-04T12:00Z")) is None
    assert due_at(due(skipping, UTC, [last], 0, instant("2024-05-04T02:31Z"))) is not None


def test_nothing_is_due_while_it_runs() -> None:
    last = ran("2024-05-01T02:30Z", "running")
    assert due(schedule(), UTC, [last], 0, instant("2024-05-09T00:00Z")) is None


def test_what_was_cut_is_done_again_but_not_for_ever() -> None:
    now = instant("2024-05-01T03:00Z")
    cut = ran("2024-05-01T02:30:01Z", "cut", "2024-05-01T02:30Z")
    assert due(schedule(), UTC, [cut], 0, now) == Due(instant("2024-05-01T02:30Z"), True)
    by_hand = ran("2024-05-01T02:45Z", "cut")
    assert due(schedule(), UTC, [by_hand, cut], 0, now) == Due(by_hand.started_us, True)
    assert due(schedule(), UTC, [cut] * MOST_CUT, 0, now) is not None
    often = [cut] * (MOST_CUT + 1)
    assert due(schedule(), UTC, often, 0, now) is None
    assert due_at(due(schedule(), UTC, often, 0, instant("2024-05-02T02:30Z"))) is not None


def test_what_should_have_begun_is_overdue_until_it_runs() -> None:
    last, now = ran("2024-05-01T02:30:01Z"), instant("2024-05-02T03:30Z")
    assert overdue_us(schedule(), UTC, last, 0, now) == 3_600_000_000
    assert overdue_us(schedule(), UTC, last, 0, instant("2024-05-02T02:35Z")) == 0
    assert overdue_us(schedule(missed="skip"), UTC, last, 0, now) == 0
    assert overdue_us(schedule(), UTC, ran("2024-05-02T02:30Z", "running"), 0, now) == 0


def test_how_all_are_is_told_by_name() -> None:
    now = instant("2024-05-01T03:00Z")
    last = {"orders": ran("2024-05-01T02:30:01Z", "failed")}
    (found,) = standings([schedule()], UTC, last, 0, now)
    assert (format_instant(found.next_us), found.is_well) == ("2024-05-02T02:30:00Z", False)
    (never,) = standings([schedule()], UTC, {}, now, now)
    assert (never.last, never.is_well) == (None, True)
