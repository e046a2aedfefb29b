"""`tailorbird hooks`, and what posts to a running server become."""

from __future__ import annotations

import hmac
import json
import time
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.cli.conftest import Run, answer_of
from tests.patience import PATIENCE_S
from tests.served import Server
from tests.served import run as served_run

LOYALTY = """\
source: loyalty
person: member
time: at
event: kind
id: id
properties: {points: {column: points, type: number}}
others: false
"""


def test_a_hook_is_added_listed_and_removed(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILGUN_KEY", "s3cret")
    told = answer_of(
        run("hooks", "add", "mails", "mailgun", "--set", "signing_key=${MAILGUN_KEY}", "--json")
    )
    assert told == {"name": "mails", "path": "/v1/hooks/mailgun/mails", "secrets": {}}
    shown = run("hooks", "add", "post", "postmark").output
    assert "/v1/hooks/postmark/post" in shown and "password: " in shown
    for said in (run("hooks", "list").output, run("hooks", "list", "--json").output):
        assert "mails" in said and "s3cret" not in said and "password" not in said
    registry = (folder / "data" / "registry.sqlite").read_bytes()
    assert b"s3cret" not in registry
    assert "removed /v1/hooks/mailgun/mails" in run("hooks", "remove", "mails").output
    assert [one["name"] for one in answer_of(run("hooks", "list", "--json"))] == ["post"]


def test_a_hook_with_a_new_secret_takes_the_old_one_for_a_while(server: Server) -> None:
    folder = server.folder
    served_run(folder, "hooks", "add", "mails", "mailgun", "--set", "signing_key=k1")
    path = "/v1/hooks/mailgun/mails"
    assert post(server, path, mailgun("clicked", "k1"))[0] == 200
    told = served_run(folder, "hooks", "change", "mails", "--set", "signing_key=k2")
    assert told == f"changed {path}\n"
    assert post(server, path, mailgun("clicked", "k1", "e2"))[0] == 200
    assert post(server, path, mailgun("clicked", "k2", "e3"))[0] == 200
    assert post(server, path, mailgun("clicked", "k0", "e4"))[0] == 401
    served_run(folder, "hooks", "change", "mails", "--set", "signing_key=k3", "--overlap", "0s")
    assert post(server, path, mailgun("clicked", "k2", "e5"))[0] == 401
    assert post(server, path, mailgun("clicked", "k3", "e6"))[0] == 200


def test_what_was_made_up_for_a_hook_is_made_up_anew(run: Run, folder: Path) -> None:
    first = answer_of(run("hooks", "add", "post", "postmark", "--json"))["secrets"]["password"]
    shown = run("hooks", "change", "post", "--renew").output
    assert "password: " in shown and first not in shown
    assert "did you mean 'post'" in run("hooks", "change", "pots", "--renew", code=2).output
    wrong = run("hooks", "change", "post", "--renew", "--overlap", "-1h", code=2).output
    assert "--overlap takes a duration such as 24h" in wrong


def test_what_is_given_wrongly_says_what_is_needed(run: Run, folder: Path) -> None:
    add = ("hooks", "add", "mails")
    assert "did you mean 'mailgun'" in run(*add, "mailgum", code=2).output
    assert "mailgun needs signing_key" in run(*add, "mailgun", code=2).output
    assert "--set takes NAME=VALUE" in run(*add, "mailgun", "--set", "key", code=2).output
    missing = run(*add, "mailgun", "--set", "signing_key=@gone", code=2).output
    assert "gone cannot be read" in missing


def test_every_provider_says_what_it_needs(run: Run, folder: Path) -> None:
    found = answer_of(run("hooks", "providers", "--json"))
    names = [one["provider"] for one in found]
    assert names == ["brevo", "mailgun", "mapped", "postmark", "sendgrid", "ses"]
    assert all(one["settings"] for one in found)
    assert "signing_key" in run("hooks", "providers").output


def post(server: Server, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    url = f"http://127.0.0.1:{server.port}{path}"
    request = Request(url, json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=PATIENCE_S) as told:
            return int(told.status), json.load(told)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def mailgun(kind: str, key: str, id_: str = "e1") -> dict[str, Any]:
    at = str(int(time.time()))
    signature = hmac.new(key.encode(), f"{at}{id_}".encode(), sha256).hexdigest()
    event = {"event": kind, "id": id_, "timestamp": int(at), "recipient": "ann@example.com"}
    event |= {"tags": ["welcome"], "user-variables": {"user_id": "ann"}}
    return {
        "signature": {"timestamp": at, "token": id_, "signature": signature},
        "event-data": event,
    }


def test_a_receipt_counts_once_and_moves_a_segment(server: Server) -> None:
    folder = server.folder
    (folder / "definitions" / "mails.yaml").write_text('segments:\n  readers: clicked("welcome")\n')
    served_run(folder, "publish")
    served_run(folder, "hooks", "add", "mails", "mailgun", "--set", "signing_key=k1")
    path, told = "/v1/hooks/mailgun/mails", mailgun("clicked", "k1")
    assert post(server, path, told) == (200, {"accepted": 1, "rejected": 0, "quarantined": 0})
    assert post(server, path, told) == (200, {"accepted": 1, "rejected": 0, "quarantined": 0})
    server.until(lambda: "readers" in server.profile("ann", 1)["segments"])
    assert server.get("/health")["log_position"] == 1
    status, refused = post(server, path, mailgun("clicked", "other", "e2"))
    assert (status, refused) == (401, {"error": "this is not shown to be from mailgun"})
    assert post(server, "/v1/hooks/mailgun/none", told)[0] == 404
    assert post(server, "/v1/hooks/brevo/mails", told)[0] == 404
    assert post(server, path, [])[0] == 400
    assert server.get("/health")["log_position"] == 1
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as shown:
        metrics = shown.read().decode()
    for became, times in (("taken", 2), ("forged", 1), ("unknown", 2), ("unreadable", 1)):
        assert f'tailorbird_hooks_total{{became="{became}"}} {times}\n' in metrics


def test_any_signed_json_is_taken_by_a_mapping(server: Server, tmp_path: Path) -> None:
    folder = server.folder
    (tmp_path / "loyalty.yaml").write_text(LOYALTY)
    words = ["hooks", "add", "points", "mapped", "--set", f"mapping=@{tmp_path}/loyalty.yaml"]
    words += ["--set", "signature=sha256-hex", "--set", "secret=k1", "--set", "items=events"]
    served_run(folder, *words)
    event = {"id": "p1", "kind": "Points Earned", "member": "ann", "at": "2024-05-01T10:00:00Z"}
    body = {"events": [{**event, "points": 20}, {**event, "id": "p2", "member": None}]}
    signature = hmac.new(b"k1", json.dumps(body).encode(), sha256).hexdigest()
    told = post(server, "/v1/hooks/mapped/points", body, **{"X-Signature": signature})
    assert told == (200, {"accepted": 1, "rejected": 1, "quarantined": 0})

    def rejected() -> list[tuple[str, str]]:
        found = json.loads(served_run(folder, "rejects", "list", "--json"))
        return [(one["reason"], one["key"]) for one in found]

    server.until(rejected)  # they are written behind the answer
    assert rejected() == [("no person", "hook:points")]
    assert server.profile("ann", 1)["person"] == "ann"


def test_what_does_not_fit_the_plan_waits_and_is_tried_again(
    server: Server, tmp_path: Path
) -> None:
    folder, plan = server.folder, server.folder / "definitions" / "tracking_plan.yaml"
    (tmp_path / "loyalty.yaml").write_text(LOYALTY)
    words = ["hooks", "add", "points", "mapped", "--set", f"mapping=@{tmp_path}/loyalty.yaml"]
    served_run(folder, *words, "--set", "signature=header", "--set", "secret=k1")
    plan.write_text("mode: quarantine\nevents: {Earned: {properties: {required: [price]}}}\n")
    served_run(folder, "publish")
    number = count()

    def told() -> Any:
        at = "2024-05-01T10:00:00Z"
        body = {"id": f"p{next(number)}", "kind": "Earned", "member": "ann", "at": at}
        return post(server, "/v1/hooks/mapped/points", body, **{"X-Signature": "k1"})[1]

    server.until(lambda: told() == {"accepted": 0, "rejected": 0, "quarantined": 1})
    plan.write_text("mode: allow\n")
    served_run(folder, "publish")
    replayed = json.loads(served_run(folder, "quarantine", "replay", "--json"))
    assert replayed["accepted"] == 1
