"""One request over HTTP and its answer, without the detours of ASGI where both are whole.

Nearly all requests come in one piece and are answered in one. Of these the body is taken, and the
answer written, at once; what streams goes through ASGI's messages, as with any server.
"""

from __future__ import annotations

import re
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from tailorbird.server.answers import Header

_NOT_IN_NAMES: Final = re.compile(rb'[\x00-\x20\x7f()<>@,;:\\[\]={}"]')
_NOT_IN_VALUES: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_REMEMBERED: Final = 1_000
_LONGEST: Final = 1_000
"""Longer lines are written each time, so that memory is bounded in bytes too."""


class _Lines(dict[tuple[Header, ...], bytes]):
    """Headers as the lines of a head; raises ``ValueError`` for what would end one."""

    def __missing__(self, headers: tuple[Header, ...]) -> bytes:
        for name, value in headers:
            if _NOT_IN_NAMES.search(name) or _NOT_IN_VALUES.search(value):
                raise ValueError("a header of an answer has signs that none may have")
        lines = b"".join(b"%s: %s\r\n" % (name.lower(), value) for name, value in headers)
        if len(lines) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[headers] = lines
        return lines


_LINES: Final = _Lines()


class Exchange(RequestResponseCycle):
    """A request whose body can be taken at once, and whose answer can be written at once.

    See `tailorbird.server.answers.Whole`.
    """

    def taken(self) -> bytes | None:
        """All of the body, once; None where it has yet to come."""
        if self.more_body or self.disconnected or self.waiting_for_100_continue:
            return None
        body, self.body = bytes(self.body), bytearray()
        self.message_event.clear()
        return body

    def answered(self, status: int, headers: tuple[Header, ...], body: bytes) -> bool:
        """Write a whole answer; False where the client has to take in another one before."""
        if self.response_started or self.flow.write_paused:
            return False
        if self.disconnected:
            return True
        self._give_up_body()
        lines = [STATUS_LINE[status], _LINES[(*self.default_headers, *headers)]]
        if status != 304:
            lines.append(b"content-length: %d\r\n" % len(body))
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        if self.scope["method"] != "HEAD":
            lines.append(body)
        self.response_started = self.response_complete = True
        self.transport.write(b"".join(lines))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    async def send(self, message: Any) -> None:
        """Write a part of an answer."""
        if not self.response_started:
            self._give_up_body()
        await super().send(message)

    def _give_up_body(self) -> None:
        """Nobody knows whether a body still comes that the client was never asked for."""
        if self.waiting_for_100_continue and self.more_body:
            self.keep_alive = False
        self.waiting_for_100_continue = False
