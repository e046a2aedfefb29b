"""`tailorbird quality` compares the last hours with the same hours of past weeks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of, fill, instant

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.kernel.values import UNIT
from tailorbird.runtimes.project import Project

NOW = "2024-03-01T12:00Z"


def facts(weeks: int, *, broken: bool) -> Iterator[Fact]:
    """Every week 60 views in one hour, of which a third have no size, and as many likes."""
    now_us = instant(NOW)
    for week in range(weeks, -1, -1):
        for number in range(60):
            time_us = now_us - week * 7 * DAY - HOUR + number * MINUTE
            odd = broken and not week
            said = {"price": (number % 7) * UNIT * (100 if odd else 1), "shop": "north"}
            if number % 3:
                said["size"] = "X" if odd else "SML"[number % 3]
            id_ = f"{week}-{number}"
            yield Fact("ann", time_us, id_, "Seen", said, {}, True, True, "web", 0, time_us)
            if not odd:
                yield Fact(
                    "bob", time_us, f"b{id_}", "Liked", {}, {}, True, True, "web", 0, time_us
                )


def test_what_is_as_usual_is_no_alarm(run: Run, folder: Path) -> None:
    fill(folder, facts(6, broken=False))
    told = answer_of(run("quality", "--at", NOW, "--hours", "1", "--json"))
    assert (told["weeks"], told["events"], told["facts"], told["alarms"]) == (6, 2, 120, [])
    assert "everything is as usual" in run("quality", "--at", NOW).output


def test_what_is_not_as_usual_is_told_the_farthest_first(run: Run, folder: Path) -> None:
    fill(folder, facts(6, broken=True))
    told = answer_of(run("quality", "--at", NOW, "--hours", "1", "--json", code=1))
    found = [(alarm["event"], alarm["property"], alarm["what"]) for alarm in told["alarms"]]
    assert set(found) == {
        ("Liked", "", "volume"),
        ("Seen", "price", "size"),
        ("Seen", "size", "values"),
    }
    assert [a["far"] for a in told["alarms"]] == sorted(
        (a["far"] for a in told["alarms"]), reverse=True
    )
    assert "0 came, 60 are usual" in run("quality", "--at", NOW, "--hours", "1", code=1).output


def test_properties_that_definitions_read_are_compared_too(run: Run, folder: Path) -> None:
    path = folder / "definitions" / "shop.yaml"
    path.write_text('segments:\n  small: did("Seen", where=properties.size == "S")\n')
    fill(folder, facts(6, broken=True))
    run("publish")
    told = answer_of(run("quality", "--at", NOW, "--hours", "1", "--json", code=1))
    assert ("Seen", "size") in {(alarm["event"], alarm["property"]) for alarm in told["alarms"]}


def test_without_past_weeks_nothing_can_be_said(run: Run, folder: Path) -> None:
    fill(folder, facts(2, broken=True))
    assert "4 past weeks" in run("quality", "--at", NOW, "--hours", "1").output
    told = answer_of(run("quality", "--at", NOW, "--json"))
    assert (told["weeks"], told["alarms"]) == (1, [])


def test_a_schedule_compares_and_fails_when_something_is_not_as_usual(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "now_us", lambda _: instant(NOW))
    schedule = "schedules:\n  watch:\n    cron: '5 * * * *'\n    quality: {hours: 1, weeks: 6}\n"
    path = folder / "definitions" / "shop.yaml"
    path.write_text(path.read_text() + schedule)
    fill(folder, facts(6, broken=True))
    run("publish")
    run("schedule", "run", "watch", code=1)
    (told,) = answer_of(run("schedule", "history", "watch", "--json"))
    assert told["state"] == "failed"
    assert told["says"] in {
        "3 not as usual, most of all: Seen size values",
        "3 not as usual, most of all: Seen price size",
        "3 not as usual, most of all: Liked volume",
    }
    assert "compare 1 hour with 6 past weeks" in run("schedule", "list").output
    path.write_text(path.read_text().replace("weeks: 6", "weeks: 2"))
    assert "`weeks` is a number from 4 to 52" in run("check", code=1).output
