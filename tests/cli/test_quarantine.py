"""`tailorbird quarantine`, beside a running server that keeps messages aside, and without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.cli.conftest import Run, answer_of
from tests.patience import PATIENCE_S
from tests.served import Server
from tests.served import run as called

STRICT = "mode: quarantine\nevents: {Seen: {properties: {required: [price]}}}\n"


def send(server: Server, **message: Any) -> str:
    body = json.dumps({"event": "Seen", **message, "writeKey": server.key}).encode()
    with urlopen(
        Request(f"http://127.0.0.1:{server.port}/v1/track", body), timeout=PATIENCE_S
    ) as answer:
        return str(json.load(answer)["results"][0]["status"])


def quarantine(server: Server, *words: str, code: int = 0) -> Any:
    return json.loads(called(server.folder, "quarantine", *words, "--json", code=code))


def plan(server: Server, text: str) -> None:
    (server.folder / "definitions" / "tracking_plan.yaml").write_text(text)
    called(server.folder, "publish")


def test_messages_are_kept_shown_and_replayed_beside_a_server(server: Server) -> None:
    plan(server, STRICT)
    server.until(lambda: send(server, userId="warm") == "quarantined")
    called(server.folder, "quarantine", "drop", "--all")
    assert send(server, userId="ann", messageId="m1") == "quarantined"
    assert send(server, userId="bob", messageId="m2") == "quarantined"
    assert send(server, userId="cid", messageId="m3", properties={"price": 1}) == "accepted"
    told = quarantine(server, "list")
    assert told["held"] == 2
    bob, ann = told["messages"]
    assert (ann["person"], ann["reason"]) == ("ann", 'properties: "price" is a required property')
    assert [one["person"] for one in quarantine(server, "list", "--person", "bob")["messages"]] == [
        "bob"
    ]
    assert "price" in called(server.folder, "quarantine", "list")
    assert json.loads(quarantine(server, "show", str(ann["number"]))["raw"])["messageId"] == "m1"
    assert quarantine(server, "replay", code=1)["still"] == 2
    assert quarantine(server, "drop", str(bob["number"])) == {"dropped": 1}
    plan(server, "mode: allow\n")
    assert quarantine(server, "replay")["accepted"] == 1
    shown = called(server.folder, "tail", "--since", "1h", "--no-follow", "--show-people")
    assert "ann" in shown
    assert "bob" not in shown
    assert quarantine(server, "list")["held"] == 0


def test_without_any_the_command_says_so(run: Run, folder: Path) -> None:
    assert "nothing is kept aside" in run("quarantine", "list").output
    assert answer_of(run("quarantine", "replay", "--json")) == {
        "accepted": 0,
        "duplicates": 0,
        "still": 0,
        "forbidden": 0,
    }
    assert "no message 5 is kept aside" in run("quarantine", "show", "5", code=2).output
    assert "say which" in run("quarantine", "drop", code=2).output
