"""How soon a page hears of an event: from the beginning of the POST to the message in the page.

    python benchmarks/push.py [SECONDS]

A project with 50 published definitions is served on one core; on the other one a client sends a
thousand events a second, each at its time whatever became of the ones before, and holds the pages
of 50 visitors open. Each event is some visitor's and changes a trait that her page may see. Printed
is also what the machine itself takes in the same run: a sync of the disk, and an HTTP request that
is only echoed. Then the same while the history's process proves, sizes and sorts in turn, and while
it imports too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any
from urllib.request import Request, urlopen

import uvloop
from live import definitions
from websockets.asyncio.client import connect

from server import CORES, Server, echoing, run

PAGES = 50
PER_SECOND = 1_000
CONNECTIONS = 32
PAST = 300_000
"""Events in the history, for the questions of the other process."""
SYNCS = 2_000
DAYS = 60
"""Over so many days the size of a segment is asked for meanwhile."""
IMPORTED = "50k"
"""Events of each import."""
PATIENCE_S = 30
"""So long after the last event a page is waited for."""


def percentiles(seconds: Sequence[float]) -> str:
    """The middle, and what one in a hundred and one in a thousand exceeds."""
    ordered = sorted(seconds)
    told = [ordered[int(len(ordered) * part)] * 1_000 for part in (0.5, 0.99, 0.999)]
    return "p50 {:7.2f}  p99 {:7.2f}  p99.9 {:7.2f} ms".format(*told)


# What the machine takes


def syncs(folder: Path) -> list[float]:
    """How long syncs of the disk take, one every millisecond or so."""
    found = []
    with (folder / "synced").open("wb") as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - begun)
            time.sleep(0.001)
    return found


# The server


class Past(Server):
    """The server of a project with a past, whose pages may see a trait."""

    def __init__(self, top: Path) -> None:
        super().__init__(top, f'{definitions(49)}\ntraits:\n  clicks: count("Product Viewed")\n')
        run(self.folder, "simulate", "--events", str(PAST), "--out", "past.parquet", "--seed", "1")
        run(self.folder, "import", "past.parquet", "--mapping", "simulated")
        run(self.folder, "simulate", "--events", "10", "--out", "known.parquet", "--seed", "2")
        run(self.folder, "import", "known.parquet", "--mapping", "simulated")

    def ticket(self, id_: str) -> str:
        """A ticket for a visitor."""
        asked = Request(f"http://127.0.0.1:{self.port}/v1/tickets")
        asked.data = json.dumps({"id": id_, "lifetime": "60m"}).encode()
        asked.add_header("authorization", f"Bearer {self.admin}")
        with urlopen(asked) as told:
            return str(json.load(told)["ticket"])


# The client


class Poster(asyncio.Protocol):
    """A connection that sends one request at a time."""

    def __init__(self) -> None:
        self._data = b""
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if found and len(body) >= length:
            assert head[9:12] == b"200", self._data
            self._data = b""
            assert self._answered is not None
            self._answered.set_result(None)

    async def ask(self, request: bytes) -> None:
        """Send a request, and wait for the answer."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answered


class Load:
    """Events at a steady pace, and the instants at which each was to be sent and was answered."""

    def __init__(self, port: int, request: Callable[[int], bytes]) -> None:
        self._port = port
        self._request = request
        self.sent: dict[int, float] = {}
        self.answered: list[float] = []

    async def run(self, seconds: float) -> None:
        """Send for so long."""
        loop = asyncio.get_running_loop()
        free: asyncio.Queue[Poster] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            _, poster = await loop.create_connection(Poster, "127.0.0.1", self._port)
            free.put_nowait(poster)
        begun, tasks = time.perf_counter(), set()
        for number in range(int(seconds * PER_SECOND)):
            at = begun + number / PER_SECOND
            wait = at - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self.sent[number] = at
            task = asyncio.create_task(self._one(number, free))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def _one(self, number: int, free: asyncio.Queue[Poster]) -> None:
        poster = await free.get()
        await poster.ask(self._request(number))
        self.answered.append(time.perf_counter() - self.sent[number])
        free.put_nowait(poster)


