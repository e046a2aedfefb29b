"""`tailorbird webhooks`, alone and beside a running server that sends to a real receiver."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import urlopen

import pytest
from standardwebhooks.webhooks import Webhook
from tests.cli.conftest import Run, answer_of
from tests.patience import PATIENCE_S
from tests.receiving import Receiver, Reply, receiver
from tests.served import Server, served, wait_until_gone
from tests.served import run as called

URL = "https://crm.example.com/hooks"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests: each has endpoints and people of its own."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # no test of the command alone may inherit it
            patch.setenv("TAILORBIRD_WEBHOOK_NETWORKS", "127.0.0.1")
            made = stack.enter_context(served(tmp_path_factory.mktemp("webhooks")))
        with (made.folder / "tailorbird.yaml").open("a") as settings:
            settings.write("webhook_networks: 127.0.0.1\n")
        yield made


@pytest.fixture
def server(serving: Server) -> Iterator[Server]:
    yield serving
    for one in webhooks(serving, "list"):
        webhooks(serving, "remove", one["id"])


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def webhooks(server: Server, *words: str, code: int = 0) -> Any:
    return json.loads(called(server.folder, "webhooks", *words, "--json", code=code))


def buy(server: Server, *people: str) -> int:
    """Make buyers of new people; gives the position behind them."""
    return max(int(server.send(who, f"{who} buys")["position"]) for who in people)


def people(crm: Receiver) -> list[str]:
    return sorted(one.data["person"] for one in crm.received)


def stop(server: Server) -> None:
    worker = server.worker()
    server.kill()
    wait_until_gone(worker)


# Without a server


def test_an_endpoint_is_made_listed_and_removed(run: Run, folder: Path) -> None:
    made = answer_of(run("webhooks", "create", URL, "--event", "segment.left", "--json"))
    assert made["secret"].startswith("whsec_")
    (listed,) = answer_of(run("webhooks", "list", "--json"))
    assert (listed["id"], listed["url"], listed["events"]) == (made["id"], URL, ["segment.left"])
    assert (listed["enabled"], listed["sent"], listed["waiting"], listed["failed"]) == (
        True,
        0,
        0,
        0,
    )
    assert "nothing sent yet" in run("webhooks", "list").output
    run("webhooks", "remove", made["id"])
    assert answer_of(run("webhooks", "list", "--json")) == []


def test_the_signing_secret_is_in_no_file(run: Run, folder: Path) -> None:
    made = answer_of(run("webhooks", "create", URL, "--json"))
    rotated = answer_of(run("webhooks", "rotate", made["id"], "--json"))
    assert rotated["secret"] != made["secret"]
    for secret in (made["secret"], rotated["secret"]):
        text = secret.removeprefix("whsec_").encode()
        for path in (folder / "data").iterdir():
            assert not path.is_file() or text not in path.read_bytes()


def test_what_cannot_be_an_endpoint_is_refused_with_what_to_do(run: Run, folder: Path) -> None:
    assert "write https://" in run("webhooks", "create", "crm.example.com", code=2).output
    told = run("webhooks", "create", URL, "--segment", "buyers", code=2)
    assert "nothing is published yet" in told.output
    run("publish")
    told = run("webhooks", "create", URL, "--segment", "bujers", code=2)
    assert "did you mean 'buyers'" in told.output
    id_ = answer_of(run("webhooks", "create", URL, "--segment", "buyers", "--json"))["id"]
    for verb in ("remove", "rotate", "test", "failed", "resend", "enable"):
        told = run("webhooks", verb, id_[:-1], code=2)
        assert f"did you mean '{id_}'" in told.output
    assert "duration" in run("webhooks", "rotate", id_, "--overlap", "soon", code=2).output
    assert "there is no failed message" in run("webhooks", "resend", id_, "msg_1", code=2).output


def test_a_private_address_takes_no_message_unless_it_is_allowed(run: Run, folder: Path) -> None:
    for url in ("https://127.0.0.1:9/", "http://localhost:9/", "https://[::1]:9/"):
        id_ = answer_of(run("webhooks", "create", url, "--json"))["id"]
        told = answer_of(run("webhooks", "test", id_, "--json", code=1))
        assert not told["arrived"] and "webhook_networks" in told["said"]


# Beside a server


def test_a_receiver_is_told_signed_who_enters(server: Server, crm: Receiver) -> None:
    secret = webhooks(server, "create", crm.url, "--segment", "buyers")["secret"]
    position = buy(server, "a1")
    crm.until(lambda: len(crm.received) == 1)
    (told,) = crm.received
    said = Webhook(secret).verify(told.body.decode(), told.headers)
    assert said["type"] == "segment.entered"
    assert said["data"] == {
        "person": "a1",
        "segment": "buyers",
        "cause": "event",
        "position": position - 1,
    }


def test_both_secrets_sign_after_a_rotation(server: Server, crm: Receiver) -> None:
    made = webhooks(server, "create", crm.url, "--segment", "buyers")
    new = webhooks(server, "rotate", made["id"])["secret"]
    assert webhooks(server, "test", made["id"])["arrived"]
    newest = webhooks(server, "rotate", made["id"], "--overlap", "0s")["secret"]
    assert webhooks(server, "test", made["id"])["arrived"]
    (first, second) = crm.received
    for secret in (made["secret"], new):
        Webhook(secret).verify(first.body.decode(), first.headers)
    assert len(second.headers["webhook-signature"].split()) == 1
    Webhook(newest).verify(second.body.decode(), second.headers)


def test_nothing_is_sent_once_an_endpoint_was_removed(server: Server, crm: Receiver) -> None:
    let_go = threading.Event()
    crm.answers = lambda _: Reply(waits=let_go)
    other = webhooks(server, "create", crm.url + "/other", "--segment", "buyers")["id"]
    removed = webhooks(server, "create", crm.url + "/removed", "--segment", "buyers")["id"]
    buy(server, "b1", "b2")
    crm.until(lambda: len(crm.received) == 4)
    webhooks(server, "remove", removed)
    let_go.set()
    buy(server, "b3")
    crm.until(lambda: "b3" in people(crm))
    paths = [one.path for one in crm.received if one.data["person"] == "b3"]
    assert paths == ["/hooks/other"]
    assert [one["id"] for one in webhooks(server, "list")] == [other]


def test_a_kill_between_sending_and_noting_sends_the_same_id_again(
    server: Server, crm: Receiver
) -> None:
    made = webhooks(server, "create", crm.url, "--segment", "buyers")
    buy(server, "c1")
    crm.until(lambda: len(crm.received) == 1)
    server.until(lambda: webhooks(server, "list")[0]["sent"] == 1)
    crm.answers = lambda _: Reply(waits=threading.Event())
    buy(server, "c2")
    crm.until(lambda: len(crm.received) == 2)
    stop(server)
    crm.answers = lambda _: Reply()
    server.start()
    crm.until(lambda: len(crm.received) == 3)
    server.until(lambda: webhooks(server, "list")[0]["waiting"] == 0)
    first, second, again = crm.received
    assert (again.id, again.body) == (second.id, second.body) and again.id != first.id
    Webhook(made["secret"]).verify(again.body.decode(), again.headers)


def test_states_made_anew_from_the_log_send_nothing_again(server: Server, crm: Receiver) -> None:
    webhooks(
        server,
        "create",
        crm.url,
        "--segment",
        "buyers",
        "--cause",
        "event",
        "--cause",
        "definition",
    )
    position = buy(server, "d1", "d2")
    crm.until(lambda: len(crm.received) == 2)
    server.until(lambda: webhooks(server, "list")[0]["waiting"] == 0)
    assert server.end() == 0
    for path in (server.folder / "data").glob("state.sqlite*"):
        path.unlink()
    server.start()
    server.until(lambda: server.get("/ready")["live_position"] == position)
    buy(server, "d3")
    crm.until(lambda: "d3" in people(crm))
    assert people(crm) == ["d1", "d2", "d3"]


def test_what_was_given_up_is_shown_and_sent_again_by_hand(server: Server, crm: Receiver) -> None:
    crm.answers = lambda _: Reply(422)
    id_ = webhooks(server, "create", crm.url, "--segment", "buyers")["id"]
    buy(server, "e1", "e2", "e3")
    server.until(lambda: webhooks(server, "list")[0]["failed"] == 3)
    found = webhooks(server, "failed", id_)
    assert sorted(one["person"] for one in found) == ["e1", "e2", "e3"]
    assert {one["last_try"] for one in found} == {"answered 422"}
    crm.answers = lambda _: Reply()
    assert webhooks(server, "resend", id_, found[0]["id"])["resent"] == 1
    crm.until(lambda: len(crm.received) == 4)
    assert webhooks(server, "resend", id_)["resent"] == 2
    crm.until(lambda: len(crm.received) == 6)
    assert sorted(crm.ids[3:]) == sorted(crm.ids[:3])
    assert webhooks(server, "failed", id_) == []


def test_an_endpoint_that_is_gone_is_disabled_until_it_is_enabled(
    server: Server, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(410)
    id_ = webhooks(server, "create", crm.url, "--segment", "buyers")["id"]
    buy(server, "f1")
    server.until(lambda: not webhooks(server, "list")[0]["enabled"])
    assert "410" in webhooks(server, "list")[0]["state"]
    position = buy(server, "f2")
    server.until(lambda: server.get("/ready")["live_position"] == position)
    assert "is disabled" in called(server.folder, "webhooks", "resend", id_, code=2)
    crm.answers = lambda _: Reply()
    webhooks(server, "enable", id_)
    assert webhooks(server, "resend", id_)["resent"] == 1
    buy(server, "f3")
    crm.until(lambda: len(crm.received) == 3)
    assert people(crm) == ["f1", "f1", "f3"]


def test_another_definition_makes_nobody_enter_unless_that_is_asked_for(
    server: Server, crm: Receiver
) -> None:
    position = buy(server, "g1")
    server.until(lambda: server.get("/ready")["live_position"] == position)
    webhooks(server, "create", crm.url)
    webhooks(server, "create", crm.url + "/all", "--cause", "event", "--cause", "definition")
    path = server.folder / "definitions" / "9_more.yaml"
    path.write_text("segments:\n  anybody: count(any_event()) >= 1\n")
    called(server.folder, "publish")
    crm.until(lambda: "g1" in people(crm))
    buy(server, "g2")
    crm.until(lambda: people(crm).count("g2") == 4)
    told = [(one.path, one.data["cause"]) for one in crm.received if one.data["person"] == "g1"]
    assert told == [("/hooks/all", "definition")]


# Purposes


def says(server: Server, who: str, granted: bool) -> None:
    """Somebody grants or denies marketing; acknowledged when this returns."""
    server.track(who, "$consent", {"purpose": "marketing", "granted": granted})


def spend(server: Server, who: str) -> int:
    """Somebody becomes a vip, which is for marketing."""
    return int(server.track(who, "Order Completed", {"revenue": 900})["position"])


def metric(server: Server, name: str) -> int:
    with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as told:
        lines = told.read().decode().splitlines()
    return int(next(line.split()[-1] for line in lines if line.startswith(name)))


def test_nobody_is_announced_after_her_withdrawal_was_acknowledged(
    server: Server, crm: Receiver
) -> None:
    webhooks(server, "create", crm.url, "--segment", "vip")
    denied = metric(server, 'tailorbird_held_back_total{reason="denied"}')
    chance = Random(3)
    people_ = [f"h{n}" for n in range(24)]
    for who in people_:
        says(server, who, True)
    withdrawn: set[str] = set()

    def live(who: str, is_first: bool) -> None:
        """Withdraws before, after or while she turns; what is sure is that she did before."""
        if is_first:
            says(server, who, False)
            withdrawn.add(who)
        spend(server, who)
        if not is_first:
            says(server, who, False)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(live, people_, [chance.random() < 0.5 for _ in people_]))
    last = spend(server, "h-last")
    server.until(lambda: server.get("/ready")["live_position"] == last)
    server.until(lambda: webhooks(server, "list")[0]["waiting"] == 0)
    assert withdrawn and not withdrawn & set(people(crm))
    held = metric(server, 'tailorbird_held_back_total{reason="denied"}') - denied
    assert held >= len(withdrawn)
    assert "h-last" not in people(crm), "she never said yes"


def test_a_message_that_failed_is_not_sent_again_after_a_withdrawal(
    server: Server, crm: Receiver
) -> None:
    webhooks(server, "create", crm.url, "--segment", "vip", "--cause", "event")
    let_go = threading.Event()
    crm.answers = lambda _: Reply(503, waits=let_go)
    says(server, "i1", True)
    spend(server, "i1")
    crm.until(lambda: len(crm.received) == 1)
    says(server, "i1", False)
    crm.answers = lambda _: Reply()
    let_go.set()
    server.until(lambda: webhooks(server, "list")[0]["waiting"] == 0)
    assert people(crm) == ["i1"]
    says(server, "i2", True)
    spend(server, "i2")
    crm.until(lambda: len(crm.received) == 2)


def test_what_was_said_is_known_again_after_a_kill_and_without_the_index(
    server: Server, crm: Receiver
) -> None:
    webhooks(server, "create", crm.url, "--segment", "vip")
    says(server, "k1", True)
    says(server, "k2", True)
    says(server, "k2", False)
    stop(server)
    for path in (server.folder / "data").glob("consents.sqlite*"):
        path.unlink()
    server.start()
    spend(server, "k2")
    spend(server, "k1")
    crm.until(lambda: len(crm.received) == 1)
    server.until(lambda: webhooks(server, "list")[0]["waiting"] == 0)
    assert people(crm) == ["k1"]
