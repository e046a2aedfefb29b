"""Server-sent events: a feed as an HTTP answer that does not end, WHATWG HTML section 9.2."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import msgspec

from tailorbird.server import feeds
from tailorbird.server.answers import Header, Message, Receive, Send
from tailorbird.server.feeds import GONE, EndedError, Ending, Feed, Said

SORT: Final = "text/event-stream"
AGAIN_MS: Final = 2_000
"""So long a browser waits before it connects again."""
Headers = Iterable[Header]
_HEADERS: Final = (
    (b"content-type", SORT.encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


async def stream(feed: Feed, receive: Receive, send: Send, headers: Headers = ()) -> None:
    """Send what a feed has until it ends or the client has gone."""
    watching = asyncio.create_task(_end_when_gone(feed, receive))
    try:
        with suppress(TimeoutError):
            await _send_all(feed, send, [*_HEADERS, *headers])
    finally:
        feed.close()
        watching.cancel()


async def _send_all(feed: Feed, send: Send, headers: Headers) -> None:
    await _within(send, {"type": "http.response.start", "status": 200, "headers": headers})
    await _say(send, b"retry: %d\n\n" % AGAIN_MS)
    while True:
        try:
            async with asyncio.timeout(feeds.HEARTBEAT_S):
                said = await feed.next()
        except TimeoutError:
            await _say(send, feed.heartbeat())
            continue
        except EndedError as error:
            if error.ending is not GONE:
                await _say(send, _ended(error.ending), more=False)
            return
        await _say(send, b"".join(map(written, said)))


async def _end_when_gone(feed: Feed, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    feed.end(GONE)


def written(said: Said) -> bytes:
    """A message as an event of the stream.

    >>> written(Said("7", b"{}"))
    b'id: 7\\ndata: {}\\n\\n'
    """
    sort = b"event: %s\n" % said.event.encode() if said.event else b""
    return b"id: %s\n%sdata: %s\n\n" % (said.id.encode(), sort, said.data)


def _ended(ending: Ending) -> bytes:
    return b"event: end\ndata: %s\n\n" % msgspec.json.encode(ending._asdict())


async def _say(send: Send, body: bytes, *, more: bool = True) -> None:
    await _within(send, {"type": "http.response.body", "body": body, "more_body": more})


async def _within(send: Send, message: Message) -> None:
    """Send, or give up on whoever takes nothing: then the connection is cut off."""
    async with asyncio.timeout(feeds.SLOW_S):
        await send(message)
