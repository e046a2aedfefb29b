"""What is due is run once, and what became of it is remembered."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
from tests.cli.conftest import instant
from tests.patience import PATIENCE_S
from tests.served import Server, run

from tailorbird.edges.stores.sqlite_sources import SqliteSources
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.kernel.instants import HOUR, MINUTE
from tailorbird.ports.registry import Version
from tailorbird.ports.sources import Run
from tailorbird.runtimes import scheduling
from tailorbird.runtimes.log_lines import TextLines
from tailorbird.runtimes.new_project import make_project
from tailorbird.runtimes.project import SOURCES, Project
from tailorbird.runtimes.scheduling import Scheduler, find, look, run_now

SCHEDULE = """\
schedules:
  drops:
    cron: "*/5 * * * *"
    import: {files: "in/*.jsonl", mapping: segment-jsonl}
"""
NOON = instant("2024-05-01T12:00Z")


class Clocked(Project):
    """A project whose clock is set by hand."""

    at_us = NOON

    def now_us(self) -> int:
        return self.at_us


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    make_project(made)
    (made / "in").mkdir()
    publish(made, SCHEDULE)
    return made


def publish(folder: Path, text: str, at_us: int = NOON) -> None:
    with Project(folder) as project:
        newest = project.registry.newest()
        after = None if newest is None else newest.number
        version = Version(0, at_us, 0, {"schedules.yaml": text}, {}, {}, "")
        project.registry.add(after, version)


def drop(folder: Path, name: str, *people: str, changed_us: int = NOON - HOUR) -> Path:
    path = folder / "in" / name
    with path.open("a") as stream:
        for who in people:
            said = {"type": "track", "event": "Seen", "userId": who, "messageId": f"m-{who}"}
            stream.write(json.dumps({**said, "timestamp": "2024-05-01T10:00:00Z"}) + "\n")
    os.utime(path, ns=(changed_us * 1_000, changed_us * 1_000))
    return path


def counts(run: Run) -> tuple[str, int, int, int]:
    return run.state, run.rows, run.accepted, run.duplicates


def test_files_are_taken_when_they_are_new_or_have_changed(folder: Path) -> None:
    project = Clocked(folder)
    scheduler = Scheduler(lambda: project)
    drop(folder, "a.jsonl", "ann", "bob")
    with project:
        assert scheduler.run_due() == [], "it is not due yet"
        project.at_us = NOON + 5 * MINUTE
        (first,) = scheduler.run_due()
        assert (*counts(first), first.due_us) == ("done", 2, 2, 0, project.at_us)
        assert scheduler.run_due() == [], "it ran already"
        project.at_us += 5 * MINUTE
        (idle,) = scheduler.run_due()
        assert counts(idle) == ("done", 0, 0, 0)
        drop(folder, "a.jsonl", "cid", changed_us=project.at_us)
        drop(folder, "b.jsonl", "dee", changed_us=project.at_us + 5 * MINUTE - 1)
        project.at_us += 5 * MINUTE
        (changed,) = scheduler.run_due()
        assert counts(changed) == ("done", 3, 1, 2), "b may still be written"
        project.at_us += 5 * MINUTE
        (later,) = scheduler.run_due()
        assert counts(later) == ("done", 1, 1, 0)
        (folder / "in" / "a.jsonl").unlink()
        project.at_us += 5 * MINUTE
        scheduler.run_due()
        assert len(project.sources.marks_under("file:drops:")) == 1


def test_one_bad_file_is_told_and_the_others_are_taken(folder: Path) -> None:
    publish(folder, SCHEDULE.replace("*.jsonl", "*"))
    drop(folder, "a.jsonl", "ann")
    drop(folder, "b.parquet")
    project = Clocked(folder)
    project.at_us = NOON + 5 * MINUTE
    with project:
        (run,) = Scheduler(lambda: project).run_due()
        assert counts(run) == ("failed", 1, 1, 0)
        assert "b.parquet is Parquet" in run.says
        (standing,) = look(project)
        assert (standing.is_well, standing.next_us) == (False, NOON + 10 * MINUTE)


def test_a_run_that_was_cut_is_done_again_and_counts_once(folder: Path) -> None:
    drop(folder, "a.jsonl", "ann", "bob")
    project = Clocked(folder)
    with project:
        run_now(project, find(project, "drops"))
        project.sources.drop_marks(list(project.sources.marks_under("")))
        project.sources.begin_run("drops", "import", NOON - MINUTE, NOON)
        with pytest.raises(InputError, match="one run at a time is enough"):
            run_now(project, find(project, "drops"))
        (again,) = Scheduler(lambda: project).run_due()
        assert (*counts(again), again.due_us) == ("done", 2, 0, 2, NOON - MINUTE)
        states = [run.state for run in project.sources.newest_runs(9)]
        assert states == ["done", "cut", "done"]


def test_what_is_published_is_followed_while_it_runs(folder: Path) -> None:
    project = Clocked(folder)
    scheduler = Scheduler(lambda: project)
    with project:
        scheduler.run_due()
        publish(folder, SCHEDULE.replace("*/5", "*/1"))
        project.at_us = NOON + MINUTE
        (run,) = scheduler.run_due()
        assert run.due_us == NOON + MINUTE
        publish(folder, "schedules:\n")
        project.at_us = NOON + HOUR
        assert scheduler.run_due() == []


def test_an_unknown_schedule_has_the_nearest_name_or_is_to_be_published(folder: Path) -> None:
    with Project(folder) as project:
        with pytest.raises(UnknownNameError, match="did you mean 'drops'"):
            find(project, "drop")
        text = SCHEDULE.replace("drops", "later")
        (project.files.folder / "more.yaml").write_text(text)
        with pytest.raises(InputError, match="not published yet; `tailorbird publish`"):
            find(project, "later")


def test_a_server_does_what_is_due_and_tells_of_it(server: Server) -> None:
    folder = server.folder
    assert server.end() == 0
    (folder / "in").mkdir()
    drop(folder, "a.jsonl", "ann", "bob")
    later = datetime.now(UTC) + timedelta(hours=12)  # nothing is due but what was cut
    text = SCHEDULE.replace("*/5 * * * *", f"{later.minute} {later.hour} * * *")
    (folder / "definitions" / "schedules.yaml").write_text(text)
    run(folder, "publish")
    with SqliteSources(folder / "data" / SOURCES) as sources:
        sources.begin_run("drops", "import", None, 1)  # which nobody will end
    server.start()
    server.until(lambda: server.get("/health")["log_position"] >= 2)
    server.until(lambda: said(folder, "history")[0]["state"] == "done")
    assert [(one["state"], one["accepted"]) for one in said(folder, "history")] == [
        ("done", 2),
        ("cut", 0),
    ]
    again = json.loads(run(folder, "schedule", "run", "drops", "--json"))
    assert (again["state"], again["rows"], again["due"]) == ("done", 0, None)
    (listed,) = said(folder, "list")
    assert (listed["name"], listed["overdue"]) == ("drops", False)
    # Schedules are looked at now and then: what is said first may be from before the run.
    server.until(lambda: 'tailorbird_schedule_ended_seconds{schedule="drops"} ' in metrics(server))
    assert 'tailorbird_schedule_well{schedule="drops"} 1\n' in metrics(server)
    assert 'tailorbird_schedule_overdue_seconds{schedule="drops"} 0\n' in metrics(server)


def metrics(server: Server) -> str:
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as told:
        return str(told.read().decode())


def said(folder: Path, part: str) -> Any:
    return json.loads(run(folder, "schedule", part, "--json"))


class OverError(BaseException):
    """Ends what would go on for ever."""


def test_what_goes_wrong_is_logged_without_what_anybody_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def opened() -> Project:
        raise ValueError("cannot convert 'ann@shop.example' to a number")

    def sleep(_: float) -> None:
        raise OverError

    monkeypatch.setattr(scheduling, "time", SimpleNamespace(sleep=sleep))
    with pytest.raises(OverError):
        Scheduler(opened).run_for_ever()
    (told,) = caplog.records
    line = TextLines().format(told)
    assert "schedules cannot be looked at" in line and "ValueError" in line
    assert "shop.example" not in line
