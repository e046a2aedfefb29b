"""How many events a second the collector decodes and makes ready for the log, on one core.

Beside it the machine's own limit: msgspec decoding the same bytes into plain objects. Then the same
through the log on a disk, with a sync for each group, and 16 requests at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.arriving import arrived
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.events.wire import read_batch, read_single, unpacked
from tailorbird.flow.group_commit import GroupCommit

EVENTS = 20_000
AT_ONCE = 16
TIMES = TimeReader(TimeForm())


def message(number: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": f"user-{number % 1_000}",
        "anonymousId": f"visitor-{number % 1_000}",
        "messageId": f"ajs-next-1714557600000-{number:08d}",
        "timestamp": f"2024-05-01T09:{number // 60 % 60:02d}:{number % 60:02d}.{number % 999}Z",
        "properties": {"product_id": f"p{number % 97}", "price": 12.5, "quantity": 2},
        "context": {"library": {"name": "analytics.js", "version": "2.1"}, "ip": "127.0.0.1"},
    }


def bodies(size: int) -> list[bytes]:
    if size == 1:
        return [json.dumps(message(number)).encode() for number in range(EVENTS)]
    return [
        json.dumps(
            {
                "batch": [message(number) for number in range(begin, begin + size)],
                "sentAt": "2024-05-01T09:59:59Z",
            }
        ).encode()
        for begin in range(0, EVENTS, size)
    ]


def ready(body: bytes, now_us: int) -> Any:
    text = unpacked(body)
    read = read_batch(text) if b'"batch"' in text[:20] else read_single(text)
    return arrived(
        read.messages, read.shared, source="web", now_us=now_us, new_id=lambda: "none", times=TIMES
    ).columns


def rate(work: Callable[[], Any]) -> float:
    """Events a second of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return EVENTS / best


async def stored(all_bodies: list[bytes], log: SqliteLog) -> float:
    now_us = time.time_ns() // 1_000
    commit = GroupCommit(log, lambda: now_us)
    writing = asyncio.create_task(commit.run())
    waiting = iter(all_bodies)

    async def client() -> None:
        for body in waiting:
            await commit.accept(ready(body, now_us))

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    lasted = time.perf_counter() - begun
    commit.close()
    await writing
    return EVENTS / lasted


def main() -> None:
    now_us = time.time_ns() // 1_000
    for size in (100, 1):
        given = bodies(size)
        plain = rate(lambda given=given: [msgspec.json.decode(body) for body in given])
        exact = rate(lambda given=given: [ready(body, now_us) for body in given])
        with (
            tempfile.TemporaryDirectory() as folder,
            SqliteKeyring(Path(folder) / "keys.sqlite") as keyring,
            SqliteLog(Path(folder) / "log.sqlite", keyring) as log,
        ):
            durable = asyncio.run(stored(given, log))
        print(
            f"batches of {size:>3}: {exact:>9,.0f} events/s decoded and made facts, "
            f"{plain:>9,.0f} by msgspec alone ({plain / exact:.1f} times), "
            f"{durable:>9,.0f} decoded, sealed and synced with {AT_ONCE} requests at once",
            file=sys.stdout,
        )


if __name__ == "__main__":
    main()
