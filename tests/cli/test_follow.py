"""`tailorbird follow` takes in each line once, however it and the file are ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run, answer_of
from tests.patience import PATIENCE_S
from tests.served import COMMAND, Server, wait_until_gone
from tests.served import run as served_run

from tailorbird.flow.imports import put_by
from tailorbird.kernel import limits

MAPPING = """\
source: app
format: jsonl
person: who
time: at
event: what
"""


def line(who: str, what: str = "Seen", **more: Any) -> str:
    return json.dumps({"who": who, "what": what, "at": "2024-05-01T10:00:00Z", **more}) + "\n"


def add(path: Path, *lines: str) -> None:
    with path.open("a") as stream:
        stream.write("".join(lines))


@pytest.fixture
def app(tmp_path: Path) -> tuple[Path, Path]:
    mapping = tmp_path / "app.yaml"
    mapping.write_text(MAPPING)
    return tmp_path / "app.log", mapping


def test_each_line_counts_once_also_equal_ones(
    run: Run, folder: Path, app: tuple[Path, Path]
) -> None:
    path, mapping = app
    asked = ("follow", path, "--mapping", mapping, "--once", "--json")
    add(path, line("ann"), line("ann"), "no JSON\n", line("bob")[:-1])
    told = answer_of(run(*asked))
    assert (told["rows"], told["accepted"], told["rejected"]) == (3, 2, 1)
    told = answer_of(run(*asked))
    assert (told["rows"], told["accepted"]) == (0, 0)
    add(path, "\n", line("ann"))
    told = answer_of(run(*asked))
    assert (told["accepted"], told["duplicates"]) == (2, 0)
    path.rename(path.with_name("app.log.1"))
    add(path, line("ann"))
    assert answer_of(run(*asked))["accepted"] == 1
    assert "0 new facts of 0 lines" in run(*asked[:-1]).output


def test_a_step_whose_end_was_not_noted_is_done_again_and_counts_once(
    run: Run, folder: Path, app: tuple[Path, Path]
) -> None:
    path, mapping = app
    asked = ("follow", path, "--mapping", mapping, "--once", "--json")
    add(path, line("ann"), line("ann"))
    run(*asked)
    (folder / "data" / "sources.sqlite").unlink()
    told = answer_of(run(*asked))
    assert (told["accepted"], told["duplicates"]) == (0, 2)


def test_cloudevents_are_followed_and_imported(run: Run, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    event = {"specversion": "1.0", "id": "7", "source": "/till", "type": "Paid", "subject": "ann"}
    event |= {"time": "2024-05-01T10:00:00Z", "data": {"total": 12.5}}
    add(path, json.dumps(event) + "\n", json.dumps({**event, "specversion": "2"}) + "\n")
    told = answer_of(run("follow", path, "--mapping", "cloudevents", "--once", "--json"))
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert list(told["reasons"]) == ["specversion is"]
    assert "specversion" in Path(told["rejects_file"]).read_text()
    told = answer_of(run("import", path, "--mapping", "cloudevents", "--json"))
    assert (told["accepted"], told["duplicates"], told["rejected"]) == (0, 1, 1)
    assert '"Paid"' in run("person", "ann", "--json").output
    add(path, "no JSON\n")
    shown = run("follow", path, "--mapping", "cloudevents", "--once").output
    assert "1 row rejected, see " in shown and "1 time: " in shown


def test_lines_that_cannot_be_read_lie_in_one_bounded_file(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOLLOWED_REJECT_BYTES", 500)
    path = tmp_path / "events.ndjson"
    asked = ("follow", path, "--mapping", "cloudevents", "--once", "--json")
    kept = None
    for number in range(40):
        add(path, f"no JSON {number}\n")
        kept = answer_of(run(*asked))["rejects_file"]
    assert kept is not None and Path(kept).name == "follow.file-cloudevents.jsonl"
    before = put_by(Path(kept))
    files = (folder / "data" / "rejects").iterdir()
    assert {one.name for one in files} == {Path(kept).name, before.name}
    assert 500 <= before.stat().st_size < 700 and Path(kept).stat().st_size < 700
    lines = (before.read_text() + Path(kept).read_text()).splitlines()
    told = [json.loads(line)["raw"] for line in lines]
    assert told == [f"no JSON {number}" for number in range(40 - len(told), 40)]


def test_what_has_no_lines_is_refused(run: Run, folder: Path, app: tuple[Path, Path]) -> None:
    path, mapping = app
    mapping.write_text(MAPPING.replace("jsonl", "csv"))
    told = run("follow", path, "--mapping", mapping, "--once", code=2).output
    assert "reads csv; lines that keep coming are JSON" in told


def started(folder: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "follow", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **more,
    )


def test_nothing_is_lost_or_doubled_by_a_follower_that_is_killed(
    server: Server, app: tuple[Path, Path]
) -> None:
    path, mapping = app
    count = 0
    for _ in range(3):
        follower = started(server.folder, str(path), "--mapping", str(mapping))
        try:
            before = server.get("/health")["log_position"]
            add(path, *(line(f"p{number}", n=number) for number in range(count, count + 50)))
            count += 50
            server.until(lambda b=before: server.get("/health")["log_position"] > b)
        finally:
            follower.kill()
            follower.communicate()
        add(path, line(f"p{count}", n=count))
        count += 1
        os.kill(server.worker(), signal.SIGKILL)  # where a step may be under way
    server.until(lambda: _once(server.folder, path, mapping))
    assert server.get("/health")["log_position"] == count


def _once(folder: Path, path: Path, mapping: Path) -> bool:
    words = ["follow", str(path), "--mapping", str(mapping), "--once"]
    done = subprocess.run([*COMMAND, *words], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_follower_ends_well_when_it_is_told_to(
    server: Server, app: tuple[Path, Path], how: signal.Signals
) -> None:
    path, mapping = app
    path.touch()
    follower = started(server.folder, str(path), "--mapping", str(mapping))
    add(path, line("ann"))
    server.until(lambda: server.get("/health")["log_position"] == 1)
    follower.send_signal(how)  # the step may not have told yet what it stored
    told, _ = follower.communicate(timeout=PATIENCE_S)
    assert (follower.returncode, told) == (0, "1 new fact of 1 line\n")
    wait_until_gone(follower.pid)


def test_a_file_that_is_not_there_yet_is_waited_for_and_that_is_said(
    server: Server, app: tuple[Path, Path]
) -> None:
    path, mapping = app
    follower = started(server.folder, str(path), "--mapping", str(mapping))
    assert follower.stdout is not None
    assert follower.stdout.readline() == f"{path} is not there yet: waiting for it\n"
    add(path, line("ann"))
    assert follower.stdout.readline() == "1 new fact of 1 line\n"
    follower.send_signal(signal.SIGTERM)
    follower.communicate(timeout=PATIENCE_S)
    assert follower.returncode == 0


def test_what_was_read_of_a_pipe_is_stored_before_the_end(
    server: Server, app: tuple[Path, Path]
) -> None:
    _, mapping = app
    follower = started(server.folder, "-", "--mapping", str(mapping), stdin=subprocess.PIPE)
    assert follower.stdin is not None
    follower.stdin.write(line("ann"))
    follower.stdin.flush()
    server.until(lambda: server.get("/health")["log_position"] == 1)
    follower.stdin.write(line("bob") + line("cid"))
    follower.stdin.flush()
    follower.send_signal(signal.SIGINT)
    told, _ = follower.communicate(timeout=PATIENCE_S)
    assert (follower.returncode, told.splitlines()[-1]) == (0, "2 new facts of 2 lines")
    assert server.get("/health")["log_position"] == 3


def test_lines_come_through_standard_input_and_named_pipes(
    server: Server, app: tuple[Path, Path], tmp_path: Path
) -> None:
    _, mapping = app
    told = subprocess.run(
        [*COMMAND, "follow", "-", "--mapping", str(mapping)],
        cwd=server.folder,
        input=line("ann") + line("ann") + line("bob")[:-1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "3 new facts of 3 lines" in told.stdout
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    follower = started(server.folder, str(pipe), "--mapping", str(mapping))
    try:
        for who in ("cid", "dee"):  # each opens the pipe, writes and goes away
            before = server.get("/health")["log_position"]
            with pipe.open("w") as writing:
                writing.write(line(who))
            server.until(lambda b=before: server.get("/health")["log_position"] == b + 1)
    finally:
        follower.kill()
        follower.communicate()


def test_a_server_follows_by_itself_what_is_published(
    server: Server, app: tuple[Path, Path]
) -> None:
    path, mapping = app
    text = f"schedules:\n  app:\n    follow: {{from: {path}, mapping: {mapping}}}\n"
    (server.folder / "definitions" / "schedules.yaml").write_text(text)
    served_run(server.folder, "publish")
    add(path, line("ann"))
    server.until(lambda: server.get("/health")["log_position"] == 1)
    path.rename(path.with_name("app.log.1"))
    add(path, line("ann"), line("bob"))
    server.until(lambda: server.get("/health")["log_position"] == 3)
    (listed,) = json.loads(served_run(server.folder, "schedule", "list", "--json"))
    assert (listed["kind"], listed["overdue"]) == ("follow", False)
    server.until(lambda: sum(run["accepted"] for run in _done(server.folder)) == 3)


def _done(folder: Path) -> list[Any]:
    runs = json.loads(served_run(folder, "schedule", "history", "--json"))
    return [run for run in runs if run["state"] == "done"]
