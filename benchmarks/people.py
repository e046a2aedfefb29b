"""What many people cost a server: its starts, its memory, its disk, and reads of their profiles.

    python benchmarks/people.py [EVENTS[:PEOPLE] ...]

Each number of events is a project of its own with 50 published definitions: a simulated clickstream
of so many people, or of one for 2.2 events, is imported, everybody's states are made of the history
when the server starts for the first time, then profiles of people by chance are read, most of which
are not in memory. The server starts again; it starts after states were removed, and after states
and history were, so that all is made of the log. What is made anew has to be equal to what was, to
the byte. The disk that a run needs is said, and looked for, before it starts.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from live import definitions
from load import get, sent
from serve import memory_of

from server import Server, run

DEFAULT_EVENTS = (300_000,)
DISK_PER_EVENT = 1_200
"""Bytes for the file of events, the log, the history and two copies of the states."""
READS = 5_000
GIGABYTE = 2**30


@contextmanager
def started(server: Server, what: str, one: str) -> Iterator[int]:
    """The front while it runs; prints how long it took until somebody was answered."""
    begun_s = time.perf_counter()
    with server.running(apart=False) as process:
        told = sent(server.port, [get(f"/v1/profiles/{one}", server.admin)], 1)
        assert set(told.statuses) == {200}, told.statuses
        print(
            f"{what:>44}: first answer after {time.perf_counter() - begun_s:.1f} s, "
            f"{server.processor_s():.1f} s of processor",
            flush=True,
        )
        yield process


def children_s() -> float:
    """The processor's time of all processes that were run so far and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def some_people(server: Server) -> list[str]:
    """Names of people by chance."""
    with closing(sqlite3.connect(server.folder / "data" / "state.sqlite")) as states:
        last = states.execute("SELECT max(person) FROM people").fetchone()[0]
        numbers = [1 + n * 7_919 % last for n in range(READS)]
        asked = "SELECT name FROM people WHERE person = ?"
        found = [states.execute(asked, (number,)).fetchone() for number in numbers]
        return [row[0] for row in found if row is not None]


def states_of(server: Server) -> tuple[int, str]:
    """How many people there are, and a hash of everybody's state."""
    hashed, count = sha256(), 0
    with closing(sqlite3.connect(server.folder / "data" / "state.sqlite")) as states:
        for row in states.execute("SELECT name, wake_at, state FROM people ORDER BY name"):
            hashed.update(repr(row).encode())
            count += 1
    return count, hashed.hexdigest()


def remove(server: Server, *names: str) -> None:
    """Files of the project that are made of others."""
    for name in names:
        for path in (server.folder / "data").glob(f"{name}*"):
            path.unlink()


def print_files(server: Server, people: int, events: int) -> None:
    """The disk that each part takes."""
    for name, whose, count in (
        ("log.sqlite", "event", events),
        ("keys.sqlite", "person", people),
        ("history.duckdb", "event", events),
        ("state.sqlite", "person", people),
    ):
        size = (server.folder / "data" / name).stat().st_size
        print(f"{name:>44}: {size / 1e6:,.0f} MB, {size / count:.0f} bytes a {whose}", flush=True)


def measure(events: int, people: int | None) -> None:
    """Everything about one project."""
    needed, free = events * DISK_PER_EVENT, shutil.disk_usage(gettempdir()).free
    print(
        f"{events:,} events; needs {needed / GIGABYTE:.1f} GB of disk, {free / GIGABYTE:.0f} free"
    )
    if needed > free:
        raise SystemExit("not enough disk")
    with TemporaryDirectory() as name:
        server = Server(Path(name), definitions(50))
        crowd = () if people is None else ("--people", str(people))
        run(server.folder, "simulate", "--events", str(events), *crowd, "--out", "past.parquet")
        begun_s, before_s = time.perf_counter(), children_s()
        run(server.folder, "import", "past.parquet", "--mapping", "simulated")
        took_s = time.perf_counter() - begun_s
        print(
            f"{'import':>44}: {took_s:.0f} s, {events / took_s:,.0f} rows/s, "
            f"{children_s() - before_s:.0f} s of processor",
            flush=True,
        )
        (server.folder / "past.parquet").unlink()
        answer(server, events)


def answer(server: Server, events: int) -> None:
    """What a server with this past takes, with the whole machine for both of its processes."""
    begun_s = time.perf_counter()
    with server.running(apart=False) as process:
        took_s = time.perf_counter() - begun_s
        count, before = states_of(server)
        print(
            f"{'states of everybody from the history':>44}: {took_s:.1f} s for {count:,} people, "
            f"{count / took_s:,.0f} people/s, {server.processor_s():.0f} s of processor; "
            f"front at most {memory_of(process) / 1e6:,.0f} MB, "
            f"now {memory_of(process, 'VmRSS') / 1e6:,.0f} MB",
            flush=True,
        )
        people = some_people(server)
        told = sent(server.port, [get(f"/v1/profiles/{one}", server.admin) for one in people], 1)
        assert set(told.statuses) == {200}, told.statuses
        print(
            f"{'reading a profile':>44}: p50 {told.percentile_ms(50):.2f} ms, "
            f"p99 {told.percentile_ms(99):.2f} ms; "
            f"front {memory_of(process, 'VmRSS') / 1e6:,.0f} MB",
            flush=True,
        )
    print_files(server, count, events)
    with started(server, "start", people[0]):
        pass
    for what, files in (
        ("states made of the history", ("state.sqlite",)),
        ("states and history made of the log", ("state.sqlite", "history.duckdb")),
    ):
        remove(server, *files)
        with started(server, what, people[0]):
            told_now = states_of(server)
        same = "equal to the byte" if told_now == (count, before) else "DIFFERENT"
        print(f"{'':>44}  {same}", flush=True)


def main(*sizes: str) -> None:
    """Measure one project after the other."""
    for size in sizes:
        events, _, people = size.partition(":")
        measure(int(events), int(people) if people else None)


if __name__ == "__main__":
    main(*(sys.argv[1:] or map(str, DEFAULT_EVENTS)))
