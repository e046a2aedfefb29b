"""What a running server takes in and answers: real HTTP, front on one core, load on the other.

    python benchmarks/serve.py [EVENTS]

Each block is a project of its own with 50 published definitions and a server that is asked from
outside. Events are those of ``benchmarks/live.py``, sent as they happen; half of them are the first
of somebody. "Durable" counts an event when its request is answered, "in profiles" when everybody's
states have it too. Beside each rate stands what the front's processor time alone would allow,
because other work on the machine only makes the clock slower. The machine's own limits come first.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from live import definitions, touched_by
from load import get, post, sent

from server import CORES, Server, echoing
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation


def seconds_of(process: int) -> float:
    """The processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process: int, what: str = "VmHWM") -> int:
    """Bytes that a process takes, or took at most."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


# What is sent


def messages(facts: Sequence[Fact], begin: int) -> Iterator[dict[str, Any]]:
    """Facts as a client would send them, now."""
    for number, fact in enumerate(facts, begin):
        properties = {
            key: value / UNIT if type(value) is int else value
            for key, value in fact.properties.items()
        }
        yield {
            "type": "track",
            "event": fact.name,
            "userId": fact.subject,
            "anonymousId": fact.subject,
            "messageId": f"ajs-next-1714557600000-{number:012d}",
            "properties": properties,
            "context": {
                "library": {"name": "analytics.js", "version": "next-1.70.0"},
                "page": {"path": "/shoes/42", "url": "https://shop.example/shoes/42"},
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Firefox/125.0",
            },
        }


def requests(facts: Sequence[Fact], begin: int, size: int, key: str) -> list[bytes]:
    """All facts as requests with so many events each."""
    told = list(messages(facts, begin))
    encode = msgspec.json.encode
    if size == 1:
        return [post("/v1/track", key, encode(message)) for message in told]
    return [
        post("/v1/batch", key, encode({"batch": told[start : start + size]}))
        for start in range(0, len(told), size)
    ]


# What the machine can do


def print_limits(folder: Path, bodies: Sequence[bytes]) -> None:
    """Syncs, JSON and HTTP of this machine, without the product."""
    times = []
    with (folder / "synced").open("wb") as file:
        for _ in range(200):
            file.write(bytes(4096))
            file.flush()
            begun_s = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun_s)
    times.sort()
    print(
        f"{'a sync of the disk':>34}: p50 {times[100] * 1e3:.2f} ms, p99 {times[197] * 1e3:.2f} ms"
    )
    begun_s = time.process_time()
    for body in bodies:
        msgspec.json.decode(body.partition(b"\r\n\r\n")[2])
    each = (time.process_time() - begun_s) / len(bodies)
    print(f"{'JSON of an event, by msgspec':>34}: {1 / each:>9,.0f}/s")
    with echoing() as (port, process):
        sent(port, bodies[:2_000], 32)
        before = seconds_of(process)
        told = sent(port, bodies, 32)
        spent = seconds_of(process) - before
        print(
            f"{'bare HTTP, an event a request':>34}: {len(bodies) / told.seconds:>9,.0f}/s, "
            f"{len(bodies) / spent:,.0f} a second of its processor time"
        )


# What the server does


def print_rate(server: Server, process: int, given: Sequence[bytes], size: int, what: str) -> None:
    """Send everything as fast as it is taken, and wait until it is in profiles."""
    count, before, begun_s = len(given) * size, seconds_of(process), time.perf_counter()
    told = sent(server.port, given, 16 if size > 1 else 64)
    durable = time.perf_counter() - begun_s
    server.caught_up()
    seen, spent = time.perf_counter() - begun_s, seconds_of(process) - before
    assert set(told.statuses) == {200}, told.statuses
    print(
        f"{what:>34}: {count / durable:>9,.0f}/s durable, {count / seen:>9,.0f}/s in profiles, "
        f"{count / spent:>9,.0f} a second of the front's processor time; "
        f"an answer p50 {told.percentile_ms(50):.1f} ms, p99 {told.percentile_ms(99):.1f} ms"
    )


def print_reads(server: Server, people: Sequence[str], what: str) -> None:
    """Read profiles one after the other."""
    asked = [get(f"/v1/profiles/{who}", server.admin) for who in people]
    told = sent(server.port, asked, 1)
    assert set(told.statuses) <= {200, 404}, told.statuses
    print(
        f"{what:>34}: p50 {told.percentile_ms(50):.2f} ms, p99 {told.percentile_ms(99):.2f} ms, "
        f"{len(people) / told.seconds:,.0f}/s"
    )


def main(count: int) -> None:
    """Print everything."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    facts = list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
    facts = sorted((fact for fact in facts if fact.act), key=lambda fact: fact.known_us)
    os.sched_setaffinity(0, {CORES[-1]})
    half = len(facts) // 200 * 100
    with TemporaryDirectory() as name:
        print_limits(Path(name), requests(facts[:20_000], 0, 1, "none"))
    for about, events in ((25, 5), (50, 3)):
        texts = definitions(50, about=about, events=events)
        touched = touched_by(live.plan(load_text(texts).definitions), facts)
        with TemporaryDirectory() as name:
            server = Server(Path(name), texts)
            with server.running() as process:
                print(f"50 definitions, of which an event touches {touched:.1f}:")
                given = requests(facts[:half], 0, 100, server.key)
                print_rate(server, process, given, 100, "requests of 100 events")
                some = facts[half : half + half // 4]
                given = requests(some, half, 1, server.key)
                print_rate(server, process, given, 1, "requests of 1 event")
                print_reads(server, [fact.subject for fact in some[:5_000]], "reading a profile")
                print(f"{'memory of the front at most':>34}: {memory_of(process) / 2**20:,.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
