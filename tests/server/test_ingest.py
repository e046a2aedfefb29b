"""The collector answers for every message what became of it, and never forgets one it took."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from segment.analytics.client import Client

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.sources.segment import DIALECT
from tailorbird.events.columns import facts_of
from tailorbird.events.refusals import RejectedItem
from tailorbird.events.wire import Body
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.receiving import Receiving
from tailorbird.governance.api_keys import make_key
from tailorbird.kernel import limits
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.kernel.values import UNIT
from tailorbird.ports.dialects import Dialect, Endpoint, Sent
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Collector
from tailorbird.server.router import Router

STORED, WRITE = make_key("web", "write", bytes(36), 0)
STORED_ADMIN, ADMIN = make_key("ops", "admin", b"\1" * 36, 0)
STORED_READ, READ = make_key("crm", "read", b"\2" * 36, 0)
KEYS = [STORED, STORED_ADMIN, STORED_READ]
NOW_US = parse_instant("2024-05-01T10:00:00Z", zone("UTC")) or 0


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    said: Any


Ask = Callable[..., Awaitable[Told]]


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as opened:
        yield opened


def conversation(log: SqliteLog, work: Callable[[Ask], Awaitable[Any]]) -> Any:
    """Run work that asks a collector over this log."""

    async def both() -> Any:
        commit = GroupCommit(log, lambda: NOW_US)
        keys = KeyCheck(lambda: KEYS, lambda: NOW_US)
        collector = Router([Collector(Receiving(commit, lambda: NOW_US), keys, [DIALECT])], keys)
        writing = asyncio.create_task(commit.run())
        try:
            return await work(lambda *words, **more: _ask(collector, *words, **more))
        finally:
            commit.close()
            await writing

    return asyncio.run(both())


async def _ask(
    collector: Router,
    path: str,
    body: Any = None,
    *,
    key: str | None = WRITE,
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> Told:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"x-write-key": key, **(headers or {})} if key else headers or {}
    before, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": before,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines.items()],
    }
    half = len(data) // 2
    incoming = [
        {"type": "http.request", "body": data[:half], "more_body": True},
        {"type": "http.request", "body": data[half:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await collector(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Told(sent[0]["status"], answered, json.loads(sent[1]["body"]))


def one(log: SqliteLog, *words: Any, **more: Any) -> Told:
    told: Told = conversation(log, lambda ask: ask(*words, **more))
    return told


def stored(log: SqliteLog) -> list[Fact]:
    chunk = log.read(0, 10_000)
    return facts_of(chunk.columns, chunk.positions)


def seen(id_: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "ann", "messageId": id_, **more}


@pytest.mark.parametrize(
    ("paths", "message", "name", "properties"),
    [
        (("track", "t"), {"event": "Bought", "properties": {"price": 2.5}}, "Bought",
         {"price": 2_500_000}),
        (("identify", "i"), {"traits": {"age": 40}}, "$traits", {"age": 40 * UNIT}),
        (("page", "p"), {"name": "Home", "properties": {"path": "/"}}, "Page Viewed",
         {"path": "/", "name": "Home"}),
        (("screen", "s"), {"name": "Cart"}, "Screen Viewed", {"name": "Cart"}),
        (("group", "g"), {"groupId": "g1", "traits": {"plan": "b"}}, "$group",
         {"plan": "b", "group": "g1"}),
        (("alias", "a"), {"previousId": "v1"}, "$merge", {"other": "v1"}),
    ],
)  # fmt: skip
def test_each_call_has_two_routes_and_is_one_fact(
    log: SqliteLog, paths: tuple[str, str], message: dict[str, Any], name: str, properties: Any
) -> None:
    for path in paths:
        told = one(log, f"/v1/{path}", {**message, "userId": "ann", "messageId": path})
        assert told.status == 200, told
        assert told.said["results"] == [{"status": "accepted"}]
    facts = stored(log)
    assert [fact.id for fact in facts] == list(paths)
    for fact in facts:
        assert (fact.subject, fact.name, fact.properties) == ("ann", name, properties)
        assert (fact.source, fact.known_us, fact.time_us) == ("web", NOW_US, NOW_US)


@pytest.mark.parametrize("path", ["batch", "b", "import"])
def test_each_message_of_a_batch_has_its_own_result(log: SqliteLog, path: str) -> None:
    batch = [seen("1"), seen("1"), {"type": "track", "userId": "ann"}, 5, seen("2")]
    told = one(log, f"/v1/{path}", {"batch": batch})
    assert told.status == 200
    assert [result["status"] for result in told.said["results"]] == [
        "accepted",
        "duplicate",
        "rejected",
        "rejected",
        "accepted",
    ]
    assert told.said["results"][2]["reason"] == "no event name"
    assert told.said["position"] == 2
    assert [fact.id for fact in stored(log)] == ["1", "2"]


def test_a_message_that_is_sent_again_is_a_duplicate_and_that_is_good(log: SqliteLog) -> None:
    message = {"userId": "ann", "anonymousId": "v1", "messageId": "m"}
    assert one(log, "/v1/identify", message).said["results"] == [{"status": "accepted"}]
    again = one(log, "/v1/identify", message)
    assert (again.status, again.said["results"]) == (200, [{"status": "duplicate"}])
    assert [fact.id for fact in stored(log)] == ["m", "m$merge"]


def test_a_preview_is_answered_and_not_stored(log: SqliteLog) -> None:
    preview = {"context": {"preview": True, "page": {"path": "/"}}}
    batch = [{**seen("1"), **preview}, seen("2"), {**seen("3"), "context": {"preview": "true"}}]
    told = one(log, "/v1/b", {"batch": batch})
    assert told.status == 200
    assert [result["status"] for result in told.said["results"]] == [
        "preview", "accepted", "accepted",
    ]  # fmt: skip
    assert [fact.id for fact in stored(log)] == ["2", "3"]
    alone = one(log, "/v1/b", {"batch": [batch[0]]})
    assert (alone.status, alone.said["success"]) == (200, True)
    wrong = one(log, "/v1/b", {"batch": [{"type": "track", "userId": "ann", **preview}]})
    assert wrong.said["results"][0]["status"] == "preview"
    assert "would be refused: no event name" in wrong.said["results"][0]["reason"]


def test_nothing_accepted_is_400(log: SqliteLog) -> None:
    for body in ({"batch": [{}]}, {"batch": []}, {}, [], b"", b"{", b"\x1f\x8b.", b"[" * 99_999):
        assert one(log, "/v1/batch", body).status == 400
    assert one(log, "/v1/track", b" " * (limits.BODY_BYTES + 1)).status == 400
    assert log.end_position == 0


def test_a_body_is_unpacked_whatever_the_headers_say(log: SqliteLog) -> None:
    body = gzip.compress(json.dumps({"batch": [seen("1")]}).encode())
    headers = {"content-type": "text/plain", "content-encoding": "identity"}
    assert one(log, "/v1/batch", body, headers=headers).status == 200


@pytest.mark.parametrize(
    "where",
    [
        {"headers": {"authorization": "Basic " + b64encode(f"{WRITE}:".encode()).decode()}},
        {"headers": {"authorization": f"Bearer {WRITE}"}},
        {"headers": {"x-write-key": WRITE}},
        {"query": f"?writeKey={WRITE}"},
        {"body": {"writeKey": WRITE}},
    ],
)
def test_the_key_comes_where_a_client_puts_it(log: SqliteLog, where: dict[str, Any]) -> None:
    body = {"batch": [seen("1")], **where.get("body", {})}
    path = "/v1/batch" + where.get("query", "")
    assert one(log, path, body, key=None, headers=where.get("headers")).status == 200


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), (READ, 403), (WRITE + "0", 401), ("nonsense", 401)]
)
def test_without_a_key_that_may_write_nothing_is_taken(
    log: SqliteLog, key: str | None, status: int
) -> None:
    assert one(log, "/v1/track", seen("1"), key=key).status == status
    in_body = {**seen("1"), "writeKey": key} if key else seen("1")
    assert one(log, "/v1/track", in_body, key=None).status == status
    assert log.end_position == 0


def test_pages_of_other_sites_may_use_write_keys_and_no_others(log: SqliteLog) -> None:
    allowed = "access-control-allow-origin"
    asked = one(log, "/v1/t", b"", method="OPTIONS", key=None)
    assert (asked.status, asked.headers[allowed]) == (200, "*")
    assert one(log, "/v1/t", seen("1")).headers[allowed] == "*"
    assert allowed not in one(log, "/v1/t", seen("2"), key=ADMIN).headers


def test_reserved_facts_take_an_admin_key(log: SqliteLog) -> None:
    message = seen("1", event="$verdict")
    assert one(log, "/v1/track", message).status == 400
    assert one(log, "/v1/track", message, key=ADMIN).status == 200
    assert one(log, "/v1/track", seen("2", event="$consent")).status == 200


def test_the_settings_of_the_browsers_library_are_those_of_its_key(log: SqliteLog) -> None:
    told = one(log, f"/v1/projects/{WRITE}/settings", b"", method="GET", key=None)
    assert told.status == 200
    assert told.said["integrations"]["Segment.io"]["apiKey"] == WRITE
    assert one(log, "/v1/projects/x/settings", b"", method="GET", key=None).status == 401


def test_a_new_id_is_told(log: SqliteLog) -> None:
    [result] = one(log, "/v1/track", {"event": "Seen", "userId": "ann"}).said["results"]
    assert result == {"status": "accepted", "messageId": stored(log)[0].id}


def test_overload_is_told_and_nothing_accepted_is_lost(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", 40)

    async def flood(ask: Ask) -> list[Told]:
        return await asyncio.gather(*(ask("/v1/track", seen(f"{n}")) for n in range(400)))

    told = conversation(log, flood)
    assert {answer.status for answer in told} == {200, 429}
    for answer in told:
        assert answer.status == 200 or int(answer.headers["retry-after"]) >= 1
    kept = {fact.id for fact in stored(log)}
    assert kept == {f"{n}" for n, answer in enumerate(told) if answer.status == 200}


def test_a_withdrawal_is_taken_when_nothing_else_is(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", 40)
    monkeypatch.setattr(limits, "URGENT_BYTES", 500)
    no = {"event": "$consent", "userId": "ann", "properties": {"purpose": "ads", "granted": False}}
    long = {**no, "properties": {**no["properties"], "text": "x" * 500}}

    async def flood(ask: Ask) -> list[Told]:
        others = [ask("/v1/track", seen(f"{n}")) for n in range(400)]
        return await asyncio.gather(
            *others, ask("/v1/track", no), ask("/v1/b", zipped(no)), ask("/v1/track", long)
        )

    told = conversation(log, flood)
    assert 429 in {answer.status for answer in told[:400]}
    assert [answer.status for answer in told[400:]] == [200, 200, 429]
    assert sum(fact.name == "$consent" for fact in stored(log)) == 2


def zipped(message: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"batch": [{"type": "track", **message}]}).encode())


def test_bodies_that_are_being_received_are_bounded_together(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OPEN_BODY_BYTES", 1_000)
    assert one(log, "/v1/track", seen("1", properties={"a": "x" * 2_000})).status == 429
    assert one(log, "/v1/track", seen("1")).status == 200


@settings(max_examples=60)
@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["type", "event", "userId", "anonymousId", "messageId", "context",
                             "properties", "traits", "timestamp", "sentAt", "batch", "a"]) ,
            inner),
        max_leaves=12,
    ).map(lambda value: json.dumps({"batch": [value]}).encode()),
    st.sampled_from(["track", "identify", "batch", "alias", "g", "p"]),
)  # fmt: skip
def test_no_bytes_make_the_collector_fail(data: bytes, call: str) -> None:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
        assert one(log, f"/v1/{call}", data).status in (200, 400)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, SqliteLog]]:
    """A real server on a port of its own, with a log on the disk."""
    with (
        SqliteKeyring(tmp_path / "keys.sqlite") as keyring,
        SqliteLog(tmp_path / "log.sqlite", keyring) as log,
    ):
        commit = GroupCommit(log, lambda: NOW_US)
        keys = KeyCheck(lambda: KEYS, lambda: NOW_US)
        app = Router([Collector(Receiving(commit, lambda: NOW_US), keys, [DIALECT])], keys)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)
        )

        async def run() -> None:
            writing = asyncio.create_task(commit.run())
            await server.serve()
            commit.close()
            await writing

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        while not server.started:
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", log
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("packed", [False, True])
def test_the_python_library_of_segment_works_as_it_is(
    address: tuple[str, SqliteLog], packed: bool
) -> None:
    host, log = address
    failures: list[Exception] = []
    client = Client(
        WRITE, host=host, gzip=packed, on_error=lambda error, _items: failures.append(error)
    )
    client.identify("ann", {"city": "Leeds"}, anonymous_id="v1")
    for number in range(250):
        client.track("ann", "Seen", {"price": 2.5, "number": number})
    client.alias("v2", "ann")
    client.page("ann", "docs", "Home")
    client.group("ann", "g1", {"plan": "b"})
    client.flush()
    client.join()
    assert not failures
    facts = stored(log)
    names = {fact.name for fact in facts}
    assert names == {"$traits", "$merge", "Seen", "Page Viewed", "$group"}
    assert len(facts) == 255
    assert {fact.source for fact in facts} == {"web"}
    assert sum(fact.properties == {"price": 2_500_000, "number": 7 * UNIT} for fact in facts) == 1


def test_a_body_at_which_a_dialect_fails_is_not_sent_for_ever(log: SqliteLog) -> None:
    def failing(_: Sent) -> Body:
        raise ZeroDivisionError("canary")

    async def work() -> Told:
        noted: list[RejectedItem] = []
        commit = GroupCommit(log, lambda: NOW_US)
        keys = KeyCheck(lambda: KEYS, lambda: NOW_US)
        endpoint = Endpoint("POST", "/broken", "send_broken", "Fails.", failing)
        broken = Dialect("broken", "nobody", (endpoint,))
        receiving = Receiving(commit, lambda: NOW_US, note=noted.extend)
        told = await _ask(Router([Collector(receiving, keys, [broken])], keys), "/broken", {})
        assert [item.refusal.sort for item in noted] == ["body"]
        return told

    told = asyncio.run(work())
    assert told.status == 400
    assert "ZeroDivisionError" in str(told.said)
    assert "canary" not in str(told.said)
