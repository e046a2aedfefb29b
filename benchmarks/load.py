"""A client that costs little: prepared requests over kept connections, one after the other.

What the other side answers is only looked at for its status, its length and whom it counts.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import uvloop

Requests = Iterator[bytes]


class Told(NamedTuple):
    """What became of some requests."""

    seconds: float
    statuses: Counter[int]
    latencies_s: list[float]

    def percentile_ms(self, percent: float) -> float:
        """A latency that so many per cent do not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1_000


def post(path: str, key: str, body: bytes) -> bytes:
    """The bytes of a request with a body."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, key: str = "") -> bytes:
    """The bytes of a request without one."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, given: Requests, told: Told, answered: Callable[[int, bytes], None]) -> None:
        self._given = given
        self._told = told
        self._answered = answered
        self._data = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        request = next(self._given, None)
        if request is None:
            self._transport.close()
            return
        self._begun_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Go on after a whole answer."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._data[:end].lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(self._data) < end + 4 + length:
            return
        status, body = int(head[9:12]), self._data[end + 4 :]
        self._data = b""
        self._told.statuses[status] += 1
        self._told.latencies_s.append(time.perf_counter() - self._begun_s)
        self._answered(status, body)
        self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        """The end, which the other side may have caused."""
        if not self.done.done():
            self.done.set_result(None)


def sent(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    answered: Callable[[int, bytes], None] = lambda _status, _body: None,
) -> Told:
    """Send everything, over so many connections at once."""

    async def run() -> Told:
        told = Told(0.0, Counter(), [])
        given, loop = iter(requests), asyncio.get_running_loop()
        begun_s = time.perf_counter()
        made = [
            await loop.create_connection(lambda: Client(given, told, answered), "127.0.0.1", port)
            for _ in range(connections)
        ]
        await asyncio.gather(*(client.done for _, client in made))
        return told._replace(seconds=time.perf_counter() - begun_s)

    return uvloop.run(run())
