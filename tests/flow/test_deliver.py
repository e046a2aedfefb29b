"""From a real outbox over real HTTP to a real receiver, in real time but for the waiting."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.flow.delivering import Running, ad, message, numbers, running
from tests.receiving import Received, Receiver, Reply, receiver

from tailorbird.delivery.outbox import UNKNOWN
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.flow import deliver
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY, HOUR, SECOND


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_messages_about_one_person_arrive_in_order_whatever_is_answered(
    tmp_path: Path, crm: Receiver
) -> None:
    chance, arrived = Random(7), list[int]()

    def answer(one: Received) -> Reply:
        if chance.random() < 0.4:
            return Reply(500)
        arrived.append(one.data["number"])
        return Reply()

    crm.answers = answer

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(*(message(n, f"p{n % 3}") for n in range(30)))
            while made.waiting():
                await made.move(HOUR)
                await asyncio.sleep(0.01)

    asyncio.run(run())
    assert sorted(arrived) == list(range(30))
    for person in range(3):
        assert [n for n in arrived if n % 3 == person] == list(range(person, 30, 3))


def test_a_failed_message_is_sent_again_when_it_is_due_and_not_before(
    tmp_path: Path, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(503)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(message(1))
            await made.until(lambda: made.outbox.health("e0").failures == 1)
            await made.move(5 * SECOND - 1)
            await made.quiet()
            assert len(crm.received) == 1
            crm.answers = lambda _: Reply()
            await made.move(1)
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(run())
    assert crm.ids == ["msg_e0_1"] * 2
    first, second = (int(one.headers["webhook-timestamp"]) for one in crm.received)
    assert second == first + 5, "each try is signed at its own time"


def test_an_endpoint_that_does_not_answer_holds_no_other_up(tmp_path: Path, crm: Receiver) -> None:
    let_go = threading.Event()
    crm.answers = lambda one: Reply(waits=let_go if one.path == "/hooks/slow" else None)

    async def run() -> None:
        async with running(tmp_path, crm.url + "/slow", crm.url + "/fast") as made:
            await made.add(*(message(n, endpoint=e) for n in range(100) for e in ("e0", "e1")))
            await made.until(lambda: made.waiting("e1") == 0)
            assert made.waiting("e0") == 100
            assert len(numbers(crm, "/hooks/slow")) <= 16, "so many at a time and no more"
            let_go.set()
            await made.until(lambda: made.waiting("e0") == 0)

    asyncio.run(run())


def has_failed(made: Running, times: int) -> bool:
    return made.outbox.health("e0").failures == times


def test_an_ill_endpoint_is_asked_with_single_messages_until_it_is_well(
    tmp_path: Path, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(500)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(*(message(n) for n in range(200)))
            await made.until(lambda: made.outbox.health("e0").resume_us > 0)
            await made.until(lambda: made.deliver.under_way == 0)
            await made.quiet()
            before, failures = len(crm.received), made.outbox.health("e0").failures
            assert before <= 32
            for asked in range(1, 37):  # three days
                await made.move(2 * HOUR)
                await made.until(partial(has_failed, made, failures + asked))
            await made.quiet()
            assert len(crm.received) == before + 36
            assert made.kept.known["e0"].is_enabled
            crm.answers = lambda _: Reply()
            await made.move(2 * HOUR)
            await made.until(lambda: made.waiting() == 0)
            assert made.outbox.standing("e0").dead == 0

    asyncio.run(run())
    assert set(numbers(crm)) == set(range(200))


def test_an_endpoint_that_fails_for_days_is_disabled_and_nothing_is_lost(
    tmp_path: Path, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(500)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(*(message(n) for n in range(40)))
            while made.kept.known["e0"].is_enabled:
                await made.move(2 * HOUR)
                await asyncio.sleep(0.005)
            assert "answered 500" in made.kept.known["e0"].reason
            await made.until(lambda: made.outbox.standing("e0").dead == 40)
            asked = len(crm.received)
            await made.add(message(41))
            await made.move(DAY)
            await made.until(lambda: made.outbox.standing("e0").dead == 41)
            assert len(crm.received) == asked

    asyncio.run(run())


def test_an_endpoint_without_its_secret_is_disabled_and_sends_nothing_unsigned(
    tmp_path: Path, crm: Receiver
) -> None:
    def lost(_id: str, _now_us: int) -> list[bytes]:
        raise InputError("the secret is lost")

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.secrets = lost
            await made.add(message(1))
            await made.until(lambda: made.outbox.standing("e0").dead == 1)
            assert made.kept.known["e0"].reason == "the secret is lost"

    asyncio.run(run())
    assert crm.received == []


def test_a_removed_endpoint_is_sent_nothing_from_the_moment_on(
    tmp_path: Path, crm: Receiver
) -> None:
    let_go = threading.Event()
    crm.answers = lambda _: Reply(waits=let_go)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(*(message(n) for n in range(50)))
            await made.until(lambda: len(crm.received) == 16)
            del made.kept.known["e0"]
            await made.deliver.drop("e0")
            let_go.set()
            await made.quiet()
            assert made.outbox.endpoints() == [], "nothing is kept of it either"

    asyncio.run(run())
    assert len(crm.received) == 16


def test_what_was_removed_while_no_server_ran_is_forgotten(tmp_path: Path, crm: Receiver) -> None:
    with SqliteOutbox(tmp_path / "state.sqlite") as outbox, outbox.transaction():
        outbox.add([message(1, endpoint="e9")])

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.until(lambda: made.outbox.endpoints() == [])

    asyncio.run(run())
    assert crm.received == []


def test_too_much_that_waits_disables_the_endpoint(
    tmp_path: Path, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver.limits, "WAITING_MESSAGES", 20)
    crm.answers = lambda _: Reply(500)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(*(message(n) for n in range(60)))
            await made.until(lambda: made.outbox.health("e0").resume_us > 0)
            await made.move(deliver.TIDY_US)
            await made.until(lambda: made.outbox.standing("e0").dead == 60)
            assert "messages wait" in made.kept.known["e0"].reason

    asyncio.run(run())


def test_it_ends_also_when_it_is_woken_at_that_moment(tmp_path: Path, crm: Receiver) -> None:
    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.quiet()
            made.deliver.wake()

    asyncio.run(run())


def test_an_end_in_order_lets_what_is_under_way_arrive(tmp_path: Path, crm: Receiver) -> None:
    let_go = threading.Event()
    crm.answers = lambda _: Reply(waits=let_go)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.add(message(1))
            await made.until(lambda: len(crm.received) == 1)
            asyncio.get_running_loop().call_later(0.1, let_go.set)

    asyncio.run(run())
    with SqliteOutbox(tmp_path / "state.sqlite") as outbox:
        assert outbox.standing("e0").waiting == 0
        assert outbox.health("e0").sent == 1


# Killed

SENDER = """
import asyncio, sys
from pathlib import Path
from tests.flow.test_deliver import running
async def run():
    async with running(Path(sys.argv[1]), sys.argv[2]):
        await asyncio.sleep(3600)
