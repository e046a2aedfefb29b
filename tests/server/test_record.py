"""Systems hear of every turn once and in order, from wherever they left off."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.server.running import (
    READ,
    STORED_READ,
    STORED_WRITE,
    Running,
    Stream,
    conversation,
    message,
)
from tests.server.talking import Talk
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tailorbird.server.feeds import EndedError
from tailorbird.server.recorded import Record, Wanted

KEY = {"Authorization": f"Bearer {READ}"}


async def listen(server: Running, query: str = "", **headers: str) -> Stream:
    found = await (await server.ask(f"/v1/record{query}", **KEY, **headers)).begun()
    assert found.status == 200, await found.told()
    return found


async def some(stream: Stream, count: int) -> list[tuple[str, str, str]]:
    """Type, person, and segment or persona of so many messages."""
    found = []
    for _ in range(count):
        event = await stream.next()
        said = json.loads(event.data)
        assert (said["id"], said["type"]) == (event.id, event.event)
        data = said["data"]
        found.append((said["type"], data["person"], data.get("segment") or data.get("persona")))
    return found


def test_a_turn_is_said_to_the_byte(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await listen(server, "?events=segment.entered,segment.left")
        await server.seen("ann", "Bought", timestamp="2024-05-01T10:00:00Z")
        found = await stream.next()
        record = server.live.record_id
        assert found.id == f"{record}-1-0" and found.event == "segment.entered"
        (entry, _) = server.live.record(0, 10)
        at = json.loads(found.data)["timestamp"]
        assert entry.cause == "late"
        assert found.data == (
            f'{{"id":"{record}-1-0","type":"segment.entered","timestamp":"{at}",'
            '"data":{"person":"ann","segment":"buyer","cause":"late","position":0}}'
        )

    conversation(tmp_path, work)


def test_the_segments_sorts_and_causes_that_are_wanted_are_told(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        everything = await listen(server)
        keen = await listen(server, "?segments=keen&events=segment.entered")
        late = await listen(server, "?causes=late")
        for who in ("ann", "bob"):
            await server.seen(who, "Bought")
            await server.seen(who)
            await server.seen(who)
        one = [
            ("segment.entered", "ann", "buyer"),
            ("persona.changed", "ann", "Shopper"),
            ("segment.entered", "ann", "keen"),
        ]
        assert await some(everything, 3) == one
        assert await some(keen, 2) == [(e, who, s) for who in ("ann", "bob") for e, _, s in one[2:]]
        await server.seen("cid", "Bought", timestamp="2024-05-01T10:00:00Z")
        assert await some(late, 1) == [("segment.entered", "cid", "buyer")]

    conversation(tmp_path, work)


@pytest.mark.parametrize("way", ["events", "socket"])
def test_nothing_is_lost_or_said_twice_however_often_one_comes_again(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.server.recorded.PAGE", 3)

    async def over_events(server: Running, after: str, count: int) -> list[Any]:
        stream = await listen(server, Last_Event_ID=after)
        found = [json.loads((await stream.next()).data) for _ in range(count)]
        stream.writer.close()
        return found

    async def over_socket(server: Running, after: str, count: int) -> list[Any]:
        path = f"/v1/record?last_event_id={after}"
        async with server.socket(path, additional_headers=KEY) as socket:
            return [await message(socket) for _ in range(count)]

    async def work(server: Running) -> None:
        async def send() -> None:
            for number in range(40):
                await server.seen(f"p{number}", "Bought")  # two entries of one step each

        sending = asyncio.create_task(send())
        after, found = "beginning", []
        while len(found) < 80:
            count = min(7, 80 - len(found))
            found += await (over_events if way == "events" else over_socket)(server, after, count)
            after = found[-1]["id"]
        await sending
        expected = [(e.subject, e.key[0], e.number) for e in server.live.record(0, 1_000)]
        told = [
            (one["data"]["person"], one["type"].split(".")[0], int(one["id"].split("-")[1]))
            for one in found
        ]
        assert told == expected

    conversation(tmp_path, work)


def test_an_id_of_another_record_is_refused_with_what_to_do(tmp_path: Path) -> None:
    found: list[str] = []

    async def first(server: Running) -> None:
        await server.seen("ann", "Bought")
        found.append(f"{server.live.record_id}-1-0")
        told = await (
            await server.ask("/v1/record?last_event_id=" + found[0][:-3] + "2", **KEY)
        ).told()
        assert told.status == 410, "the record does not reach there"

    async def second(server: Running) -> None:
        await server.seen("ann", "Bought")
        told = await (await server.ask("/v1/record", **KEY, Last_Event_ID=found[0])).told()
        assert told.status == 410 and "made anew" in told.said["error"]
        with pytest.raises(InvalidStatus) as refused:
            async with server.socket(
                f"/v1/record?last_event_id={found[0]}", additional_headers=KEY
            ):
                pass
        assert refused.value.response.status_code == 410

    for name, does in (("one", first), ("two", second)):
        (tmp_path / name).mkdir()
        conversation(tmp_path / name, does)


def test_who_wants_little_is_told_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.server.feeds.HEARTBEAT_S", 0.05)

    async def work(server: Running) -> None:
        stream = await listen(server, "?segments=keen&events=segment.left")
        await server.seen("ann", "Bought")
        while b"id: %s-1\n\n" % server.live.record_id.encode() not in stream.raw:
            assert await stream.more()

    conversation(tmp_path, work)


def test_a_stream_ends_soon_after_its_key_was_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.server.feeds.HEARTBEAT_S", 0.05)
    monkeypatch.setattr("tailorbird.server.auth.FRESH_US", 0)
    keys = [STORED_READ]

    async def work(server: Running) -> None:
        async with server.socket("/v1/record", additional_headers=KEY) as socket:
            keys[0] = STORED_READ._replace(revoked_us=1)
            with pytest.raises(ConnectionClosed) as ended:
                await message(socket)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4401

    conversation(tmp_path, work, keys=keys)


def test_a_stream_says_nothing_after_its_key_was_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.server.auth.FRESH_US", 0)
    keys = [STORED_READ, STORED_WRITE]

    async def work(server: Running) -> None:
        async with server.socket("/v1/record", additional_headers=KEY) as socket:
            keys[0] = STORED_READ._replace(revoked_us=1)
            await server.seen("ann", "Bought")
            with pytest.raises(ConnectionClosed) as ended:
                await message(socket)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4401

    conversation(tmp_path, work, keys=keys)


def test_streams_end_with_a_word_when_the_server_ends(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await listen(server)
        server.serving.close()
        assert json.loads((await stream.next()).data)["code"] == 1001
        assert (await (await server.ask("/v1/record", **KEY)).told()).status == 503

    conversation(tmp_path, work)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("segments=kene", 404, "did you mean 'keen'?"),
        ("segments=", 400, "list of names"),
        ("events=left", 400, "segment.left"),
        ("causes=weather", 400, "causes has no value"),
        ("last_event_id=7", 400, "the id of a message"),
        ("last_event_id=a-b", 400, "the id of a message"),
        ("last_event_id=a-1-2-3", 400, "the id of a message"),
        ("last_event_id=a-1", 410, "made anew"),
    ],
)
def test_what_cannot_be_followed_is_said(shop: Talk, query: str, status: int, says: str) -> None:
    told = shop.ask(f"/v1/record?{query}")
    assert told.status == status and says in told.said["error"], told


def test_only_so_many_systems_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailorbird.kernel.limits.STREAMS", 1)

    async def work(server: Running) -> None:
        await listen(server)
        assert (await (await server.ask("/v1/record", **KEY)).told()).status == 503

    conversation(tmp_path, work)


def test_behind_what_is_no_longer_kept_nobody_goes_on_as_if_nothing_was(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        for who in ("ann", "bob", "cid"):
            await server.seen(who, "Bought")
        record, slow = server.live.record_id, await listen(server, "?last_event_id=beginning")
        assert await some(slow, 1)
        assert server.live.first_number == 1
        assert server.live.forget_record(1 << 60, 1) == 1
        assert (server.live.first_number, server.live.last_number) == (2, 3)
        for place in ("1-0", "1-1"):
            told = await (
                await server.ask(f"/v1/record?last_event_id={record}-{place}", **KEY)
            ).told()
            assert told.status == 410 and "record_days" in told.said["error"]
        for given in (f"{record}-1", "beginning"):
            stream = await listen(server, f"?last_event_id={given}")
            assert [who for _, who, _ in await some(stream, 4)] == ["bob", "bob", "cid", "cid"]
        assert server.live.forget_record(1 << 60, 9) == 1
        await server.seen("dan", "Bought")
        stream = await listen(server, f"?last_event_id={record}-2")
        assert [who for _, who, _ in await some(stream, 4)] == ["cid", "cid", "dan", "dan"]
        assert server.live.last_number == 4

    conversation(tmp_path, work)


def test_a_stream_that_is_behind_what_is_kept_is_ended(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        for who in ("ann", "bob", "cid"):
            await server.seen(who, "Bought")
        feed = Record(server.live).open(f"{server.live.record_id}-1", Wanted(), lambda: True)
        server.live.forget_record(1 << 60, 2)
        with pytest.raises(EndedError) as ended:
            await feed.next()
        assert ended.value.ending.code == 4410

    conversation(tmp_path, work)
