"""How fast each dialect is beside Segment's, for events that say the same in requests of one size.

    PYTHONPATH=. python benchmarks/dialects.py

Whole requests go through router, dialect, vocabulary, log and sync; the time is the processor's, so
that a busy disk or another program changes little. The best of some runs counts, taken in turns.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.receiving import Receiving
from tailorbird.governance.api_keys import make_key
from tailorbird.runtimes.dialects import found_dialects
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Collector
from tailorbird.server.router import Router

STORED, KEY = make_key("web", "write", bytes(36), 0)
EVENTS = 10_000
SIZE = 100
RUNS = 4
AT_ONCE = 8
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Firefox/125.0"
BEGAN_S = int(time.time()) - 3_600

Request = tuple[str, str, bytes]
"""Method, path with its query, body."""


def times(number: int) -> tuple[str, int]:
    at_s = BEGAN_S + number // 10
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)), at_s


def segment(number: int, run: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": f"user-{number % 1_000}",
        "messageId": f"m-{run}-{number}",
        "timestamp": times(number)[0],
        "properties": {"product_id": f"p{number % 97}", "price": 12.5, "quantity": 2},
        "context": {"page": {"url": "https://shop.example/shoes/42"}, "userAgent": AGENT},
    }


def posthog(number: int, run: int) -> dict[str, Any]:
    return {
        "event": "Product Viewed",
        "distinct_id": f"user-{number % 1_000}",
        "uuid": f"m-{run}-{number}",
        "timestamp": times(number)[0],
        "properties": {
            "product_id": f"p{number % 97}",
            "price": 12.5,
            "quantity": 2,
            "$current_url": "https://shop.example/shoes/42",
            "$raw_user_agent": AGENT,
        },
    }


def snowplow(number: int, run: int) -> dict[str, Any]:
    told = {"product_id": f"p{number % 97}", "price": 12.5, "quantity": 2}
    data = {"schema": "iglu:com.acme/Product Viewed/jsonschema/1-0-0", "data": told}
    return {
        "e": "ue",
        "eid": f"m-{run}-{number}",
        "uid": f"user-{number % 1_000}",
        "aid": KEY,
        "dtm": str(times(number)[1] * 1_000),
        "ua": AGENT,
        "p": "web",
        "url": "https://shop.example/shoes/42",
        "ue_pr": json.dumps({"schema": "iglu:x/unstruct_event/jsonschema/1-0-0", "data": data}),
    }


def ga4(number: int, run: int) -> dict[str, Any]:
    return {
        "name": "Product Viewed",
        "timestamp_micros": times(number)[1] * 1_000_000,
        "params": {
            "product_id": f"p{number % 97}",
            "price": 12.5,
            "quantity": 2,
            "page_location": "https://shop.example/shoes/42",
            "event_id": f"m-{run}-{number}",
        },
    }


def treasure_data(number: int, run: int) -> dict[str, Any]:
    return {
        "event": "Product Viewed",
        "user_id": f"user-{number % 1_000}",
        "product_id": f"p{number % 97}",
        "price": 12.5,
        "quantity": 2,
        "event_id": f"m-{run}-{number}",
        "time": times(number)[1],
        "td_url": "https://shop.example/shoes/42",
        "td_user_agent": AGENT,
    }


def cloudevent(number: int, run: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"m-{run}-{number}",
        "source": "/till",
        "type": "Product Viewed",
        "userid": f"user-{number % 1_000}",
        "time": times(number)[0],
        "data": {"product_id": f"p{number % 97}", "price": 12.5, "quantity": 2},
        "useragent": AGENT,
    }


def batches(run: int, made: Any, path: str, wrap: Any) -> Iterator[Request]:
    for begin in range(0, EVENTS, SIZE):
        events = [made(number, run) for number in range(begin, begin + SIZE)]
        yield "POST", path, json.dumps(wrap(events, begin)).encode()


def each(run: int, made: Any, path: str) -> Iterator[Request]:
    for number in range(0, EVENTS, 10):
        yield "POST", path, json.dumps(made(number, run)).encode()


def gtag(run: int) -> Iterator[Request]:
    """An event a line, of one visitor a request, as gtag.js has it."""
    for begin in range(0, EVENTS, SIZE):
        lines = "\n".join(
            f"en=Product+Viewed&ep.product_id=p{number % 97}&epn.price=12.5&epn.quantity=2"
            for number in range(begin, begin + SIZE)
        )
        query = f"v=2&tid=G-1&cid=user-{begin % 1_000}&sid={run}&_p=1&_s={begin}&ua=x"
        page = "dl=https%3A%2F%2Fshop.example%2Fshoes%2F42"
        yield "POST", f"/k/{KEY}/g/collect?{query}&{page}", lines.encode()


def by_dialect(run: int) -> dict[str, list[Request]]:
    def of_user(events: Any, begin: int) -> Any:
        return {"user_id": f"user-{begin % 1_000}", "user_agent": AGENT, "events": events}

    many = {
        "segment": batches(run, segment, "/v1/batch", lambda events, _: {"batch": events}),
        "posthog": batches(
            run, posthog, "/batch", lambda events, _: {"api_key": KEY, "batch": events}
        ),
        "snowplow": batches(
            run,
            snowplow,
            "/com.snowplowanalytics.snowplow/tp2",
            lambda events, _: {"schema": "iglu:x", "data": events},
        ),
        "ga4": batches(run, ga4, f"/mp/collect?api_secret={KEY}", of_user),
        "gtag.js": gtag(run),
        "treasure data": batches(
            run, treasure_data, "/js/v3/event/shop/events", lambda events, _: {"events": events}
        ),
        "cloudevents": batches(run, cloudevent, "/v1/cloudevents", lambda events, _: events),
        "segment, one": each(run, segment, "/v1/track"),
        "jitsu, one": each(run, segment, "/api/s/s2s/track"),
        "posthog, one": each(run, posthog, "/capture"),
    }
    return {name: list(requests) for name, requests in many.items()}


async def ask(router: Router, request: Request) -> None:
    method, path, body = request
    before, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": before,
        "query_string": query.encode(),
        "headers": [(b"x-write-key", KEY.encode()), (b"content-type", b"application/json")],
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message

    await router(scope, receive, send)


async def seconds_of(requests: list[Request]) -> float:
    """The processor time that they take, some at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteKeyring(Path(folder) / "keys.sqlite") as keyring,
        SqliteLog(Path(folder) / "log.sqlite", keyring) as log,
    ):
        commit = GroupCommit(log, lambda: time.time_ns() // 1_000)
        keys = KeyCheck(lambda: [STORED], lambda: time.time_ns() // 1_000)
        receiving = Receiving(commit, lambda: time.time_ns() // 1_000)
        router = Router([Collector(receiving, keys, found_dialects())], keys)
        writing = asyncio.create_task(commit.run())
        waiting = iter(requests)

        async def client() -> None:
            for request in waiting:
                await ask(router, request)

        begun = time.process_time()
        await asyncio.gather(*(client() for _ in range(AT_ONCE)))
        lasted = time.process_time() - begun
        commit.close()
        await writing
        return lasted


def main() -> None:
    best: dict[str, float] = {}
    counts: dict[str, int] = {}
    for run in range(RUNS):
        for name, requests in by_dialect(run).items():
            taken = asyncio.run(seconds_of(requests))
            best[name] = min(taken, best.get(name, taken))
            counts[name] = EVENTS if len(requests) * SIZE == EVENTS else len(requests)
    rates = {name: counts[name] / taken for name, taken in best.items()}
    for name, rate in rates.items():
        beside = rates["segment, one" if name.endswith("one") else "segment"]
        print(f"{name:<14} {rate:>8,.0f} events/s of processor, {rate / beside:>4.0%} of Segment's")


if __name__ == "__main__":
    main()
