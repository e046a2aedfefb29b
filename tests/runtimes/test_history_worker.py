from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from tests.cli.conftest import FACTS
from tests.served import Server, run

from tailorbird.edges.local_socket import answer
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import columns_of
from tailorbird.runtimes import history_worker
from tailorbird.runtimes.history_worker import BEHIND, TOGETHER, Worker
from tailorbird.runtimes.new_project import make_project
from tailorbird.runtimes.project import LOG, Project

ROUNDS = 300


def test_live_people_are_never_far_behind_an_import(server: Server) -> None:
    run(server.folder, "simulate", "--events", "20k", "--out", "past.parquet")
    importing = Thread(
        target=run, args=(server.folder, "import", "past.parquet", "--mapping", "simulated")
    )
    importing.start()
    seen: list[tuple[int, int]] = []
    while importing.is_alive():
        told = server.get("/health")
        seen.append((told["log_position"], told["live_position"]))
    importing.join()
    server.until(lambda: server.get("/health")["live_position"] >= 19_000)
    whole = server.get("/health")["log_position"]
    assert any(0 < end < whole for end, _ in seen), "it came all at once"
    assert max(end - live for end, live in seen) <= TOGETHER + BEHIND


class OverError(Exception):
    """Ends what would go on for ever."""


def test_questions_are_answered_while_the_log_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path / "shop")
    with Project(tmp_path / "shop") as project:
        data, keyring = project.data, project.keyring
        with SqliteLog(data / LOG, keyring) as log:
            log.append([columns_of(FACTS)], now_us=1)
    over = Event()

    def pause(_seconds: float) -> None:
        if over.is_set():
            raise OverError

    monkeypatch.setattr(history_worker, "time", SimpleNamespace(sleep=pause))
    ours, theirs = socket.socketpair()
    front = Thread(target=answer, args=(theirs, {"end": lambda: len(FACTS)}), daemon=True)
    front.start()
    with ours, theirs:
        worker = Worker(tmp_path / "shop", ours)

        def follow() -> None:
            with suppress(OverError):
                worker.follow_for_ever()

        following = Thread(target=follow)
        following.start()
        try:
            for _ in range(ROUNDS):
                told = list(worker._facts_of(["ann"], len(FACTS)))
                assert [len(positions) for _, positions in told] == [3]
        finally:
            over.set()
            following.join()
