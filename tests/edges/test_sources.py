"""What each dialect says becomes the facts that stand beside it in a file of cases."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from ruamel.yaml import YAML
from tests.readings import READINGS

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.sources import pixel
from tailorbird.events.columns import facts_of
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.receiving import Receiving
from tailorbird.governance.api_keys import make_key
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant, parse_instant, zone
from tailorbird.kernel.values import write_json
from tailorbird.language.files import load_text
from tailorbird.language.laws.readings import Question
from tailorbird.runtimes.dialects import found_dialects
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Collector
from tailorbird.server.router import Router

STORED, WRITE = make_key("web", "write", bytes(36), 0)
READER, _ = make_key("crm", "read", b"\2" * 36, 0)
FILES = sorted((Path(__file__).parent.parent / "cases" / "dialects").glob("*.yaml"))
NOW = "2026-05-01T10:00:05Z"
HEADER = {"x-write-key": WRITE}


class Answer(NamedTuple):
    status: int
    kind: str
    body: bytes


class Shop:
    """A collector of all dialects over a real log, whose clock stands still."""

    def __init__(self, log: SqliteLog, now: str = NOW) -> None:
        self.log = log
        self.keys = [STORED, READER]
        self._numbers = count(1)
        self._now_us = parse_instant(now, zone("UTC")) or 0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        return asyncio.run(self._ask(method, path, body, headers))

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        commit = GroupCommit(self.log, lambda: self._now_us)
        keys = KeyCheck(lambda: self.keys, lambda: self._now_us)
        preparing = Preparing(lambda: f"new{next(self._numbers)}")
        receiving = Receiving(commit, lambda: self._now_us, preparing)
        router = Router([Collector(receiving, keys, found_dialects())], keys)
        before, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": before,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        writing = asyncio.create_task(commit.run())
        try:
            await router(scope, receive, send)
        finally:
            commit.close()
            await writing
        kind = dict(sent[0]["headers"])[b"content-type"].decode()
        return Answer(sent[0]["status"], kind, sent[1]["body"])

    def facts(self) -> list[Fact]:
        chunk = self.log.read(0, 10_000)
        return facts_of(chunk.columns, chunk.positions)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
        yield Shop(log)


def cases_in(path: Path) -> list[Any]:
    """The cases of a file, each with its name."""
    found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return [pytest.param(case, id=f"{path.stem}: {case['case']}") for case in found]


def body_of(case: dict[str, Any]) -> bytes:
    given = case.get("text", "") if "json" not in case else json.dumps(case["json"])
    body = given.replace("KEY", WRITE).encode()
    return gzip.compress(body, mtime=0) if case.get("packed") else body


def plain(fact: Fact) -> dict[str, Any]:
    """A fact as a case says it: what is empty is left out."""
    told = {
        "who": fact.subject,
        "what": fact.name,
        "id": fact.id,
        "at": format_instant(fact.time_us),
        "properties": json.loads(write_json(fact.properties)),
        "context": json.loads(write_json(fact.context)),
    }
    return {key: value for key, value in told.items() if value != {}}


@pytest.mark.parametrize("case", [case for path in FILES for case in cases_in(path)])
def test_what_a_dialect_says_becomes_the_facts_beside_it(shop: Shop, case: dict[str, Any]) -> None:
    method, _, path = case["ask"].partition(" ")
    headers = {name: str(value) for name, value in case.get("headers", {}).items()}
    headers = {name: value.replace("KEY", WRITE) for name, value in headers.items()}
    told = shop.ask(method, path.replace("KEY", WRITE), body_of(case), **headers)
    assert told.status == case.get("status", 200), told
    if "says" in case:
        assert json.loads(told.body) == case["says"]
    found = [plain(fact) for fact in shop.facts()]
    for fact in found:
        if not case.get("context"):
            fact.pop("context", None)
    assert found == case.get("facts", [])
    if case.get("facts"):
        again = shop.ask(method, path.replace("KEY", WRITE), body_of(case), **headers)
        assert again.status == 200
        counted = len(shop.facts())
        assert counted == len(found) or case.get("again"), "what is sent again counts once"


def test_every_dialect_has_its_cases() -> None:
    assert {path.stem for path in FILES} == {one.name for one in found_dialects()} - {"pixel"}


PIXEL = {"event": "Mail Opened", "userId": "ann", "messageId": "open:7"}


def test_a_signed_picture_says_what_its_address_says(shop: Shop) -> None:
    address = pixel.address_of(PIXEL, STORED)
    assert WRITE not in address
    told = shop.ask("GET", address)
    assert (told.status, told.kind, told.body) == (200, "image/gif", pixel.GIF)
    assert shop.ask("GET", address).status == 200
    (fact,) = shop.facts()
    assert (fact.subject, fact.name, fact.id) == ("ann", "Mail Opened", "open:7")


@pytest.mark.parametrize("part", ["k", "d", "s"])
def test_a_picture_whose_address_was_changed_says_nothing(shop: Shop, part: str) -> None:
    path, _, query = pixel.address_of(PIXEL, STORED).partition("?")
    parts = dict(pair.split("=", 1) for pair in query.split("&"))
    parts[part] = "f" * len(parts[part])
    assert shop.ask("GET", f"{path}?{urlencode(parts)}").status in (400, 401)
    assert shop.facts() == []


def test_a_picture_of_a_key_that_may_not_write_is_refused(shop: Shop) -> None:
    assert shop.ask("GET", pixel.address_of(PIXEL, READER)).status == 401


@pytest.mark.parametrize(
    ("path", "headers", "part", "value"),
    [
        (f"/v1/projects/{WRITE}/settings", {"host": "collect.example"}, "integrations", None),
        (f"/sourceConfig/?writeKey={WRITE}", {}, "source", None),
        (f"/array/{WRITE}/config", {}, "hasFeatureFlags", False),
    ],
)
def test_what_a_kit_asks_before_it_sends_is_told(
    shop: Shop, path: str, headers: dict[str, str], part: str, value: Any
) -> None:
    told = shop.ask("GET", path, **headers)
    assert told.status == 200
    said = json.loads(told.body)
    assert value is None or said[part] == value
    assert part in said
    assert shop.ask("GET", path.replace(WRITE, "tb_write_00000000_ff"), **headers).status == 401


def test_the_settings_of_segment_name_this_server_as_where_to_send(shop: Shop) -> None:
    told = shop.ask("GET", f"/v1/projects/{WRITE}/settings", host="collect.example")
    segment = json.loads(told.body)["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("collect.example/v1", "http")


def test_flags_are_none_and_take_the_key_of_the_body(shop: Shop) -> None:
    told = shop.ask("POST", "/flags/?v=2", json.dumps({"token": WRITE}).encode())
    assert json.loads(told.body)["flags"] == {}
    assert shop.ask("POST", "/flags/?v=2", b'{"token": "x"}').status == 401
    assert shop.ask("POST", "/flags/?v=2", b"nothing").status == 401


HAT = {"product_id": "p1", "name": "Hat", "price": 12.5}
GA4_HAT = {"item_id": "p1", "item_name": "Hat", "price": 12.5}
MONEY = {"value": 25, "tax": 5, "currency": "GBP"}
ORDER = {"order_id": "o1", "revenue": 25, "tax": 5, "total": 30, "currency": "GBP"}
TIMES = [f"2026-05-01T10:00:0{second}Z" for second in range(4)]
GA4 = [
    ("view_item", {"items": [GA4_HAT]}),
    ("add_to_cart", {"items": [GA4_HAT]}),
    ("begin_checkout", {"items": [GA4_HAT]}),
    ("purchase", {"transaction_id": "o1", **MONEY, "items": [GA4_HAT]}),
]
SEGMENT = [
    ("Product Viewed", HAT),
    ("Product Added", HAT),
    ("Checkout Started", {"products": [HAT]}),
    ("Order Completed", {**ORDER, "products": [HAT]}),
]


def segment_journey() -> Iterator[tuple[str, Any]]:
    batch = [
        {"type": "track", "event": event, "userId": "ann", "timestamp": at, "properties": given}
        for (event, given), at in zip(SEGMENT, TIMES, strict=True)
    ]
    yield "/v1/batch", {"batch": batch}


def rudder_journey() -> Iterator[tuple[str, Any]]:
    for (event, given), at in zip(GA4, TIMES, strict=True):
        told = {"event": event, "userId": "ann", "originalTimestamp": at}
        yield "/v1/track", {**told, "channel": "web", "properties": {"ecommerce": given}}


def posthog_journey() -> Iterator[tuple[str, Any]]:
    batch = [
        {"event": event, "distinct_id": "ann", "timestamp": at, "properties": given}
        for (event, given), at in zip(SEGMENT, TIMES, strict=True)
    ]
    yield "/batch/", {"api_key": WRITE, "batch": batch}


def ga4_journey() -> Iterator[tuple[str, Any]]:
    for (event, given), at in zip(GA4, TIMES, strict=True):
        micros = parse_instant(at, zone("UTC"))
        told = {"user_id": "ann", "timestamp_micros": micros}
        yield (
            f"/mp/collect?api_secret={WRITE}",
            {**told, "events": [{"name": event, "params": given}]},
        )


def snowplow_journey() -> Iterator[tuple[str, Any]]:
    order = {"transaction_id": "o1", "revenue": 25, "tax": 5, "currency": "GBP"}
    kinds = ["product_view", "add_to_cart", "begin_checkout", "transaction"]
    for place, (kind, at) in enumerate(zip(kinds, TIMES, strict=True)):
        micros = parse_instant(at, zone("UTC")) or 0
        event = entity("unstruct_event", entity("snowplow_ecommerce_action", {"type": kind}))
        beside = [entity("product", {"id": "p1", "name": "Hat", "price": 12.5})]
        beside += [entity("transaction", order)] if kind == "transaction" else []
        yield (
            "/com.snowplowanalytics.snowplow/tp2",
            {
                "data": [
                    {
                        "e": "ue",
                        "eid": f"e{place}",
                        "aid": WRITE,
                        "uid": "ann",
                        "dtm": str(micros // 1000),
                        "ue_pr": json.dumps(event),
                        "co": json.dumps(entity("contexts", beside)),
                    }
                ]
            },
        )


def entity(name: str, data: Any) -> dict[str, Any]:
    return {"schema": f"iglu:com.snowplowanalytics/{name}/jsonschema/1-0-0", "data": data}


JOURNEYS = [segment_journey, rudder_journey, posthog_journey, ga4_journey, snowplow_journey]


@pytest.mark.parametrize("journey", JOURNEYS)
def test_the_same_journey_is_the_same_facts_in_every_dialect(shop: Shop, journey: Any) -> None:
    for path, body in journey():
        assert shop.ask("POST", path, json.dumps(body).encode(), **HEADER).status == 200
    told = [plain(fact) for fact in shop.facts()]
    assert [(one["who"], one["what"], one["at"]) for one in told] == [
        ("ann", event, at) for (event, _), at in zip(SEGMENT, TIMES, strict=True)
    ]
    assert [one["properties"] for one in told] == [given for _, given in SEGMENT]


KEEN = """
segments:
  buyers: did("Order Completed", where=properties.total >= 30)
  keen: count("Product Added", last="7d", where=properties.price > 10) >= 1
  hats: sequence("Product Viewed", "Product Added", "Order Completed", within="1h")
