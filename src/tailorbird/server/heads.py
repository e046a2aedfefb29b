"""HTTP whose heads are bounded: the reader of HTTP by itself keeps whatever it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httptools

from tailorbird.kernel import limits
from tailorbird.server.connection import Connection
from tailorbird.server.exchange import Exchange

_WHY_TOO_LARGE = (
    b'{"error":"address and headers of a request have at most %d bytes together"}'
    % limits.HEAD_BYTES
)
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_WHY_TOO_LARGE), _WHY_TOO_LARGE)
)


class BoundedHeads(Connection):
    """A connection that is closed when a head is too large, or takes too long to come."""

    _in_head = True
    """Whether a head is expected, or part of one is there."""
    _head_bytes = 0
    _chunk_bytes = 0
    _begin_bytes = 0
    """As many came with the first of a head, perhaps not all of them its own."""
    _is_too_large = False
    _waiting: asyncio.TimerHandle | None = None
    _idle_until_s: float | None = None
    """When a connection is closed that was left open after an answer; None during a request."""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()

    def data_received(self, data: bytes) -> None:
        """Read on; a head that begins in the middle of what came counts from the next time on."""
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._last_words is not None or self._is_socket or self.transport.is_closing():
            return
        if not self._in_head:
            if not self._is_busy():  # it belongs to no request that could still be answered
                self._wait_for_next()
            return
        if self._waiting is None:  # most heads come whole, and need no clock
            self._expect_head()
        self._head_bytes += len(data)
        if self._head_bytes > limits.HEAD_BYTES:
            self.end_with(_TOO_LARGE)

    def end_with(self, said: bytes) -> None:
        """No more heads are waited for."""
        self._stop_waiting()
        super().end_with(said)

    def refusal(self) -> bytes:
        """What is said of what cannot be read."""
        return _TOO_LARGE if self._is_too_large else super().refusal()

    def on_message_begin(self) -> None:
        """A head begins."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        if not self._in_head:
            self._in_head, self._head_bytes = True, -self._chunk_bytes
            self._begin_bytes = self._chunk_bytes

    def on_headers_complete(self) -> None:
        """A head is there: a request begins, or waits for those before it on the connection."""
        self._check_size()
        if self.parser.should_upgrade() and not self._should_upgrade():
            return  # it comes again
        self._in_head = False
        self._stop_waiting()
        parser, before = self.parser, self.cycle
        version, self.scope = parser.get_http_version(), self._scope()
        if parser.should_upgrade() and self._should_upgrade():
            return
        self.cycle = exchange = Exchange(
            self.scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            self.expect_100_continue,
            version != "1.0" and parser.should_keep_alive(),
            self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def _check_size(self) -> None:
        """Heads in many pieces are counted as they come; one that may be large is looked at."""
        if self._head_bytes + self._begin_bytes + self._chunk_bytes > limits.HEAD_BYTES:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            self._is_too_large = size > limits.HEAD_BYTES
            if self._is_too_large:
                raise ValueError("the head is too large")

    def _scope(self) -> Any:
        """What ASGI says of a request."""
        url, parser = self.url, self.parser
        path, query = url, b""
        if url[:1] != b"/" or b"?" in url or b"#" in url:
            parsed = httptools.parse_url(url)
            path, query = parsed.path, parsed.query or b""
        text = path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": parser.get_http_version(),
            "method": parser.get_method().decode("ascii"),
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": "",
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query,
            "headers": self.headers,
        }

    def on_response_complete(self) -> None:
        """An answer is written: the next request begins, or is waited for, but not for ever.

        One clock goes on while requests come, instead of one for each.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self.say_last() and not self._in_head:
            self._wait_for_next()

    def _wait_for_next(self) -> None:
        self._idle_until_s = self.loop.time() + self.timeout_keep_alive
        if self.timeout_keep_alive_task is None:
            self._look_again()

    def _look_again(self) -> None:
        assert self._idle_until_s is not None
        at_s, look = self._idle_until_s, self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_at(at_s, look)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing came for too long."""
        self.timeout_keep_alive_task = None
        if self._idle_until_s is None:
            return
        if self.loop.time() < self._idle_until_s:
            self._look_again()
        elif not self.transport.is_closing():
            self.transport.close()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_until_s = None

    def _expect_head(self) -> None:
        self._waiting = self.loop.call_later(limits.HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def counting(unreadable: Callable[[], None]) -> type[BoundedHeads]:
    """Connections that tell of each request which cannot be read."""

    class Counting(BoundedHeads):
        """Connections of one server."""

        def unreadable(self) -> None:
            unreadable()

    return Counting
