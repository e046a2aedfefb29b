"""The history has what the log has, whatever happened in between."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.served import COMMAND

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import FactColumns, columns_of
from tailorbird.flow import tail
from tailorbird.flow.tail import AheadOfLogError, append, follow, take_over
from tailorbird.kernel.facts import Fact
from tailorbird.ports.log import DamagedLogError
from tailorbird.runtimes.new_project import make_project
from tailorbird.runtimes.project import open_project


@pytest.fixture
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as opened:
        yield opened


@pytest.fixture
def log(keyring: SqliteKeyring) -> Iterator[SqliteLog]:
    with SqliteLog(None, keyring) as opened:
        yield opened


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def fact(subject: str, id_: str, position: int = 0) -> Fact:
    properties = {"price": 2_500_000, "tags": ["a", None]}
    return Fact(subject, 7, id_, "Seen", properties, {"ip": "x"}, True, False, "web", position, 8)


def facts(*ids: str, begin: int = 0, subject: str = "ann") -> list[Fact]:
    return [fact(subject, id_, begin + place) for place, id_ in enumerate(ids)]


def log_facts(log: SqliteLog, *batches: list[Fact]) -> None:
    for some in batches:
        with log.writing(9) as writing:
            writing(columns_of(some))


def test_what_is_appended_is_in_both_with_the_same_positions(
    log: SqliteLog, history: DuckDbHistory
) -> None:
    told = append(log, history, [columns_of(facts("a", "b")), columns_of(facts("b", "c"))])
    assert told == (3, 1, 0)
    assert history.history_of(["ann"]) == facts("a", "b", "c")
    assert list(log.read(0, 9).columns.id) == ["a", "b", "c"]


def test_an_error_while_a_batch_is_read_leaves_nothing_in_either(
    log: SqliteLog, history: DuckDbHistory
) -> None:
    def broken() -> Iterator[FactColumns]:
        yield columns_of(facts("a"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append(log, history, broken())
    assert log.end_position == history.end_position == 0
    assert append(log, history, [columns_of(facts("a"))]).accepted == 1


def test_a_history_that_stayed_behind_follows(
    log: SqliteLog, history: DuckDbHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.flow.tail.FACTS", 2)
    log_facts(log, facts("a", "b"), facts("c"), facts("d", "e", "f"))
    assert follow(log, history) == 6
    assert history.history_of(["ann"]) == facts("a", "b", "c", "d", "e", "f")
    assert follow(log, history) == 0


def test_positions_of_erased_facts_stay_unused(
    keyring: SqliteKeyring, log: SqliteLog, history: DuckDbHistory
) -> None:
    log_facts(log, facts("a", "b"), facts("c", subject="bob"), facts("d", subject="eve"))
    keyring.destroy([keyring.hash_of("bob"), keyring.hash_of("eve")])
    follow(log, history)
    assert history.history_of(["ann", "bob"]) == facts("a", "b")
    assert history.end_position == 4
    append(log, history, [columns_of(facts("z"))])
    assert history.history_of(["ann"])[-1].position == 4


def test_a_history_that_has_more_than_the_log_is_refused(
    log: SqliteLog, history: DuckDbHistory
) -> None:
    history.append(facts("a"))
    with pytest.raises(AheadOfLogError, match="position 1 and the log only 0"):
        follow(log, history)


def test_a_history_from_before_there_were_logs_is_taken_over(
    log: SqliteLog, history: DuckDbHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.flow.tail.FACTS", 2)
    history.append(facts("a", "b", "c"))
    history.promote([("price",)])
    told: list[tuple[int, int]] = []
    assert take_over(log, history, lambda done, end: told.append((done, end))) == 3
    assert told == [(2, 3), (3, 3)]
    with DuckDbHistory(None) as again:
        follow(log, again)
        assert again.history_of(["ann"]) == history.history_of(["ann"]) == facts("a", "b", "c")


def test_a_project_finds_its_facts_again_without_its_history(tmp_path: Path) -> None:
    (tmp_path / "tailorbird.yaml").write_text("zone: UTC\n")
    with open_project(tmp_path) as project:
        project.history.append(facts("a", "b"))
    (tmp_path / "data" / "history.duckdb").unlink()
    with open_project(tmp_path) as project:
        assert project.history.history_of(["ann"]) == facts("a", "b")


def test_a_project_from_before_there_were_logs_gets_one(tmp_path: Path) -> None:
    (tmp_path / "tailorbird.yaml").write_text("zone: UTC\n")
    with open_project(tmp_path) as project, DuckDbHistory(project.data / "history.duckdb") as old:
        old.append(facts("a", "b"))
    with open_project(tmp_path) as project:
        assert project.history.history_of(["ann"]) == facts("a", "b")
        assert list(project.log.read(0, 9).columns.id) == ["a", "b"]


def test_who_waits_for_a_project_to_get_its_log_sees_how_far_it_is(tmp_path: Path) -> None:
    make_project(tmp_path / "shop")
    with (
        open_project(tmp_path / "shop") as project,
        DuckDbHistory(project.data / "history.duckdb") as old,
    ):
        old.append(facts("a", "b"))
    shown, terminal = pty.openpty()
    os.set_blocking(shown, False)
    subprocess.run([*COMMAND, "segments"], cwd=tmp_path / "shop", stderr=terminal, check=True)
    assert b"giving old facts a log" in os.read(shown, 10_000)
    os.close(terminal)
    os.close(shown)


def test_a_long_log_is_followed_in_pieces_that_stay(
    log: SqliteLog, history: DuckDbHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "TOGETHER", 2)
    log_facts(log, facts("a"), facts("b"), facts("c"), facts("d"), facts("e"))
    damage = "UPDATE groups SET blob = x'00' WHERE first_position = 3"
    stored = log._connection.execute("SELECT blob FROM groups WHERE first_position = 3").get
    log._connection.execute(damage)
    with pytest.raises(DamagedLogError):
        follow(log, history)
    assert history.end_position == 2
    log._connection.execute("UPDATE groups SET blob = ? WHERE first_position = 3", (stored,))
    assert follow(log, history) == 3
    assert history.history_of(["ann"]) == facts("a", "b", "c", "d", "e")
