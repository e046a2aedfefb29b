"""A connection over which each request is answered in its turn, whatever comes between them.

What cannot be read ends the connection once all before it is answered. Whoever asks for another
protocol that nobody speaks here is answered as if she had not, as RFC 9110 says.
"""

from __future__ import annotations

from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tailorbird.server.answers import WHOLE
from tailorbird.server.exchange import Exchange

NO_HTTP: Final = "Invalid HTTP request received."
_NO_SOCKET: Final = "a WebSocket begins with a GET without a body, when all before is answered"


class Connection(HttpToolsProtocol):
    """Requests of one client, one after the other."""

    _answering: Exchange | None = None
    """The request that is being answered, or was the last one."""
    _last_words: bytes | None = None
    """What is said when all that was begun is answered; nothing more is taken before that."""
    _is_socket = False
    """Whether it has become a WebSocket, and is no longer looked after here."""

    def unreadable(self) -> None:
        """A request cannot be answered as one; `heads.counting` has it counted."""

    # What comes

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._last_words is not None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        rest = memoryview(data)
        try:
            while True:
                try:
                    self.parser.feed_data(rest)
                    return
                except httptools.HttpParserUpgrade as upgrade:
                    rest = rest[upgrade.args[0] :]
                if self._should_upgrade():
                    self._become_socket()
                    return
                self._go_on_without_upgrade()
        except httptools.HttpParserError:
            self.logger.warning(NO_HTTP)
            self.end_with(self.refusal())

    def refusal(self) -> bytes:
        """What is said of what cannot be read."""
        return self._said(400, NO_HTTP)

    def on_message_complete(self) -> None:
        """All of a request is there, unless it is read again without its wish to upgrade."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _go_on_without_upgrade(self) -> None:
        """Read the head again as that of a usual request; the parser has skipped its body."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            raise httptools.HttpParserError("this is no proxy")
        lines = [b"%s %s HTTP/%s\r\n" % (method, self.url, version.encode())]
        lines += [b"%s: %s\r\n" % line for line in self.headers if line[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"".join((*lines, b"\r\n")))

    def _become_socket(self) -> None:
        names = {name for name, _ in self.headers}
        has_body = bool(names & {b"content-length", b"transfer-encoding"})
        if has_body or self._is_busy() or self.parser.get_method() != b"GET":
            self.end_with(self._said(400, _NO_SOCKET))
            return
        self._is_socket = True
        self.handle_websocket_upgrade()

    # In its turn

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Have a request answered; the router takes it out of the scope, which it holds itself."""
        self._answering = cycle
        cycle.scope[WHOLE] = cycle
        super()._start_asgi_task(cycle, app)

    def _is_busy(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def end_with(self, said: bytes) -> None:
        """Say something for the last time, after all answers to what was begun before."""
        self.unreadable()
        broken = self.cycle
        if broken is not None and broken.more_body and not broken.response_complete:
            if broken is self._answering:  # it will never be whole: this is its answer
                if not broken.response_started:
                    self.transport.write(said)
                self.transport.close()
                return
            self.pipeline.popleft()
        self._last_words = said
        if not self._is_busy():
            self.say_last()

    def say_last(self) -> bool:
        """Say what was to be said for the last time; whether there was something."""
        if self._last_words is None:
            return False
        self.transport.write(self._last_words)
        self.transport.close()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, for all requests; the newest alone would be told otherwise."""
        super().connection_lost(exc)
        if self._is_busy():
            assert self._answering is not None
            self._answering.disconnected = True
            self._answering.message_event.set()
        self.pipeline.clear()

    def _said(self, status: int, text: str) -> bytes:
        lines = [b"%s: %s\r\n" % line for line in self.server_state.default_headers]
        return b"".join(
            (
                STATUS_LINE[status],
                *lines,
                b"content-type: text/plain; charset=utf-8\r\n",
                b"content-length: %d\r\nconnection: close\r\n\r\n" % len(text),
                text.encode(),
            )
        )
