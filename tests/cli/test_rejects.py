"""`tailorbird rejects`, beside a running server that rejects what it is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.cli.conftest import Run, answer_of
from tests.patience import PATIENCE_S
from tests.served import Server
from tests.served import run as called


def rejected(server: Server, **message: Any) -> None:
    body = json.dumps({**message, "writeKey": server.key}).encode()
    try:
        urlopen(
            Request(f"http://127.0.0.1:{server.port}/v1/track", body), timeout=PATIENCE_S
        ).close()
    except HTTPError as error:
        assert error.code == 400
        error.close()


def rejects(server: Server, *words: str) -> Any:
    return json.loads(called(server.folder, "rejects", *words, "--json"))


def keys(server: Server) -> Any:
    return json.loads(called(server.folder, "keys", "list", "--json"))


def test_rejected_messages_are_listed_shown_and_cleared_beside_a_server(server: Server) -> None:
    rejected(server, userId="ann", price=1)
    rejected(server, userId="bob", event="Seen", timestamp="soon")
    server.until(lambda: len(rejects(server, "list")) == 2)
    bobs, anns = rejects(server, "list")
    assert (anns["person"], anns["sort"], anns["reason"]) == ("ann", "name", "no event name")
    assert [one["number"] for one in rejects(server, "list", "--sort", "time")] == [bobs["number"]]
    assert rejects(server, "list", "--person", "ann") == [anns]
    key = next(one for one in keys(server) if one["id"] == anns["key"])
    assert anns["source"] == key["name"] == "first"
    for words in (("list",), ("show", str(anns["number"]))):
        printed = called(server.folder, "rejects", *words)
        assert "no event name" in printed and f"first ({anns['key']})" in printed
    named = called(server.folder, "rejects", "list")
    assert "(track)" in named and "Seen" in named, "what it was, or where it was sent"
    assert json.loads(rejects(server, "show", str(anns["number"]))["raw"])["price"] == 1
    assert "soon" in called(server.folder, "rejects", "show", str(bobs["number"]))
    assert rejects(server, "clear", "--person", "ann") == {"cleared": 1}
    assert rejects(server, "list") == [bobs]
    rejected(server, userId="cid")
    server.until(lambda: len(rejects(server, "list")) == 2)
    assert "2 rejected messages are gone" in called(server.folder, "rejects", "clear")


def test_without_any_the_command_says_so(run: Run, folder: Path) -> None:
    assert "nothing was rejected in the last 7 days" in run("rejects", "list").output
    assert answer_of(run("rejects", "list", "--json")) == []
    assert "there is no rejected message 5" in run("rejects", "show", "5", code=2).output
    (folder / "tailorbird.yaml").write_text("reject_days: 0\n")
    assert "none are kept" in run("rejects", "list").output