"""


@pytest.mark.parametrize("journey", JOURNEYS)
def test_the_same_journey_is_in_the_same_segments_in_every_dialect(
    shop: Shop, journey: Any
) -> None:
    for path, body in journey():
        shop.ask("POST", path, json.dumps(body).encode(), **HEADER)
    definitions = load_text(KEEN, "shop.yaml").definitions
    asked = [Question("ann", parse_instant(NOW, zone("UTC")) or 0)]
    for reading in READINGS:
        (found,) = reading.answers(definitions, shop.facts(), asked, known_then=False)
        segments = {name: value for (kind, name), value in found.items() if kind == "segment"}
        assert segments == dict.fromkeys(segments, True) and len(segments) == 3


def test_an_alias_stands_for_a_write_key_wherever_kits_send_theirs(shop: Shop) -> None:
    shop.keys = [STORED._replace(aliases=("G-1A2B3C4D5E", "phc_0a1b2c", "shop-app"))]
    page = {"event": "Seen", "distinct_id": "ann", "uuid": "u1", "properties": {}}
    told = [
        shop.ask("POST", "/g/collect?v=2&tid=G-1A2B3C4D5E&cid=v1&en=view_item&_p=1&_s=1"),
        shop.ask("POST", "/e/", json.dumps({"api_key": "phc_0a1b2c", **page}).encode()),
        shop.ask("GET", "/i?e=pv&aid=shop-app&duid=d1&eid=e1&url=https%3A%2F%2Fshop.example%2F"),
        shop.ask(
            "POST", "/v1/track", b'{"userId":"bob","event":"Paid"}', **{"x-write-key": "phc_0a1b2c"}
        ),
    ]
    assert [one.status for one in told] == [200, 200, 200, 200]
    assert [fact.name for fact in shop.facts()] == ["Product Viewed", "Seen", "Page Viewed", "Paid"]
    assert shop.ask("POST", "/g/collect?v=2&tid=G-OTHER&cid=v1&en=view_item").status == 401


def test_an_unclear_consent_is_stored_and_its_sender_is_told_how_it_counts(shop: Shop) -> None:
    said = {"userId": "ann", "event": "$consent"}
    unclear = {**said, "messageId": "c1", "properties": {"purpose": "ads", "granted": "true"}}
    clear = {**said, "messageId": "c2", "properties": {"purpose": "ads", "granted": True}}
    batch = [{"type": "track", **one} for one in (unclear, clear)]
    told = shop.ask("POST", "/v1/batch", json.dumps({"batch": batch}).encode(), **HEADER)
    assert json.loads(told.body)["results"] == [
        {
            "status": "accepted",
            "warning": "granted is neither true nor false, so it counts as a denial",
        },
        {"status": "accepted"},
    ]
    assert [fact.id for fact in shop.facts()] == ["c1", "c2"]
