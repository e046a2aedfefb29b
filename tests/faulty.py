"""A network that fails as it is told to, between a client and a real server.

Requests go through a proxy to the server. Each request that is to fail takes the next fault of a
plan; when the plan is used up, everything gets through.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

from tests.patience import PATIENCE_S

Kind = Literal["status", "reset", "stored then status", "stored then reset"]
_NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})
_BLOWN = struct.pack("ii", 1, 0)  # a socket with this option is closed by a reset


class Fault(NamedTuple):
    """How one request fails."""

    kind: Kind
    status: int = 503
    retry_after: str | None = None


def refused(status: int = 503, retry_after: str | None = None) -> Fault:
    """The server never hears of it, and the client is told to come again."""
    return Fault("status", status, retry_after)


RESET = Fault("reset")
"""The connection ends before the server hears of it."""
LOST = Fault("stored then status", 500)
"""The server took it, and the client is told that it did not."""
CUT = Fault("stored then reset")
"""The server took it, and the client hears nothing."""


@dataclass
class Exchange:
    """A request that came through, and what the client was told."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    """What the client was told; 0: nothing."""
    answer: bytes = b""
    fault: Fault | None = None

    @property
    def said(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def told(self) -> Any:
        """The server's answer as JSON."""
        return json.loads(self.answer)


@dataclass
class Network:
    """A proxy before one server of this machine."""

    server_port: int
    fails: Callable[[Exchange], bool] = lambda exchange: exchange.method == "POST"
    """Which requests take a fault from the plan."""
    plan: deque[Fault] = field(default_factory=deque)
    seen: list[Exchange] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def posts(self, path: str = "") -> list[Exchange]:
        """What was sent to addresses that begin with a path, in order."""
        return [one for one in self.seen if one.method == "POST" and one.path.startswith(path)]

    def fault_of(self, exchange: Exchange) -> Fault | None:
        return self.plan.popleft() if self.plan and self.fails(exchange) else None

    def pass_on(self, exchange: Exchange) -> tuple[int, list[tuple[str, str]], bytes]:
        there = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=PATIENCE_S)
        try:
            there.request(exchange.method, exchange.path, exchange.body or None, exchange.headers)
            answer = there.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            there.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    network: Network

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        kept = {name: value for name, value in headers.items() if name not in _NOT_PASSED_ON}
        exchange = Exchange(self.command, self.path, kept, body)
        exchange.fault = fault = self.network.fault_of(exchange)
        if fault is None or fault.kind.startswith("stored"):
            exchange.status, told, exchange.answer = self.network.pass_on(exchange)
        if fault is None:
            self.network.seen.append(exchange)
            self._say(exchange.status, told, exchange.answer)
            return
        exchange.status = fault.status if fault.kind.endswith("status") else 0
        self.network.seen.append(exchange)
        if fault.kind.endswith("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _BLOWN)
            self.close_connection = True
            self.connection.close()
            return
        headers_of_fault = [("access-control-allow-origin", "*")]
        if fault.retry_after is not None:
            headers_of_fault.append(("retry-after", fault.retry_after))
            headers_of_fault.append(("access-control-expose-headers", "retry-after"))
        self._say(fault.status, headers_of_fault, b'{"error": "a fault that was planned"}')

    do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients that went away, which is what this is about


@contextmanager
def faulty(server_port: int) -> Iterator[Network]:
    """A network before a server, which ends with the block."""
    network = Network(server_port)
    handler = type("Handler", (_Handler,), {"network": network})
    proxy = _Quiet(("127.0.0.1", 0), handler)
    network.port = int(proxy.server_address[1])
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield network
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
