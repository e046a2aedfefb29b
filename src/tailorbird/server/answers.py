"""What a request is answered with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple, Protocol

import msgspec

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Final = "application/json"
WHOLE: Final = "tailorbird.whole"
"""Under this a scope may have something `Whole`; whoever answers takes it out."""
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_HASH_BYTES: Final = 12


class Whole(Protocol):
    """What this server's reader of HTTP offers beside ASGI for requests that come in one piece."""

    def taken(self) -> bytes | None:
        """All of the body, once; None where it has yet to come."""

    def answered(self, status: int, headers: tuple[Header, ...], body: bytes) -> bool:
        """Write a whole answer; False where that has to wait: nothing is written then."""


class Fault(msgspec.Struct):
    """Why a request was not answered, and what to do."""

    error: str


class Answer(NamedTuple):
    """A status, what is said, and how soon to come again."""

    status: int
    said: Any
    """Bytes as they are, everything else as JSON."""
    retry_after_s: int | None = None
    for_pages: bool = True
    """Whether a page of another site may read it, where the route allows that at all."""
    kind: str = JSON
    tag: str | None = None
    """What changes when the content does; None: all of it."""
    more: tuple[Header, ...] = ()


class RefusedError(Exception):
    """A request that is not answered as it stands."""

    def __init__(
        self,
        status: int,
        says: str,
        *,
        retry_after_s: int | None = None,
        more: tuple[Header, ...] = (),
    ) -> None:
        super().__init__(says)
        self.answer = Answer(status, Fault(says), retry_after_s, more=more)


def encoded(said: Any) -> bytes:
    """What is said, as bytes."""
    return said if isinstance(said, bytes) else _ENCODER.encode(said)


def tag_of(content: Any) -> str:
    """A weak entity tag: equal as long as the content means the same.

    >>> tag_of({"a": 1}) == tag_of({"a": 1}), tag_of({"a": 1}) == tag_of({"a": 2})
    (True, False)
    """
    return f'W/"{blake2b(encoded(content), digest_size=_HASH_BYTES).hexdigest()}"'


def is_known(tag: str, if_none_match: bytes) -> bool:
    """Whether a client already has what a tag stands for, by its header ``If-None-Match``.

    >>> is_known('W/"a"', b'"b", "a"'), is_known('W/"a"', b"*"), is_known('W/"a"', b'W/"b"')
    (True, True, False)
    """
    given = [one.strip().removeprefix("W/") for one in if_none_match.decode("latin-1").split(",")]
    return "*" in given or tag.removeprefix("W/") in given


async def reply(
    send: Send,
    answer: Answer,
    more: tuple[Header, ...] = (),
    *,
    head: bool = False,
    whole: Whole | None = None,
) -> None:
    """Send an answer, at once where that is possible; ``head``: without what it says."""
    headers = (*more, *answer.more)
    body = b""
    if answer.status != 304:
        body = encoded(answer.said)
        headers = (*headers, (b"content-type", answer.kind.encode()))
    if answer.retry_after_s is not None:
        headers = (*headers, (b"retry-after", str(answer.retry_after_s).encode()))
    if whole is not None and whole.answered(answer.status, headers, body):
        return
    if answer.status != 304:
        headers = (*headers, (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})
