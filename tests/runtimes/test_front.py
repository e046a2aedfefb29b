"""Push from the whole server as users run it: its two processes, its settings, its log."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.patience import PATIENCE_S
from tests.served import Server, run, served, wait_until_gone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SITE = "https://shop.example"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TAILORBIRD_ORIGINS", SITE)
    monkeypatch.setenv("TAILORBIRD_PUSH_FIELDS", "persona, segments")
    with served(tmp_path) as made:
        yield made


def ticket(server: Server, id_: str) -> str:
    url = f"http://127.0.0.1:{server.port}/v1/tickets"
    asked = Request(url, json.dumps({"id": id_}).encode())
    asked.add_header("authorization", f"Bearer {server.admin}")
    with urlopen(asked, timeout=PATIENCE_S) as told:
        return str(json.load(told)["ticket"])


@contextmanager
def opened(server: Server, path: str, **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("GET", path, headers=headers)
    with closing(connection), connection.getresponse() as answer:
        yield answer


def event(stream: HTTPResponse) -> dict[str, str]:
    """The next event of a stream that says something."""
    found: dict[str, str] = {}
    while True:
        line = stream.readline().decode()
        assert line, "it has ended"
        if line == "\n":
            if "data" in found:
                return found
            found = {}
        name, _, value = line.rstrip("\n").partition(": ")
        found[name] = value


def test_pages_hear_of_events_and_the_streams_end_before_the_server(server: Server) -> None:
    text = ticket(server, "ann")
    url = f"ws://127.0.0.1:{server.port}/updates?ticket={text}"
    with (
        opened(server, f"/v1/updates?ticket={text}") as stream,
        connect(url, open_timeout=PATIENCE_S) as socket,
    ):
        event(stream), socket.recv(PATIENCE_S)
        server.send("ann", "m1")
        said = json.loads(event(stream)["data"])
        assert said["newProfile"]["segments"] == ["buyers"]
        assert json.loads(socket.recv(PATIENCE_S)) == said
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(PATIENCE_S)
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 1001
        assert event(stream)["event"] == "end" and stream.read() == b""
    assert server.process.wait(PATIENCE_S) == 0
    printed = server.printed()
    assert "error" not in printed and text not in printed and "127.0.0.1:" in printed


def test_a_page_goes_on_where_it_was_after_the_server_was_killed(server: Server) -> None:
    server.send("ann", "m1")
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    path = f"/v1/updates?ticket={ticket(server, 'ann')}"
    with opened(server, path) as stream:
        known = event(stream)["id"]
    worker = server.worker()
    server.kill()
    wait_until_gone(worker)
    server.start()
    with opened(server, path, **{"last-event-id": known}) as stream:
        server.send("bob", "m2")
        server.send("ann", "m3")  # changes nothing that is listed
        server.process.send_signal(signal.SIGTERM)
        assert event(stream)["event"] == "end"


def test_systems_hear_of_what_a_publication_turns_if_they_ask(server: Server) -> None:
    server.send("ann", "m1")
    server.until(lambda: server.get("/ready")["live_position"] == 1)
    admin = {"authorization": f"Bearer {server.admin}"}
    with opened(server, "/v1/record?causes=definition", **admin) as stream:
        path = server.folder / "definitions" / "9_more.yaml"
        path.write_text("segments:\n  anybody: count(any_event()) >= 1\n")
        run(server.folder, "publish")
        said = json.loads(event(stream)["data"])
    assert said["data"] | {"position": 0} == {
        "person": "ann",
        "segment": "anybody",
        "cause": "definition",
        "position": 0,
    }
