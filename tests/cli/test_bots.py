"""`tailorbird bots` marks facts that are there, tells of them, and lets them count again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of
from tests.served import served

ROBOT = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
LONG = ("--last", "50000d")


def fill(run: Run, shop: Path) -> None:
    lines = [
        {
            "type": "track",
            "event": "Order Completed",
            "userId": who,
            "messageId": f"{who}{n}",
            "timestamp": f"2024-03-01T09:0{n}:00Z",
            "context": context,
        }
        for who, context in (("robot", ROBOT), ("eve", {}))
        for n in range(2)
    ]
    file = shop / "more.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    run("import", file, "--mapping", "segment-jsonl")


def members(run: Run) -> set[str]:
    return set(run("segment", "buyers", "--ids").stdout.split())


def test_robots_are_found_count_nowhere_and_can_be_acquitted(run: Run, shop: Path) -> None:
    fill(run, shop)
    assert "robot" in members(run)
    assert answer_of(run("bots", "scan", *LONG, "--json")) == {"marked": 2, "known": 0}
    assert answer_of(run("bots", "scan", *LONG, "--json")) == {"marked": 0, "known": 2}
    assert "robot" not in members(run)
    assert "eve" in members(run)
    told = answer_of(run("bots", "report", *LONG, "--json"))
    assert (told["facts"], told["marked"], told["rules"]) == (14, 2, {"list": 2})
    assert told["found"] == [{"rule": "list", "what": "Googlebot", "facts": 2}]
    assert "2 of 14 facts marked" in run("bots", "report", *LONG).output
    assert "0 facts count" in run("bots", "acquit", "robot", "--rule", "rate").output
    assert answer_of(run("bots", "acquit", "robot", "--message", "robot0", "--json")) == {
        "acquitted": 1
    }
    assert "robot" in members(run)
    assert "1 fact counts again" in run("bots", "acquit", "robot").output
    assert answer_of(run("bots", "report", *LONG, "--json"))["marked"] == 0
    assert answer_of(run("bots", "scan", *LONG, "--json"))["marked"] == 0
    assert "robot" in members(run)


def test_a_server_marks_robots_as_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILORBIRD_BOTS", "mark")
    with served(tmp_path) as server:
        server.track("robot", "Order Completed", {"revenue": 30}, context=ROBOT, messageId="m1")
        told = server.track("ann", "Order Completed", {"revenue": 30})
        assert "buyers" in server.profile("ann", told["position"])["segments"]
        assert server.profile("robot", told["position"])["segments"] == []
