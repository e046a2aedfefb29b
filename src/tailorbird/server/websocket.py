"""WebSocket (RFC 6455): a feed as text messages. The HTTP server pings, and closes who is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tailorbird.server import feeds
from tailorbird.server.answers import Answer, Receive, Send, reply
from tailorbird.server.feeds import GONE, SLOW, TALKING, EndedError, Ending, Feed


async def converse(feed: Feed, receive: Receive, send: Send) -> None:
    """Accept a connection and send what a feed has until it ends or the client has gone."""
    watching: asyncio.Task[None] | None = None
    try:
        await accept(receive, send)
        watching = asyncio.create_task(_end_when_gone(feed, receive))
        await _send_all(feed, send)
    except EndedError as error:
        if error.ending is not GONE:
            await close(send, error.ending)
    except OSError:
        pass  # gone in the middle of a message
    finally:
        feed.close()
        if watching is not None:
            watching.cancel()


async def _send_all(feed: Feed, send: Send) -> None:
    while True:
        for said in await feed.next():
            try:
                async with asyncio.timeout(feeds.SLOW_S):
                    await send({"type": "websocket.send", "text": said.data.decode()})
            except TimeoutError:
                raise EndedError(SLOW) from None


async def _end_when_gone(feed: Feed, receive: Receive) -> None:
    told = await receive()
    feed.end(GONE if told["type"] == "websocket.disconnect" else TALKING)


async def accept(receive: Receive, send: Send) -> None:
    """Take a connection that asks to be one."""
    await receive()
    await send({"type": "websocket.accept"})


async def close(send: Send, ending: Ending) -> None:
    """Say why it ends; whoever takes nothing is not told."""
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(feeds.SLOW_S):
            await send({"type": "websocket.close", "code": ending.code, "reason": ending.reason})


async def refuse(send: Send, answer: Answer) -> None:
    """Answer the request for a connection as one over HTTP."""
    await reply(lambda message: send({**message, "type": f"websocket.{message['type']}"}), answer)
