"""Whoever may do everything sees messages as they arrive, with what became of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.server.running import ADMIN, WRITE, Running, Stream, conversation
from tests.server.talking import READ, STORED_WRITE, Talk, talk

from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND
from tailorbird.server import debugger, feeds

GOOD = {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m1"}
BAD = {"type": "track", "userId": "bob"}


def send(shop: Talk, *messages: Any) -> None:
    shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": messages})


def watched(shop: Talk, query: str = "") -> Any:
    return shop.get(f"/v1/debugger{query}", key=ADMIN)


def numbers(shop: Talk, query: str) -> list[int]:
    return [one["number"] for one in watched(shop, query)["messages"]]


def test_a_page_tells_of_each_message_what_became_of_it(shop: Talk) -> None:
    send(shop, GOOD, BAD)
    send(shop, GOOD)
    again, bad, good = watched(shop)["messages"]
    assert [one["status"] for one in (good, bad, again)] == ["accepted", "rejected", "duplicate"]
    assert good | {"raw": json.loads(good["raw"])} == {
        "number": 0,
        "at": "2023-11-14T22:13:20Z",
        "status": "accepted",
        "call": "batch",
        "key": STORED_WRITE.id,
        "source": "web",
        "name": "Seen",
        "person": "ann",
        "time": "2023-11-14T22:13:20Z",
        "id": "m1",
        "sort": None,
        "reason": None,
        "warning": None,
        "bytes": len(good["raw"]),
        "raw": GOOD,
    }
    assert (bad["sort"], bad["reason"], bad["person"]) == ("name", "no event name", "bob")


def test_a_body_that_cannot_be_read_is_there_too(shop: Talk) -> None:
    shop.ask("/v1/batch", "POST", key=WRITE, body=b"{")
    [one] = watched(shop)["messages"]
    assert (one["status"], one["sort"], one["raw"]) == ("rejected", "body", "{")


def test_pages_follow_each_other_and_can_be_narrowed(shop: Talk) -> None:
    send(shop, GOOD, BAD, {**GOOD, "messageId": "m2", "userId": "dan"})
    shop.now_us += SECOND
    send(shop, GOOD)
    first = watched(shop, "?limit=3")
    assert [one["number"] for one in first["messages"]] == [3, 2, 1] and first["held"] == 4
    rest = watched(shop, f"?limit=3&before={first['next']}")
    assert ([one["number"] for one in rest["messages"]], rest["next"]) == ([0], None)
    assert numbers(shop, "?status=rejected,duplicate") == [3, 1]
    assert numbers(shop, "?person=ann") == [3, 0]
    assert numbers(shop, "?name=Seen&key=web&limit=2") == [3, 2]
    assert numbers(shop, "?since=2023-11-14T22:13:21Z") == [3]
    assert numbers(shop, f"?key={STORED_WRITE.id}&person=dan") == [2]


def test_who_did_not_agree_is_shown_without_what_was_sent() -> None:
    text = "purposes: {watching: {collect: asked}}\nsegments: {seen: did('Seen')}"
    with talk(text) as shop:
        send(shop, {**GOOD, "userId": "canary"})
        told = shop.ask("/v1/debugger", key=ADMIN).body
        assert b"canary" not in told
        [one] = json.loads(told)["messages"]
        assert (one["status"], one["sort"], one["raw"]) == ("rejected", "consent", "")
        assert "for watching" in one["reason"]
        assert b"canary" not in shop.ask("/v1/debugger/samples", key=ADMIN).body


def test_what_is_turned_away_is_counted_and_nothing_of_it_is_looked_at(shop: Talk) -> None:
    canary = {"event": "Seen", "userId": "canary"}
    for key in (None, "tb_write_00000000_canary", READ):
        shop.ask("/v1/track", "POST", key=key, body=canary)
    shop.ask("/v1/track", "POST", key=None, body={**canary, "writeKey": "tb_write_canary"})
    shop.ask("/v1/profiles/canary", key=None)
    shop.ask("/v1/projects/canary/settings", key=None)
    told = watched(shop)
    assert [(one["path"], one["status"], one["count"]) for one in told["turned_away"]] == [
        ("/v1/projects/{key}/settings", 401, 1),
        ("/v1/track", 401, 3),
        ("/v1/track", 403, 1),
    ]
    assert told["turned_away"][1]["error"].startswith("no known write key")
    assert (told["messages"], told["turned_away"][0]["last"]) == ([], "2023-11-14T22:13:20Z")
    assert "canary" not in json.dumps(told)


def test_the_samples_of_an_hour_are_messages_as_they_came(shop: Talk) -> None:
    send(shop, GOOD, BAD)
    [hour] = shop.get("/v1/debugger/samples", key=ADMIN)["hours"]
    assert (hour["begin"], hour["arrived"]) == ("2023-11-14T22:00:00Z", 2)
    assert [json.loads(one["raw"]) for one in hour["messages"]] == [GOOD, BAD]


async def watch(server: Running, query: str = "", **headers: str) -> Stream:
    headers = {"Authorization": f"Bearer {ADMIN}", **headers}
    found = await (await server.ask(f"/v1/debugger/stream{query}", **headers)).begun()
    assert found.status == 200
    return found


async def page(server: Running) -> Any:
    asked = await server.ask("/v1/debugger", Authorization=f"Bearer {ADMIN}")
    return (await asked.told()).said


async def flood(server: Running, count: int) -> None:
    body = {"batch": [{**GOOD, "messageId": f"f{number}"} for number in range(count)]}
    await server.post("/v1/batch", body, WRITE)


def test_a_stream_tells_what_arrives_and_only_what_is_wanted(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        await server.seen("early")
        everything = await watch(server)
        rejected = await watch(server, "?status=rejected")
        await server.seen("ann")
        await server.post("/v1/batch", {"batch": [BAD]}, WRITE)
        told = [json.loads((await everything.next()).data) for _ in range(2)]
        assert [(one["person"], one["status"]) for one in told] == [
            ("ann", "accepted"),
            ("bob", "rejected"),
        ]
        only = json.loads((await rejected.next()).data)
        assert only == told[1]

    conversation(tmp_path, work)


def test_who_comes_again_goes_on_where_she_was(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        await server.seen("one")
        begun = (await page(server))["last_event_id"]
        await server.seen("two")
        await server.seen("three")
        stream = await watch(server, f"?last_event_id={begun}")
        two = await stream.next()
        assert json.loads(two.data)["person"] == "two"
        again = await watch(server, f"?last_event_id={begun}", Last_Event_ID=two.id)
        assert json.loads((await again.next()).data)["person"] == "three"
        other = await watch(server, "?last_event_id=before-99")
        assert json.loads((await other.next()).data)["person"] == "one"
        assert json.loads((await page(server))["messages"][0]["raw"])["userId"] == "three"

    conversation(tmp_path, work)


def test_of_a_flood_the_newest_are_told_and_how_many_were_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debugger, "LOOK_AT", 3)

    async def work(server: Running) -> None:
        begun = (await page(server))["last_event_id"]
        await flood(server, 10)
        stream = await watch(server, f"?last_event_id={begun}")
        missed = await stream.next()
        assert (missed.event, json.loads(missed.data)) == ("missed", {"missed": 7})
        told = [json.loads((await stream.next()).data)["number"] for _ in range(3)]
        assert told == [7, 8, 9]

    conversation(tmp_path, work)


@pytest.mark.parametrize("given", ["x", "x-", "x--1", "x-" + "9" * 20])
def test_an_id_that_is_none_is_refused(tmp_path: Path, given: str) -> None:
    async def work(server: Running) -> None:
        asked = await server.ask(
            f"/v1/debugger/stream?last_event_id={given}", Authorization=f"Bearer {ADMIN}"
        )
        assert (await asked.told()).status == 400

    conversation(tmp_path, work)


def test_only_so_many_watch_and_who_leaves_makes_room(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        open_ = [await watch(server) for _ in range(limits.WATCHERS)]
        headers = {"Authorization": f"Bearer {ADMIN}"}
        told = await (await server.ask("/v1/debugger/stream", **headers)).told()
        assert told.status == 503 and told.headers["retry-after"] == "30"
        open_[0].writer.close()
        while told.status == 503:
            asked = await (await server.ask("/v1/debugger/stream", **headers)).begun()
            told = told._replace(status=asked.status)
        assert told.status == 200

    conversation(tmp_path, work)


def test_a_stream_ends_when_its_key_is_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "HEARTBEAT_S", 0.01)
    keys = []

    async def work(server: Running) -> None:
        from tests.server.running import STORED_ADMIN

        keys.append(STORED_ADMIN)
        stream = await watch(server)
        keys.clear()
        ended = await stream.next()
        assert (ended.event, json.loads(ended.data)["code"]) == ("end", 4401)

    conversation(tmp_path, work, keys=keys)


def test_a_stream_ends_with_the_server(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await watch(server)
        server.serving.close()
        assert (await stream.next()).event == "end"
        asked = await server.ask("/v1/debugger/stream", Authorization=f"Bearer {ADMIN}")
        assert (await asked.told()).status == 503

    conversation(tmp_path, work)
