"""HTTP whose heads are bounded: the reader of HTTP by itself keeps whatever it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tailorbird.kernel import limits

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHeads(HttpToolsProtocol):
    """A connection that is closed when a head is too large, or takes too long to come."""

    _head_bytes = 0
    _chunk_bytes = 0
    _waiting: asyncio.TimerHandle | None = None

    def unreadable(self) -> None:
        """A request cannot be answered as one; `counting` has it counted."""

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP."""
        self.unreadable()
        super().send_400_response(msg)

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that begins in the middle of what came counts from the next time on."""
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._waiting is None:
            return
        self._head_bytes += len(data)
        if self._head_bytes > limits.HEAD_BYTES and not self.transport.is_closing():
            self.unreadable()
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if self._waiting is None:
            self._expect_head()
            self._head_bytes = -self._chunk_bytes

    def on_headers_complete(self) -> None:
        """A head is there."""
        self._stop_waiting()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head_bytes = 0
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
