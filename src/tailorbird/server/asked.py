"""A request whose route, key and parameters are known to be good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.server.answers import (
    Message,
    Receive,
    RefusedError,
    Scope,
    Send,
    Whole,
)
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

    async def read(self, receive: Receive, most: int, whole: Whole | None = None) -> bytes:
        """All bytes of a request; an error as soon as there are too many."""
        if whole is not None and (body := whole.taken()) is not None:
            if len(body) > most:
                raise TooLongError
            if self._open_bytes + len(body) > limits.OPEN_BODY_BYTES:
                raise TooManyError
            return body
        parts: list[bytes] = []
        size = 0
        end_s = asyncio.get_running_loop().time() + limits.BODY_SECONDS
        try:
            while True:
                message = await _received(receive, end_s)
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


async def _received(receive: Receive, end_s: float) -> Message:
    """The next part of a body; most are there already, and need no clock."""
    receiving = receive().__await__()
    try:
        waits_for = next(receiving)
    except StopIteration as there:
        part: Message = there.value
        return part
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(min(end_s, loop.time() + limits.PAUSE_SECONDS)):
            return await _Begun(receiving, waits_for)
    except TimeoutError:
        raise TooSlowError from None


class _Begun:
    """Goes on with what was begun by hand and waits for something."""

    def __init__(self, going: Generator[Any, Any, Message], waits_for: Any) -> None:
        self._going = going
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Message]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    given = yield waits_for
                except BaseException as error:  # it is cancelled, or has taken too long
                    waits_for = self._going.throw(error)
                else:
                    waits_for = self._going.send(given)
        except StopIteration as there:
            part: Message = there.value
            return part


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
    headers: Mapping[bytes, bytes]
    """By name in small letters."""
    whole: Whole | None
    """For a request that may have come in one piece."""
    is_good: Callable[[], bool] = lambda: True
    """Whether the right to ask still holds, for what goes on for long."""
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)

    async def text(self, most: int) -> bytes:
        """The body as it was sent."""
        return await self.bodies.read(self.receive, most, self.whole)

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
