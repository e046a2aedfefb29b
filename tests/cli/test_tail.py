"""`tailorbird tail` shows what is accepted, and of people no more than was asked for."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from tests.cli.conftest import Run
from tests.patience import PATIENCE_S
from tests.served import COMMAND, Server


def test_what_is_there_is_shown_with_marks_in_the_place_of_people(run: Run, shop: Path) -> None:
    told = run("tail", "--since", "2024-01-01", "--no-follow", "--json").stdout
    facts = [json.loads(line) for line in told.splitlines()]
    assert len(facts) == 10
    assert facts == sorted(facts, key=lambda fact: fact["position"])
    people = [fact["person"] for fact in facts]
    assert len(set(people)) == 5
    assert "ann" not in told
    assert "p1" not in told
    assert run("tail", "--since", "2024-03-02", "--no-follow").stdout.count("\n") == 2
    assert run("tail", "--no-follow").stdout == ""


def test_more_is_shown_when_it_is_asked_for(run: Run, shop: Path) -> None:
    words = ("tail", "--since", "2024-01-01", "--no-follow", "--person", "dee")
    assert "dee" not in run(*words).output.split()  # in a mark it may stand by chance
    assert run(*words, "--show-people").output.count("dee") == 3
    (order,) = run(*words, "--event", "Order Completed", "--show-all", "--json").stdout.splitlines()
    assert json.loads(order)["properties"] == {"revenue": 120}
    assert '"revenue":120' in run(*words, "--show-all").output


def test_a_wrong_instant_is_refused(run: Run, shop: Path) -> None:
    assert "'soon' is no instant" in run("tail", "--since", "soon", code=2).output


def test_facts_are_shown_as_they_are_accepted_until_it_is_interrupted(server: Server) -> None:
    server.send("ann", "m0")
    tail = subprocess.Popen(
        [*COMMAND, "tail", "--json", "--since", "1d"],
        cwd=server.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert tail.stdout is not None
    seen = [json.loads(tail.stdout.readline())["position"]]
    for number in range(1, 4):
        server.send("bob", f"m{number}")
        seen.append(json.loads(tail.stdout.readline())["position"])
    assert seen == [0, 1, 2, 3]
    tail.send_signal(signal.SIGINT)
    rest, errors = tail.communicate(timeout=PATIENCE_S)
    assert (tail.returncode, rest, errors) == (0, "", "")
