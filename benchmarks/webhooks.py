"""How many messages a second leave for other systems: from the outbox to a receiver, and noted.

    python benchmarks/webhooks.py [MESSAGES]

The messages lie sealed in an outbox on the disk, all of different people. The receiver is another
process that answers 204 at once. Printed is what the sender reaches with one endpoint, which may
have 16 requests under way, and with eight; then the same where each message has a purpose, so that
the gate is asked about each person. Beside them stands what the sending alone takes, without the
outbox: the same requests, sixteen at a time.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import uvloop

from tailorbird.delivery.addresses import networks
from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.edges.channels.webhook import WebhookChannel
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.events.columns import columns_of
from tailorbird.flow.consenting import Consents
from tailorbird.flow.deliver import Deliver
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.facts import Fact
from tailorbird.language.purposes import READY, table_of

MESSAGES = 20_000
PLACES = 16
BODY = (
    b'{"type":"segment.entered","timestamp":"2026-05-03T10:00:00.25Z","data":{"person":"p%07d",'
    b'"segment":"vip","cause":"event","position":1041}}'
)

RECEIVER = """
import asyncio, uvloop

class Receiver(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""
    def data_received(self, data):
        self.data += data
        while True:
            head, found, rest = self.data.partition(b"\\r\\n\\r\\n")
            size = head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0]
            length = int(size or 0)
            if not found or len(rest) < length:
                return
            self.data = rest[length:]
            self.transport.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")

async def main():
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""


def now_us() -> int:
    return time.time_ns() // 1_000


@contextmanager
def receiving() -> Iterator[str]:
    """The address of a receiver in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
    finally:
        process.kill()
        process.communicate()


class Kept:
    """Endpoints in memory."""

    def __init__(self, url: str, count: int) -> None:
        self.known = {
            f"e{n}": Endpoint(f"e{n}", url, EVENTS, (), USUAL_CAUSES, 0) for n in range(count)
        }

    def endpoints(self) -> Mapping[str, Endpoint]:
        return self.known

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        raise AssertionError(why)


def message(number: int, endpoints: int, purposes: str) -> Message:
    who, endpoint = f"p{number:07d}", f"e{number % endpoints}"
    body = BODY % number
    event = "segment.entered"
    return Message(f"msg_{number}", endpoint, who, event, body, purposes=purposes, about="vip")


def consent(number: int) -> Fact:
    who, said = f"p{number:07d}", {"purpose": "marketing", "granted": True}
    return Fact(who, 1, f"c{number}", "$consent", said, {}, False, True, "web", 0, 1)


class Rate(NamedTuple):
    """Messages a second, by the clock and by the processor's time of this process."""

    by_clock: float
    by_processor: float


@contextmanager
def timed(count: int, found: list[Rate]) -> Iterator[None]:
    """Note how fast something was that was done so many times."""
    begun, used = time.perf_counter(), time.process_time()
    yield
    took, worked = time.perf_counter() - begun, time.process_time() - used
    found.append(Rate(count / took, count / worked))


async def delivered(folder: Path, url: str, endpoints: int, count: int, purposes: str) -> Rate:
    """Messages through the outbox."""
    rates: list[Rate] = []
    with (
        SqliteKeyring(folder / "keys.sqlite") as keyring,
        SqliteLog(folder / "log.sqlite", keyring) as log,
        SqliteOutbox(folder / "state.sqlite") as outbox,
    ):
        store = SqliteConsents(folder / "consents.sqlite", keyring)
        gate = Consents(log, store, lambda: table_of(READY), now_us)
        sealed = SealedMessages(keyring, os.urandom)
        if purposes:
            log.append([columns_of(map(consent, range(count)))], now_us())
            gate.follow()
        with outbox.transaction():
            outbox.add(sealed.sealed(message(n, endpoints, purposes) for n in range(count)))
        thread, channel = ThreadPoolExecutor(1), WebhookChannel(now_us, networks("127.0.0.1") or ())

        async def in_thread(run: Callable[..., Any], *given: Any) -> Any:
            return await asyncio.get_running_loop().run_in_executor(thread, lambda: run(*given))

        deliver = Deliver(
            outbox,
            Kept(url, endpoints),
            lambda _id, _now: [bytes(32)],
            channel,
            now_us,
            lambda: 0.5,
            in_thread,
            gate,
            sealed,
        )
        with timed(count, rates):
            task = asyncio.create_task(deliver.run())
            while deliver.counts.states["sent"] < count:
                await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
        await channel.close()
        thread.shutdown()
        gate.close()
    return rates[0]


async def alone(url: str, count: int) -> Rate:
    """Messages without an outbox."""
    rates: list[Rate] = []
    channel = WebhookChannel(now_us, networks("127.0.0.1") or ())
    endpoint = Kept(url, 1).known["e0"]
    numbers = iter(range(count))

    async def send() -> None:
        for number in numbers:
            outcome = await channel.send(endpoint, [bytes(32)], message(number, 1, ""))
            assert outcome.status == 204, outcome

    with timed(count, rates):
        await asyncio.gather(*(send() for _ in range(PLACES)))
    await channel.close()
    return rates[0]


async def main(count: int) -> None:
    with receiving() as url:
        bare = await alone(url, count)
        tell("sending alone", bare, bare)
        for says, endpoints, purposes in (
            ("one endpoint", 1, ""),
            ("eight endpoints", 8, ""),
            ("one endpoint, gated", 1, "marketing"),
            ("eight endpoints, gated", 8, "marketing"),
        ):
            with TemporaryDirectory() as folder:
                found = await delivered(Path(folder), url, endpoints, count, purposes)
            tell(says, found, bare)


def tell(says: str, rate: Rate, bare: Rate) -> None:
    """One line; the share of the sending alone is by the processor's time."""
    share = rate.by_processor / bare.by_processor
    print(
        f"{says:24} {rate.by_clock:7,.0f} messages/s  "
        f"{rate.by_processor:7,.0f} a second of processor time  {share:5.0%}"
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))
