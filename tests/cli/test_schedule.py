"""`tailorbird schedule` lists, runs and remembers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import apsw
import pytest
from tests.cli.conftest import Run, answer_of

SCHEDULES = """\
schedules:
  orders:
    cron: "0 4 * * *"
    import:
      from: sqlite:///shop.db
      sql: SELECT number, who, seen FROM orders
      cursor: number
      overlap: 0
      mapping: orders.yaml
  drops:
    cron: "*/5 * * * *"
    import: {files: in/*.csv, mapping: orders.yaml}
"""
MAPPING = """\
source: orders
person: who
time: seen
event: {constant: Order Completed}
id: number
"""


@pytest.fixture
def scheduled(run: Run, folder: Path) -> Path:
    (folder / "definitions" / "schedules.yaml").write_text(SCHEDULES)
    (folder / "orders.yaml").write_text(MAPPING)
    connection = apsw.Connection(str(folder / "shop.db"))
    connection.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY, who, seen)")
    connection.execute("INSERT INTO orders VALUES (1, 'ann', '2024-05-01'), (2, NULL, '2024')")
    connection.close()
    run("publish")
    return folder


def test_a_schedule_is_run_by_hand_and_remembered(
    run: Run, scheduled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # files are looked for from the project's folder
    project = ("--project", scheduled)
    told = answer_of(run("schedule", "run", "orders", *project, "--json"))
    assert (told["state"], told["rows"], told["accepted"], told["rejected"]) == ("done", 2, 1, 1)
    rejects = list((scheduled / "data" / "rejects").iterdir())
    assert [path.name for path in rejects] == ["orders.sqlite-orders.jsonl"]
    again = run("schedule", "run", "orders", *project).output
    assert "done, 0 new of 1" in again and "1 row rejected" in again
    assert list((scheduled / "data" / "rejects").iterdir()) == rejects
    runs = answer_of(run("schedule", "history", "orders", *project, "--json"))
    assert [(one["run"], one["rows"]) for one in runs] == [(2, 1), (1, 2)]
    assert "orders" in run("schedule", "history", *project).output


def test_what_a_wrong_mapping_could_not_read_is_read_when_it_is_right(
    run: Run, scheduled: Path
) -> None:
    (scheduled / "in").mkdir()
    (scheduled / "in" / "a.csv").write_text("number,who,seen\n7,eve,2024-05-02\n")
    os.utime(scheduled / "in" / "a.csv", (1, 1))
    wrong = MAPPING.replace("time: seen", "time: who")
    for mapping, accepted in ((wrong, 0), (wrong, 0), (MAPPING, 1), (MAPPING, 0)):
        is_bad = mapping != MAPPING
        (scheduled / "orders.yaml").write_text(mapping)
        for name in ("orders", "drops"):
            told = answer_of(run("schedule", "run", name, "--json", code=int(is_bad)))
            assert told["state"] == ("failed" if is_bad else "done"), told
            assert told["accepted"] == accepted, told
            assert not is_bad or told["says"].startswith("no row could be read: "), told


def test_all_schedules_are_listed_with_their_last_run(run: Run, scheduled: Path) -> None:
    (scheduled / "in").mkdir()
    (scheduled / "in" / "a.csv").write_text("number,seen\n")
    os.utime(scheduled / "in" / "a.csv", (1, 1))
    failed = run("schedule", "run", "drops", code=1).output
    assert "failed: the mapping orders reads person from the column 'who'" in failed
    orders, drops = answer_of(run("schedule", "list", "--json"))
    assert (orders["does"], orders["last"]) == ("import from sqlite:///shop.db", None)
    assert orders["next"].endswith("T04:00:00Z")
    assert (drops["last"]["state"], drops["overdue"]) == ("failed", False)
    assert "failed" in run("schedule", "list").output
    looked = json.loads(run("doctor", "--json", code=1).stdout)
    found = {one["what"]: one for one in looked["findings"]}
    assert found["schedule drops"]["do"] == "tailorbird schedule run drops"
    assert found["sources"]["state"] == "good"
    (scheduled / "data" / "sources.sqlite").write_text("no database any more" * 500)
    looked = json.loads(run("doctor", "--json", code=2).stdout)
    found = {one["what"]: one for one in looked["findings"]}
    assert found["sources"]["state"] == "bad" and "rm " in found["sources"]["do"]


def test_a_cut_run_of_a_program_that_is_gone_does_not_bar_the_next(
    run: Run, scheduled: Path
) -> None:
    from tailorbird.edges.stores.sqlite_sources import SqliteSources

    with SqliteSources(scheduled / "data" / "sources.sqlite") as sources:
        sources.begin_run("orders", "import", None, 1)
    assert answer_of(run("schedule", "run", "orders", "--json"))["state"] == "done"
    states = [one["state"] for one in answer_of(run("schedule", "history", "--json"))]
    assert states == ["done", "cut"]


def test_faults_of_schedules_are_told_by_check_and_not_published(run: Run, scheduled: Path) -> None:
    path = scheduled / "definitions" / "schedules.yaml"
    assert answer_of(run("check", "--json"))["definitions"]["schedules"] == 2
    path.write_text(SCHEDULES.replace("0 4 *", "0 24 *"))
    told = answer_of(run("check", "--json", code=1))
    (problem,) = told["problems"]
    assert (problem["line"], problem["column"]) == (3, 11)
    assert "no time of a schedule" in run("publish", code=2).output
    assert "0 4 * * *" in run("schedule", "list").output


def test_a_mapping_that_is_faulty_or_missing_is_told_before_anything_runs(
    run: Run, scheduled: Path
) -> None:
    path = scheduled / "definitions" / "schedules.yaml"
    path.write_text(SCHEDULES.replace("*.csv, mapping: orders.yaml", "*.csv, mapping: ordrs.yaml"))
    (scheduled / "orders.yaml").write_text(MAPPING.replace("person:", "persn:"))
    told = run("check", code=1).output
    assert "orders.yaml:2:1: there is no 'persn' in a mapping; did you mean 'person'?" in told
    assert "ordrs.yaml: there is no such mapping, by which the schedule 'drops' reads" in told
    assert "did you mean 'orders.yaml'?" in told


def test_an_address_that_is_none_is_told_with_its_place(run: Run, scheduled: Path) -> None:
    path = scheduled / "definitions" / "schedules.yaml"
    path.write_text(SCHEDULES.replace("sqlite:///", "sqlite:"))
    (problem,) = answer_of(run("check", "--json", code=1))["problems"]
    assert (problem["line"], problem["column"]) == (5, 13)
    assert "sqlite:///shop.db" in problem["message"]


def test_without_schedules_it_is_said_where_to_write_some(run: Run, folder: Path) -> None:
    assert "write some under `schedules`" in run("schedule", "list").output
    assert "there is no schedule 'orders'" in run("schedule", "run", "orders", code=2).output
    assert answer_of(run("schedule", "history", "--json")) == []
