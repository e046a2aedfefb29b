"""A running server whose live states go wrong: what is told meanwhile, and that it comes back."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.patience import PATIENCE_S
from tests.receiving import receiver
from tests.served import Server, run, served

from tailorbird.kernel.instants import DAY


def broken(server: Server) -> None:
    """Take a table of the live states away, so that the next commit of them fails."""
    renamed(server, "people", "gone")


def renamed(server: Server, table: str, to: str) -> None:
    path = server.folder / "data" / "state.sqlite"
    with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as states:
        states.execute(f"ALTER TABLE {table} RENAME TO {to}")


def not_ready(server: Server) -> str:
    """Why it is not ready; empty while it is."""
    try:
        server.get("/ready")
    except HTTPError as error:
        with error:
            assert error.code == 503
            return str(json.load(error)["reason"])
    return ""


def metric(server: Server, name: str) -> int:
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as told:
        lines = told.read().decode().splitlines()
    return int(dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")[f"tailorbird_{name}"])


def test_events_go_on_and_people_come_back_after_an_error_of_their_states(server: Server) -> None:
    server.send("ann", "m1")
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    broken(server)
    server.send("bob", "m2")
    server.until(lambda: not_ready(server))
    assert "the live state" in not_ready(server) and "no such table" in not_ready(server)
    assert server.send("cat", "m3")["results"] == [{"status": "accepted"}]
    assert server.get("/health")["status"] == "ok"
    with pytest.raises(HTTPError) as refused:
        server.get("/v1/profiles/ann", authorization=f"Bearer {server.admin}")
    with refused.value as answer:
        assert (answer.code, answer.headers["retry-after"]) == (503, "1")
    assert metric(server, "live_ready") == 0 and metric(server, "live_losses_total") >= 1
    renamed(server, "gone", "people")
    server.until(lambda: server.get("/ready")["live_position"] == 3)
    assert [server.profile(who, 3)["segments"] for who in ("ann", "bob", "cat")] == [["buyers"]] * 3
    assert server.end() == 0
    printed = server.printed()
    said = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    lost = [line for line in said if line["message"] == "people's states are loaded again"]
    assert [line["in_s"] for line in lost][:2] == [1.0, 2.0][: len(lost)]


def test_states_that_were_removed_are_made_of_the_log_again_and_systems_told_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILORBIRD_WEBHOOK_NETWORKS", "127.0.0.1")
    with served(tmp_path) as server, receiver() as crm:
        run(server.folder, "webhooks", "create", crm.url)
        server.send("ann", "m1")
        crm.until(lambda: len(crm.received) == 1)
        broken(server)
        server.send("bob", "m2")
        server.until(lambda: not_ready(server))
        assert "cannot be looked at now" in run(server.folder, "webhooks", "list", code=2)
        for path in server.folder.glob("data/state.sqlite*"):
            path.unlink()
        server.until(lambda: server.get("/ready")["live_position"] == 2)
        buyers = [server.profile(who, 2)["segments"] for who in ("ann", "bob")]
        assert buyers == [["buyers"], ["buyers"]]
        server.send("cat", "m3")
        crm.until(lambda: len(crm.received) == 2)
        assert [one.data["person"] for one in crm.received] == ["ann", "cat"]


def test_states_of_a_log_that_went_on_differently_are_not_shown(server: Server) -> None:
    server.send("ann", "m1")
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    assert server.end() == 0
    data = server.folder / "data"
    older = (data / "log.sqlite").read_bytes()
    server.start()
    server.send("bob", "m2")
    server.until(lambda: server.get("/ready")["live_position"] == 2)
    assert server.end() == 0
    (data / "log.sqlite").write_bytes(older)
    for path in (*data.glob("history.duckdb*"), *data.glob("consents.sqlite*")):
        path.unlink()
    server.start(is_ready=False)
    server.until(lambda: not_ready(server).startswith("the live state reaches position 2"))
    for path in data.glob("state.sqlite*"):
        path.unlink()
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    assert server.profile("ann", 1)["segments"] == ["buyers"]


def test_what_is_in_the_record_for_too_long_goes_and_the_newest_stays(server: Server) -> None:
    for number, who in enumerate(("ann", "bob", "cid"), 1):
        server.send(who, f"m{number}")
        server.until(lambda end=number: server.get("/ready")["live_position"] == end)
    assert server.end() == 0
    kept = "SELECT number FROM record ORDER BY number"
    with closing(sqlite3.connect(server.folder / "data" / "state.sqlite")) as states:
        assert states.execute(kept).fetchall() == [(1,), (2,), (3,)]
        old_us = time.time_ns() // 1_000 - 91 * DAY
        states.execute("UPDATE record SET at_us = ? WHERE number <> 2", (old_us,))
        states.commit()
        server.start()
        server.until(lambda: states.execute(kept).fetchall() == [(2,), (3,)])


def test_a_stream_of_the_record_ends_and_can_be_gone_on_with(server: Server) -> None:
    server.send("ann", "m1")
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    ids = []

    def heard(after: str, want: str) -> list[str]:
        """What is said of people from an id on, until the stream ends or somebody is met."""
        said = []
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)) as link:
            headers = {"authorization": f"Bearer {server.admin}", "last-event-id": after}
            link.request("GET", "/v1/record", headers=headers)
            told = link.getresponse()
            assert told.status == 200
            end = time.monotonic() + PATIENCE_S
            while want not in said:
                assert time.monotonic() < end, "it neither ended nor said so"
                line = told.readline().decode()
                if line.startswith("event: end"):
                    assert "loaded again" in told.readline().decode()
                    break
                if line.startswith("id: "):
                    ids.append(line[4:].strip())
                if line.startswith("data: "):
                    said.append(json.loads(line[6:])["data"]["person"])
                if "ann" in said and want == "end":
                    broken_once()
        return said

    def broken_once() -> None:
        with suppress(sqlite3.OperationalError):
            broken(server)
            server.send("bob", "m2")

    assert heard("beginning", "end") == ["ann"]
    renamed(server, "gone", "people")
    server.until(lambda: server.get("/ready")["live_position"] == 2)
    assert heard(ids[-1], "bob") == ["bob"]
