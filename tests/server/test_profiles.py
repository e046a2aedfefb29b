"""Whoever wrote facts reads them, also when her history has to be read again first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import PLAN, START, fact, pending

from tailorbird.governance.api_keys import make_key
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.server import profiles
from tailorbird.server.auth import KeyCheck
from tailorbird.server.profiles import Profiles

STORED, READ = make_key("crm", "read", bytes(36), 0)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(profiles, "PATIENCE_S", 0.2)
    with service(live.plan(load_text(PLAN).definitions)) as made:
        yield made


async def ask(running: Service, path: str, query: str = "") -> tuple[int, dict[str, Any]]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read of a body")

    answering = Profiles(running.live, KeyCheck(lambda: [STORED], lambda: START), lambda: START)
    headers = [(b"authorization", f"Bearer {READ}".encode())]
    scope = {"method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    await answering(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def read(running: Service, query: str = "") -> tuple[int, dict[str, Any]]:
    return asyncio.run(ask(running, "/v1/profiles/a", query))


def test_a_pending_person_is_told_as_of_an_older_place_unless_a_newer_one_is_asked_for(
    running: Service,
) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.accept(fact("a", at_us=START + 2))
    running.live.advance(START + 2)
    end = running.live.position
    status, told = read(running)
    assert (status, told["pending"], told["traits"]["seen"]) == (200, True, 2)
    assert told["as_of"] < end
    assert read(running, f"min_position={told['as_of']}")[0] == 200
    assert read(running, f"min_position={end}")[0] == 503
    assert asyncio.run(ask(running, "/v1/segments/keen/members", f"min_position={end}"))[0] == 200
    running.run_to(START + 3)
    status, told = read(running, f"min_position={end}")
    assert (status, told["pending"], told["as_of"]) == (200, False, end)
    assert told["traits"]["seen"] == 2


def test_whoever_waits_for_a_pending_person_reads_her_as_soon_as_she_is_settled(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "PATIENCE_S", 30)
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")

    async def both() -> tuple[int, dict[str, Any]]:
        reading = asyncio.create_task(
            ask(running, "/v1/profiles/a", f"min_position={running.live.position}")
        )
        await asyncio.sleep(0.05)
        assert not reading.done()
        await asyncio.to_thread(running.live.settle)
        return await reading

    status, told = asyncio.run(both())
    assert (status, told["traits"]["seen"], told["pending"]) == (200, 1, False)


def test_what_a_failed_commit_had_taken_in_is_not_waited_for_as_if_it_were_there(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.accept(fact("a"))
    seen = []

    def stop(*_: Any) -> None:
        seen.append((running.live.position, running.live.committed))
        raise OSError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(running.store, "put_meta", stop)
        with pytest.raises(OSError, match="no disk"):
            running.live.advance(START)
    assert seen == [(1, 0)]
    assert read(running, "min_position=1")[0] == 503
    running.live.advance(START)
    assert read(running, "min_position=1")[0] == 200