asyncio.run(run())
"""


def test_after_kills_all_has_arrived_and_doubles_have_the_id_of_an_unknown_outcome(
    tmp_path: Path, crm: Receiver
) -> None:
    chance, count = Random(os.environ["TAILORBIRD_TEST_SEED"]), 400
    with SqliteOutbox(tmp_path / "state.sqlite") as outbox, outbox.transaction():
        outbox.add(message(n, f"p{n % 40}") for n in range(count))
    doubtful: set[str] = set()

    def enough(target: int) -> bool:
        return len(crm.received) >= target or len(set(crm.ids)) == count

    for _ in range(6):
        target = len(crm.received) + chance.randrange(1, 60)
        with subprocess.Popen([sys.executable, "-c", SENDER, str(tmp_path), crm.url]) as sender:
            crm.until(
                partial(lambda n: len(set(crm.ids)) == count or len(crm.received) >= n, target)
            )
            sender.send_signal(signal.SIGKILL)
        with SqliteOutbox(tmp_path / "state.sqlite") as outbox, outbox.transaction():
            claimed = outbox.recover()
            assert all(one.told == UNKNOWN for one in claimed)
            doubtful |= {one.id for one in claimed}

    async def rest() -> None:
        async with running(tmp_path, crm.url) as made:
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(rest())
    assert set(crm.ids) == {f"msg_e0_{n}" for n in range(count)}
    assert {id_ for id_ in crm.ids if crm.ids.count(id_) > 1} <= doubtful
    bodies = {one.id: {r.body for r in crm.received if r.id == one.id} for one in crm.received}
    assert all(len(found) == 1 for found in bodies.values())
    for person in range(40):
        first = list(dict.fromkeys(n for n in numbers(crm) if n % 40 == person))
        assert first == sorted(first)


# Purposes


def test_what_became_of_messages_is_counted(tmp_path: Path, crm: Receiver) -> None:
    statuses = iter([503, 204, 422])
    crm.answers = lambda _: Reply(next(statuses))

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            counts = made.deliver.counts
            await made.add(message(1, "ann"), message(2, "ann"))
            await made.until(lambda: counts.states["failed"] == 1)
            await made.move(deliver.COUNT_US - 1)
            await made.until(lambda: counts.states["dead"] == 1)
            assert (counts.states["sent"], counts.states["failed"]) == (1, 1)
            assert counts.seconds > 0
            await made.add(message(3, "bob", endpoint="gone"))
            await made.add(message(4)._replace(due_us=made.now_us + HOUR))
            await made.move(2)
            await made.until(lambda: counts.waiting == 1)

    asyncio.run(run())


def test_what_nobody_agreed_to_is_not_sent_and_is_counted(tmp_path: Path, crm: Receiver) -> None:
    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            made.says("bob", False)
            await made.add(*(ad(n, who) for n, who in enumerate(["ann", "bob", "cid"])))
            await made.add(message(3, "bob"), ad(4, "bob"), message(5, "bob"))
            await made.until(lambda: made.waiting() == 0)
            assert +made.deliver.counts.held_back == {"denied": 2, "nothing said": 1}

    asyncio.run(run())
    assert sorted(numbers(crm)) == [0, 3, 5]


def test_a_message_that_waits_for_another_try_is_not_sent_after_a_withdrawal(
    tmp_path: Path, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(503)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            await made.add(ad(1, "ann"))
            await made.until(lambda: made.outbox.health("e0").failures == 1)
            made.says("ann", False)
            await made.move(DAY)
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(run())
    assert numbers(crm) == [1]


def test_a_withdrawal_is_acknowledged_once_what_was_claimed_before_it_is_on_the_disk(
    tmp_path: Path, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, states = threading.Event(), list[str]()
    crm.answers = lambda _: Reply(waits=let_go)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            asked = made.consents.against

            def withdraw() -> None:
                made.says("ann", False)
                with SqliteOutbox(tmp_path / "state.sqlite") as others:
                    states.extend(one.state for one in others._select("TRUE"))

            withdrawing = threading.Thread(target=withdraw)

            def against(*given: Any) -> Any:
                verdict = asked(*given)
                if not withdrawing.ident:  # as soon as the gate has answered, and before it is used
                    withdrawing.start()
                    withdrawing.join(0.3)
                return verdict

            monkeypatch.setattr(made.consents, "against", against)
            await made.add(ad(1, "ann"))
            await asyncio.to_thread(crm.until, lambda: bool(crm.received))
            await asyncio.to_thread(withdrawing.join)
            let_go.set()
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(run())
    assert states == ["claimed"]


def test_who_was_told_that_somebody_came_is_told_that_she_left(
    tmp_path: Path, crm: Receiver
) -> None:
    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            await made.add(ad(1, "ann"))
            await made.until(lambda: made.waiting() == 0)
            made.says("ann", False)
            await made.add(ad(2, "bob", is_exit=True), ad(3, "ann", is_exit=True))
            await made.add(ad(4, "ann"), ad(5, "ann", is_exit=True))
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(run())
    assert numbers(crm) == [1, 3]


def test_while_nobody_can_tell_what_was_said_only_free_messages_go(
    tmp_path: Path, crm: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            with monkeypatch.context() as patch:
                patch.setattr(made.consents, "is_current", lambda: False)
                await made.add(ad(1, "ann"), message(2, "bob"))
                await made.until(lambda: made.waiting() == 1)
                await made.quiet()
                assert numbers(crm) == [2]
            await made.until(lambda: made.waiting() == 0)

    asyncio.run(run())
    assert numbers(crm) == [2, 1]


def test_a_message_about_an_erased_person_is_dropped_and_holds_nobody_up(
    tmp_path: Path, crm: Receiver
) -> None:
    crm.answers = lambda _: Reply(503)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            made.says("ann", True)
            sealed = SealedMessages(made.keyring, os.urandom).sealed
            await made.add(*sealed([ad(1, "ann"), message(2, "ann"), message(3, "bob")]))
            await made.until(lambda: made.outbox.health("e0").failures == 2)
            made.keyring.destroy([made.keyring.hash_of("ann")])
            crm.answers = lambda _: Reply()
            await made.move(DAY)
            await made.until(lambda: made.waiting() == 0)
            assert made.deliver.counts.states["erased"] >= 1

    asyncio.run(run())
    assert sorted(numbers(crm)) == [1, 3, 3]


@pytest.mark.parametrize("seed", range(4))
def test_after_a_withdrawal_was_acknowledged_nothing_is_claimed(
    seed: int, tmp_path: Path, crm: Receiver
) -> None:
    """The receiver often has no time, so that withdrawals meet messages in every state."""
    chance, answering = Random(seed), Random(seed)
    crm.answers = lambda _: Reply(503 if answering.random() < 0.3 else 204)
    people = [f"p{n}" for n in range(6)]
    whose: dict[int, str] = {}
    allowed: dict[str, set[int]] = {}

    def received(who: str) -> set[int]:
        return {number for number in numbers(crm) if whose[number] == who}

    async def withdraw(made: Running, who: str) -> None:
        made.says(who, False)
        there = await made.in_thread(lambda: made.outbox._select("state = 'claimed'"))
        claimed = {int(one.id.split("_")[2]) for one in there}
        allowed.setdefault(who, received(who) | {n for n in claimed if whose[n] == who})

    async def step(made: Running, number: int) -> None:
        who = whose[number] = chance.choice(people)
        kind = chance.random()
        if kind < 0.2:
            assert received(who) <= allowed.pop(who, received(who))
            made.says(who, True)
        elif kind < 0.4:
            await withdraw(made, who)
        await made.add(ad(number, who))
        if chance.random() < 0.4:
            await made.move(chance.choice([SECOND, HOUR]))
            await asyncio.sleep(chance.random() / 100)

    async def run() -> None:
        async with running(tmp_path, crm.url) as made:
            for number in range(150):
                await step(made, number)
            for who in people:
                await withdraw(made, who)
            while made.waiting():
                await made.move(HOUR)
                await asyncio.sleep(0.01)
            assert made.deliver.counts.held_back["denied"] > 0

    asyncio.run(run())
    assert len(crm.received) > 10
    for who in people:
        assert received(who) <= allowed[who]
