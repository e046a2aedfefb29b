"""Whoever reads people with long histories makes only those wait who do so too."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.flow.live_reading import LogHistories
from tests.patience import PATIENCE_S
from tests.server.running import READ, WRITE, Running, conversation

from tailorbird.kernel import limits
from tailorbird.kernel.facts import Fact
from tailorbird.server.looking import Looking
from tailorbird.server.serving import READERS

PLAN = 'traits:\n  spent: sum("Bought", properties.price, last="30d")'
MANY = 8


class SlowHistories:
    """Histories of which each is read only when it may be."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.may = threading.Event()
        self.may.set()
        read = LogHistories.facts_of

        def facts_of(histories: LogHistories, subjects: Sequence[str], position: int) -> list[Fact]:
            assert self.may.wait(PATIENCE_S)
            return read(histories, subjects, position)

        patch.setattr(LogHistories, "facts_of", facts_of)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowHistories:
    for module in list(sys.modules.values()):
        if hasattr(module, "BAG_ENTRIES") and module is not limits:
            monkeypatch.setattr(module, "BAG_ENTRIES", MANY - 1)
    monkeypatch.setattr(limits, "BAG_ENTRIES", MANY - 1)
    return SlowHistories(monkeypatch)


async def buy(server: Running, who: str, times: int) -> None:
    batch: list[Any] = [
        {"type": "track", "userId": who, "event": "Bought", "properties": {"price": 2}}
    ] * times
    told = await server.post("/v1/batch", {"batch": batch}, WRITE)
    await server.reached(told.said["position"])
    await server.settled()


async def until_waiting(server: Running, count: int) -> None:
    """So many wait for histories."""
    async with asyncio.timeout(PATIENCE_S):
        while server.serving._asking < count:
            await asyncio.sleep(0.002)


def spent(profile: Any) -> Any:
    return profile["traits"]["spent"]


async def read(server: Running, *ids: str) -> Any:
    return await server.post("/v1/profiles", {"ids": ids}, READ)


async def read_one(server: Running, id_: str) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        asked = await server.ask(f"/v1/profiles/{id_}", Authorization=f"Bearer {READ}")
        return await asked.told()


def test_others_are_read_while_histories_are(tmp_path: Path, slow: SlowHistories) -> None:
    async def work(server: Running) -> None:
        for who, times in (("heavy", MANY), ("ann", 1)):
            await buy(server, who, times)
        slow.may.clear()
        asked = [asyncio.create_task(read(server, "ann", "heavy")) for _ in range(READERS + 1)]
        asked += [asyncio.create_task(read_one(server, "heavy"))]
        await until_waiting(server, len(asked))
        assert spent((await read_one(server, "ann")).said) == 2
        assert [
            one["profile"]["traits"]["spent"]
            for one in (await read(server, "ann")).said["profiles"]
        ] == [2]
        assert not any(one.done() for one in asked)
        slow.may.set()
        *many, single = [await one for one in asked]
        assert spent(single.said) == 2 * MANY
        for told in many:
            found = [(one["id"], spent(one["profile"])) for one in told.said["profiles"]]
            assert found == [("ann", 2), ("heavy", 2 * MANY)]

    conversation(tmp_path, work, plan=PLAN)


def test_too_many_who_wait_for_histories_are_told_to_come_again(
    tmp_path: Path, slow: SlowHistories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HISTORY_QUESTIONS", 2)

    async def work(server: Running) -> None:
        await buy(server, "heavy", MANY)
        slow.may.clear()
        asked = [asyncio.create_task(read(server, "heavy")) for _ in range(2)]
        await until_waiting(server, 2)
        told = await read(server, "heavy")
        assert (told.status, told.headers["retry-after"]) == (503, "2")
        slow.may.set()
        assert [(await one).status for one in asked] == [200, 200]
        assert (await read(server, "heavy")).status == 200

    conversation(tmp_path, work, plan=PLAN)


def test_a_request_for_many_gives_others_their_turn(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        await buy(server, "ann", 1)
        clock = iter(range(0, 10**9, 15_000))  # each look at it is 15 ms later
        ids = ["ann", *(f"nobody{number}" for number in range(9)), "ann"]
        looking = Looking(server.live, ids, lambda view: view.name, lambda: next(clock))
        turns = 0
        while looking.left:
            looking.some()
            turns += 1
        assert turns == 10 and list(looking.found) == ids[:-1]

    conversation(tmp_path, work, plan=PLAN)
