"""The collector: Segment's HTTP interface, from the bytes of a request to a fact in the log.

Bare ASGI, because a framework costs more here than everything else together. Each answer says what
became of each message; one that it calls accepted is on the disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple, Protocol
from uuid import uuid4

import msgspec

from tailorbird.events.arriving import Arrived, arrived
from tailorbird.events.columns import FactColumns
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.events.wire import (
    Body,
    TooLargeError,
    UnreadableError,
    read_batch,
    read_single,
    unpacked,
)
from tailorbird.flow.group_commit import Admitted, OverloadedError
from tailorbird.kernel import limits
from tailorbird.ports import NotWritableError, StaleWriterError
from tailorbird.server.auth import KeyCheck, key_in_body, key_in_headers

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CALLS: Final = ("track", "identify", "page", "screen", "group", "alias")
_ROUTES: Final[dict[str, str]] = (
    {f"/v1/{call}": call for call in _CALLS}
    | {f"/v1/{call[0]}": call for call in _CALLS}
    | {"/v1/a": "alias", "/v1/batch": "batch", "/v1/b": "batch", "/v1/import": "batch"}
)
_SETTINGS: Final = ("/v1/projects/", "/settings")
_NOT_NOW_S: Final = 5
"""After so long it may be worth trying again when the log cannot be written."""

_ACCEPTED: Final = {"status": "accepted"}
_DUPLICATE: Final = {"status": "duplicate"}
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")

CORS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, x-write-key"),
    (b"access-control-max-age", b"86400"),
)


class Accepting(Protocol):
    """Where facts are accepted."""

    def check(self) -> None:
        """Raise `OverloadedError` when nothing is accepted now."""

    async def accept(self, columns: FactColumns) -> Admitted:
        """Store facts; they are on the disk when this returns."""


class Answer(NamedTuple):
    """A status, what is said, and how soon to come again."""

    status: int
    said: Mapping[str, Any]
    retry_after_s: int | None = None
    for_pages: bool = True
    """Whether a page of another site may read it."""


class Collector:
    """The routes that take events; ``handles`` tells which those are."""

    def __init__(
        self,
        accepting: Accepting,
        keys: KeyCheck,
        now_us: Callable[[], int],
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        """``new_id`` makes ids for messages that come without one."""
        self._accepting = accepting
        self._keys = keys
        self._now_us = now_us
        self._new_id = new_id
        self._open_bytes = 0
        self._times = TimeReader(TimeForm())

    @staticmethod
    def handles(path: str) -> bool:
        """Whether a path belongs to the collector."""
        return path in _ROUTES or _key_of_settings(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self._answer(scope, receive)
        if answer is not None:
            await reply(send, answer, CORS if answer.for_pages else ())

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        path, method = scope["path"], scope["method"]
        if method == "OPTIONS":
            return Answer(200, {})
        key = _key_of_settings(path)
        if key is not None:
            return self._settings(method, key)
        if method != "POST":
            return Answer(405, {"error": f"{path} takes POST, not {method}"})
        try:
            given = key_in_headers(dict(scope["headers"]), scope["query_string"])
            if given and self._keys.find(given, "write") is None:
                return _unknown_key()
            self._accepting.check()
            return await self._accept(_ROUTES[path], given, await self._body(receive))
        except UnreadableError as error:
            return Answer(400, {"error": str(error)})
        except OverloadedError as error:
            return Answer(429, {"error": str(error)}, error.retry_after_s)
        except (NotWritableError, StaleWriterError) as error:
            return Answer(503, {"error": str(error)}, _NOT_NOW_S)
        except _GoneError:
            return None

    def _settings(self, method: str, key: str) -> Answer:
        """What the browser's library asks before it sends anything."""
        if method not in ("GET", "HEAD"):
            return Answer(405, {"error": f"settings are read with GET, not {method}"})
        if self._keys.find(key, "write") is None:
            return _unknown_key()
        segment = {"apiKey": key, "unbundledIntegrations": [], "addBundledMetadata": True}
        return Answer(200, {"integrations": {"Segment.io": segment}, "plan": {}})

    async def _accept(self, call: str, given: str | None, data: bytes) -> Answer:
        text = unpacked(data)
        body = read_batch(text) if call == "batch" else _of_call(read_single(text), call)
        key = self._keys.find(given or key_in_body(body.shared), "write")
        if key is None:
            return _unknown_key()
        trusted = key.scope == "admin"
        facts = arrived(
            body.messages,
            body.shared,
            source=key.name,
            now_us=self._now_us(),
            new_id=self._new_id,
            trusted=trusted,
            times=self._times,
        )
        told = await self._accepting.accept(facts.columns)
        return _results(len(body.messages), facts, told)._replace(for_pages=not trusted)

    async def _body(self, receive: Receive) -> bytes:
        """All bytes of a request; an error as soon as there are too many."""
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                part = message.get("body", b"")
                size += len(part)
                self._open_bytes += len(part)
                if size > limits.BODY_BYTES:
                    raise TooLargeError(f"the body is larger than {limits.BODY_BYTES} bytes")
                if self._open_bytes > limits.OPEN_BODY_BYTES:
                    raise OverloadedError(1)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
        finally:
            self._open_bytes -= size


def _of_call(body: Body, call: str) -> Body:
    """The message of a route that says by itself which call it is."""
    return Body([({**body.shared, "type": call}, fault) for _, fault in body.messages], body.shared)


def _results(count: int, facts: Arrived, told: Admitted) -> Answer:
    """What became of each message: the first of its facts speaks for it."""
    results: list[dict[str, str]] = [_ACCEPTED] * count
    for row in sorted(told.duplicates):
        place = facts.places[row]
        if not row or facts.places[row - 1] != place:
            results[place] = _DUPLICATE
    for place, reason in facts.refused.items():
        results[place] = {"status": "rejected", "reason": reason}
    for place, id_ in facts.new_ids.items():
        if place not in facts.refused:
            results[place] = {**results[place], "messageId": id_}
    status = 400 if len(facts.refused) == count else 200
    said = {"success": status == 200, "position": told.end_position, "results": results}
    return Answer(status, said)


def _key_of_settings(path: str) -> str | None:
    before, after = _SETTINGS
    if path.startswith(before) and path.endswith(after):
        return path[len(before) : -len(after)]
    return None


def _unknown_key() -> Answer:
    return Answer(
        401,
        {
            "error": "no known write key; send one as user name of Basic authorization, as Bearer, "
            "as X-Write-Key, as writeKey in the query or in the body; `tailorbird keys create` "
            "makes one"
        },
    )


class _GoneError(Exception):
    """The client went away before it had sent everything."""


async def reply(send: Send, answer: Answer, more: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send an answer as JSON."""
    written = _ENCODER.encode(answer.said)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(written)).encode()),
        *more,
    ]
    if answer.retry_after_s is not None:
        headers.append((b"retry-after", str(answer.retry_after_s).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": written})
