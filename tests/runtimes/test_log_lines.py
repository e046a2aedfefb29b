"""What a server writes down: enough to find a fault, and nothing about anybody."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.patience import PATIENCE_S
from tests.served import Server, served
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tailorbird.runtimes.log_lines import Seldom, TextLines, begin_logging
from tailorbird.runtimes.routes import all_routes
from tailorbird.server.table import Route

MARK = "Zq7Marker"
"""Stands in everything that comes from outside."""
TIMES = 30


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What is written down, and afterwards the way of logging as it was before."""
    root, ours = logging.getLogger(), logging.getLogger("tailorbird")
    before = root.level, root.handlers[:], ours.level
    yield StringIO()
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    ours.setLevel(before[2])


def line_of(stream: StringIO) -> Any:
    return json.loads(stream.getvalue().splitlines()[-1])


def test_an_error_is_told_by_class_and_place_alone(written: StringIO) -> None:
    begin_logging("info", "json", written)
    try:
        raise KeyError(MARK)
    except KeyError:
        logging.getLogger("tailorbird.x").exception("it failed", extra={"said": {"in_s": 2}})
    told = line_of(written)
    assert (told["message"], told["error"], told["in_s"]) == ("it failed", "KeyError", 2)
    assert "test_an_error_is_told" in told["where"] and MARK not in written.getvalue()


def test_other_packages_say_warnings_only_and_without_what_they_are_about(
    written: StringIO,
) -> None:
    begin_logging("debug", "json", written)
    logging.getLogger("httpcore2").info("request %s", MARK)
    assert written.getvalue() == ""
    logging.getLogger("asyncio").error("it failed\nabout: %s", MARK)
    logging.getLogger("uvicorn.error").warning("not %s", MARK)
    assert "it failed" in written.getvalue() and MARK not in written.getvalue()
    logging.getLogger("tailorbird.x").debug("looked")
    assert line_of(written)["level"] == "debug"
    begin_logging("error", "json", written)
    logging.getLogger("tailorbird.x").warning("not written")
    assert "not written" not in written.getvalue()


def test_a_line_for_people_stays_one_line(written: StringIO) -> None:
    record = logging.LogRecord("tailorbird.x", logging.INFO, "", 0, "it is so\nand so", (), None)
    record.said = {"why": "a\nb"}
    told = TextLines().format(record)
    assert told.endswith('Z info     tailorbird.x: it is so  why="a\\nb"')


def test_what_requests_bring_about_is_written_seldom_and_counted() -> None:
    now_s = [0.0]
    seldom = Seldom(lambda: now_s[0])

    def passed(name: str, message: str) -> logging.LogRecord | None:
        record = logging.LogRecord(name, logging.WARNING, "", 0, message, (), None)
        return record if seldom.filter(record) else None

    assert passed("uvicorn.error", "bad") and passed("uvicorn.error", "worse")
    assert not passed("uvicorn.error", "bad") and not passed("uvicorn.error", "bad")
    assert passed("tailorbird.disk", "full") and passed("tailorbird.disk", "full")
    assert passed("tailorbird.server", "failed") and not passed("tailorbird.server", "failed")
    now_s[0] = 60.0
    again = passed("uvicorn.error", "bad")
    assert again is not None and vars(again)["said"] == {"left_out": 2}


# A real server


def ask(server: Server, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    link = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    try:
        link.request(method, path, body, headers)
        told = link.getresponse()
        if "event-stream" not in told.headers.get("content-type", ""):
            told.read()
        return told.status
    finally:
        link.close()


def event(call: str, number: int) -> dict[str, Any]:
    name = f"{MARK}{number}"
    return {
        "type": call, "messageId": f"{name}m", "userId": name, "anonymousId": f"{name}a",
        "previousId": f"{name}p", "groupId": f"{name}g", "event": name, "name": name,
        "properties": {name: name, "revenue": 3}, "traits": {name: name, "email": f"{name}@x.y"},
        "context": {name: name, "ip": name},
    }  # fmt: skip


def bodies(route: Route, number: int) -> list[bytes]:
    if route.method != "POST":
        return [b""]
    one = event(route.path.rpartition("/")[2], number)
    valid: list[Any] = [one, {"batch": [one, event("track", number + 1)]}, {"ids": [MARK]}]
    valid += [{"id": MARK}, {MARK: MARK}, {**one, "timestamp": MARK}]
    broken = [MARK.encode(), b'{"%s": ' % MARK.encode(), b"\xff" + MARK.encode()]
    return [*(json.dumps(said).encode() for said in valid), *broken]


def test_no_word_of_what_is_sent_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILORBIRD_LOG_LEVEL", "debug")
    monkeypatch.setenv("TAILORBIRD_PUSH_FIELDS", "persona, segments")
    seen = set()
    with served(tmp_path) as server:
        for number, route in enumerate(all_routes()):
            path = "/".join(MARK if "{" in part else part for part in route.path.split("/"))
            queried = f"{path}?{MARK}={MARK}&ticket={MARK}"
            if route.method == "WEBSOCKET":
                with pytest.raises(WebSocketException):
                    url = f"ws://127.0.0.1:{server.port}{queried}"
                    said = {"x-write-key": MARK}
                    with connect(url, additional_headers=said, open_timeout=PATIENCE_S) as link:
                        link.recv(PATIENCE_S)
                continue
            for key, body in product((MARK, server.key, server.admin), bodies(route, number)):
                headers = {"authorization": f"Bearer {key}", "x-a": MARK, "cookie": MARK}
                seen.add(ask(server, route.method, path, body, headers))
                seen.add(ask(server, route.method, queried, body, headers))
        assert {200, 400, 401, 403} <= seen and 500 not in seen
        for _ in range(TIMES):
            assert ask(server, "GET", f"/{MARK}", b"", {}) == 404
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as link:
                link.sendall(f"{MARK} {quote(MARK)} {MARK}\r\n{MARK}: {MARK}\r\n\r\n".encode())
                assert b" 400 " in link.recv(1_000)
        assert server.end() == 0
        printed = server.printed()
    assert MARK.lower() not in printed.lower()
    assert server.key not in printed and server.admin not in printed
    spoken = ("listening", "console")
    lines = [json.loads(line) for line in printed.splitlines() if not line.startswith(spoken)]
    assert {"ready", "ending", "ended"} <= {line["message"] for line in lines}
    told = [line for line in lines if line["level"] != "info"]
    assert {line["message"] for line in told} == {"Invalid HTTP request received."}
    assert len(told) < TIMES  # seldom
