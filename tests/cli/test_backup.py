"""A backup is taken while a server takes events, and a project made of it answers the same."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of
from tests.served import Server
from tests.served import run as run_process

QUESTIONS = (
    ("segments", "--json"),
    ("segment", "buyers", "--ids"),
    ("personas", "--json"),
    ("person", "p3", "--json"),
    ("explain", "buyers", "p3", "--json"),
    ("score", "purchase_intent", "--json"),
    ("keys", "list", "--json"),
)


def test_a_restored_project_answers_every_question_identically(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("publish")
    said = answer_of(run("backup", "../backup", "--json"))
    assert (said["version"], said["new_facts"]) == (1, said["position"])
    (shop / "ids.txt").write_text("ann\ncid\n")
    run("list", "import", "vip", "ids.txt")
    assert answer_of(run("backup", "../backup", "--json"))["new_facts"] == 2
    run("keys", "copy", "../shop.keys")
    asked = [
        ("segments", "--json"),
        ("segment", "buyers", "--ids"),
        ("personas", "--json"),
        *(("person", who, "--json") for who in ("ann", "bob", "cid", "dee")),
        ("explain", "buyers", "ann", "--json"),
        ("score", "interest", "--json"),
        ("size", "buyers", "--from", "2024-01-01", "--to", "2024-03-02", "--json"),
    ]
    before = [run(*words).stdout for words in asked]
    monkeypatch.chdir(shop.parent)
    shutil.rmtree(shop)
    run("restore", "backup", shop, "--keys", "shop.keys")
    assert [run(*words, "--project", shop).stdout for words in asked] == before
    assert "0 disagreements" in run("prove", "--project", shop).output


def test_a_backup_beside_a_busy_server_is_a_state_that_the_server_had(
    server: Server, tmp_path: Path
) -> None:
    def send_some(first: int) -> None:
        for number in range(first, first + 25):
            server.send(f"p{number % 7}", f"m{number}")

    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send_some, 25 * n) for n in range(4)]
        backups = [
            json.loads(run_process(server.folder, "backup", "../backup", "--json"))
            for _ in range(3)
        ]
        for one in sending:
            one.result()
    positions = [told["position"] for told in backups]
    assert positions == sorted(positions)
    last = json.loads(run_process(server.folder, "backup", "../backup", "--verify-all", "--json"))
    assert last["position"] == server.get("/health")["log_position"] == 100
    run_process(server.folder, "keys", "copy", "../shop.keys")
    server.until(lambda: server.get("/ready")["live_position"] == 100)
    before = [run_process(server.folder, *words) for words in QUESTIONS]
    server.end()
    shutil.rmtree(server.folder)
    told = run_process(tmp_path, "restore", "backup", "shop", code=2)
    assert "--keys FILE" in told
    assert not server.folder.exists()
    run_process(tmp_path, "restore", "backup", "shop", "--keys", "shop.keys")
    assert [run_process(server.folder, *words) for words in QUESTIONS] == before
    server.start()
    assert server.send("p1", "m1")["results"][0]["status"] == "duplicate"
    assert server.send("p1", "new")["position"] == 101