def request(key: str, run_of: str) -> Callable[[int], bytes]:
    """What makes the bytes of an event: each visitor's one after the other."""

    def made(number: int) -> bytes:
        said = {
            "userId": f"visitor-{run_of}-{number % PAGES}",
            "messageId": f"{run_of}-{number}",
            "event": "Product Viewed",
            "properties": {"product_id": f"p{number % 97}", "price": 12.5},
        }
        body = json.dumps(said).encode()
        head = f"POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    return made


async def page(url: str, visitor: int, load: Load, heard: list[float], last: int) -> None:
    """Note of each event of a visitor when its page heard of it, or of a later one."""
    known = 0
    async with connect(url, compression=None) as socket:
        while known < last:
            said = json.loads(await socket.recv())
            now = time.perf_counter()
            clicks = said["newProfile"]["traits"]["clicks"] or 0
            for number in range(known, int(clicks)):
                heard.append(now - load.sent[number * PAGES + visitor])
            known = int(clicks)


async def pushed(server: Past, seconds: float, run_of: str) -> tuple[list[float], list[float]]:
    """From POST to answer, and from POST to page."""
    load, heard = Load(server.port, request(server.key, run_of)), list[float]()
    each = int(seconds * PER_SECOND) // PAGES
    address = f"ws://127.0.0.1:{server.port}/updates?ticket="
    urls = [address + server.ticket(f"visitor-{run_of}-{n}") for n in range(PAGES)]
    pages = [asyncio.create_task(page(u, n, load, heard, each)) for n, u in enumerate(urls)]
    await asyncio.sleep(1)
    await load.run(seconds)
    # Who never hears of an event that was refused may not hold up the rest.
    told_all, waiting = await asyncio.wait(pages, timeout=PATIENCE_S)
    for task in waiting:
        task.cancel()
    for task in told_all:
        task.result()
    if waiting:
        print(f"  ({len(waiting)} pages did not hear of everything)")
    return load.answered, heard


@contextmanager
def busy(folder: Path, *, imports: bool) -> Iterator[None]:
    """While the history's process proves, sizes and sorts, one after the other, or imports too.

    What arrived since is sorted in at the end of an import, also where that brings nothing new.
    """
    ending, done = Event(), list[str]()

    def ask() -> None:
        seed = 3
        while not ending.is_set():
            run(folder, "prove", "--people", "20", "--instants", "5")
            begin = datetime.now(UTC) - timedelta(days=DAYS)
            run(folder, "size", "s0", "--every", "12h", "--from", f"{begin:%Y-%m-%dT%H:%MZ}")
            file = "known.parquet"
            if imports:
                file = f"more-{seed}.parquet"
                run(folder, "simulate", "--events", IMPORTED, "--out", file, "--seed", str(seed))
            run(folder, "import", file, "--mapping", "simulated")
            done.append(file)
            seed += 1

    asking = Thread(target=ask, daemon=True)
    asking.start()
    time.sleep(1)
    yield
    ending.set()
    asking.join()
    print(f"  (meanwhile {len(done)} rounds)")


def main(seconds: float) -> None:
    """Print one line for each thing that was timed."""
    os.sched_setaffinity(0, {CORES[-1]})
    with TemporaryDirectory() as name:
        folder = Path(name)
        with echoing() as (port, _):
            load = Load(port, request("none", "echo"))
            uvloop.run(load.run(seconds / 2))
        print(f"{'HTTP, echoed':>48}: {percentiles(load.answered)}")
        print(f"{'a sync of the disk':>48}: {percentiles(syncs(folder))}")
        server = Past(folder)
        with server.running({"TAILORBIRD_PUSH_FIELDS": "traits.clicks, segments"}):
            uvloop.run(pushed(server, 3, "warm"))
            told(server, seconds, "alone")
            print(f"{'a sync of the disk':>48}: {percentiles(syncs(folder))}")
            with busy(server.folder, imports=False):
                told(server, seconds, "while it proves, sizes and sorts")
            with busy(server.folder, imports=True):
                told(server, seconds, "while it imports too")


def told(server: Past, seconds: float, run_of: str) -> None:
    """Time one run, and print it."""
    answered, heard = uvloop.run(pushed(server, seconds, run_of.replace(" ", "-")))
    print(f"{f'POST to answer, {run_of}':>48}: {percentiles(answered)}")
    print(f"{f'POST to page, {run_of}':>48}: {percentiles(heard)}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
