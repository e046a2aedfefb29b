"""A request whose route, key and parameters are known to be good."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.server.answers import Receive, RefusedError, Scope, Send
from tailorbird.server.table import Route

Body = TypeVar("Body")


class GoneError(Exception):
    """The client went away before it had sent everything."""


class TooManyError(Exception):
    """All requests together are being sent more than fits."""


class TooLongError(Exception):
    """A body beyond its limit."""


class TooSlowError(Exception):
    """A body that pauses for too long, or takes too long as a whole."""


class Bodies:
    """Reads bodies; all that are being received are bounded together, and in time."""

    def __init__(self) -> None:
        self._open_bytes = 0

    async def read(self, receive: Receive, most: int) -> bytes:
        """All bytes of a request; an error as soon as there are too many."""
        parts: list[bytes] = []
        size = 0
        loop = asyncio.get_running_loop()
        end_s = loop.time() + limits.BODY_SECONDS
        try:
            while True:
                try:
                    async with asyncio.timeout_at(min(end_s, loop.time() + limits.PAUSE_SECONDS)):
                        message = await receive()
                except TimeoutError:
                    raise TooSlowError from None
                if message["type"] == "http.disconnect":
                    raise GoneError
                part = message.get("body", b"")
                size += len(part)
                self._open_bytes += len(part)
                if size > most:
                    raise TooLongError
                if self._open_bytes > limits.OPEN_BODY_BYTES:
                    raise TooManyError
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
        finally:
            self._open_bytes -= size


@dataclass(slots=True)
class Asked:
    """What a method of a route is given."""

    route: Route
    key: ApiKey | None
    """Who asks; None where no key is needed, or where the body has yet to say it."""
    scope: Scope
    receive: Receive
    send: Send
    bodies: Bodies
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)

    async def text(self, most: int) -> bytes:
        """The body as it was sent."""
        return await self.bodies.read(self.receive, most)

    async def read(self, kind: type[Body], most: int = limits.ASKED_BYTES) -> Body:
        """The body as what the route takes; raises `RefusedError` when it is not."""
        try:
            return msgspec.json.decode(await self.text(most), type=kind)
        except TooLongError:
            raise RefusedError(413, f"the body is larger than {most:,} bytes") from None
        except (msgspec.DecodeError, UnicodeError) as error:
            raise RefusedError(400, f"the body is not what is taken here: {error}") from None
        except RecursionError:
            raise RefusedError(400, "the body is nested too deeply") from None
