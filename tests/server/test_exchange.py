"""An answer that is written at once is the one that ASGI's messages would have written."""

from __future__ import annotations

import asyncio
import gc
import random
from contextlib import suppress
from typing import Any

import pytest
from tests.server.listening import answering

from tailorbird.server.answers import WHOLE, Answer, Fault, reply
from tailorbird.server.asked import Bodies
from tailorbird.server.exchange import Exchange

HEADERS = (
    ((b"access-control-allow-origin", b"*"), (b"Vary", b"origin")),
    ((b"etag", b'W/"a"'), (b"x-long", b"y" * 2_000)),
    (),
)
SAID = (b"", b"plain", Fault("no"), {"a": [1, 2]}, b"z" * 200_000)
STATUSES = (200, 201, 304, 400, 401, 429, 503)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it was sent, and as the query says."""
    whole, (way, status, headers, said) = (
        scope.pop(WHOLE),
        scope["query_string"].decode().split(","),
    )
    body = await Bodies().read(receive, 1_000_000, whole if way == "whole" else None)
    again = None if status != "503" else 3
    content = body or SAID[int(said)]
    answer = Answer(int(status), content, again, more=HEADERS[int(headers)])
    is_head = scope["method"] == "HEAD"
    await reply(send, answer, (), head=is_head, whole=whole if way == "whole" else None)


async def said_to(port: int, sent: list[bytes]) -> bytes:
    """All that is answered on one connection, whose last request closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    try:
        return await reader.read()
    finally:
        writer.close()


def conversation_of(chance: random.Random) -> list[str]:
    """Requests for one connection, with %s where the way stands."""
    asked = []
    count = chance.randint(1, 6)
    for number in range(count):
        method = chance.choice(("GET", "HEAD", "POST"))
        version = chance.choice(("1.0", "1.1", "1.1"))
        what = f"{chance.choice(STATUSES)},{chance.randrange(3)},{chance.randrange(len(SAID))}"
        lines = [f"{method} /?%s,{what} HTTP/{version}", "host: x"]
        if number == count - 1 or not chance.randrange(5):
            lines.append("connection: close")
        elif version == "1.0":
            lines.append("connection: keep-alive")
        body = "b" * chance.choice((0, 1, 5_000)) if method == "POST" else ""
        if method == "POST" and chance.randrange(2):
            lines.append("transfer-encoding: chunked")
            body = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n" if body else "0\r\n\r\n"
        elif method == "POST":
            lines.append(f"content-length: {len(body)}")
            if not chance.randrange(4):
                lines.append("expect: 100-continue")
        asked.append("\r\n".join(lines) + "\r\n\r\n" + body)
    return asked


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_say_the_same(seed: int) -> None:
    async def both() -> None:
        chance = random.Random(seed)
        async with answering(app) as port:
            for _ in range(30):
                asked = conversation_of(chance)
                cut = chance.randrange(1, 60)
                told = []
                for way in ("whole", "parts"):
                    text = "".join(asked).replace("%s", way).encode()
                    parts = [text] if cut > 30 else [text[:cut], text[cut:]]
                    told.append(await said_to(port, parts))
                assert told[0] == told[1], asked
                assert told[0].startswith(b"HTTP/1.1 ")

    asyncio.run(both())


def test_an_answer_whose_header_would_end_its_head_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{__name__}.HEADERS", (((b"x", b"a\r\nset-cookie: b"),),))

    async def ask() -> None:
        async with answering(app) as port:
            told = await said_to(
                port, [b"GET /?whole,200,0,1 HTTP/1.1\r\nconnection: close\r\n\r\n"]
            )
            assert told.startswith(b"HTTP/1.1 500 ") and b"cookie" not in told

    asyncio.run(ask())


def test_a_connection_on_which_nothing_comes_any_more_is_closed() -> None:
    async def ask() -> None:
        async with answering(app, idle_s=1) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            clock_s = asyncio.get_running_loop().time
            answered_s = clock_s()  # what was asked before that was answered
            with suppress(ConnectionError):
                for _ in range(8):  # for longer than a connection may be idle
                    sent_s = clock_s()
                    writer.write(b"GET /?whole,200,2,1 HTTP/1.1\r\nhost: x\r\n\r\n")
                    if not await reader.read(100):
                        break  # this machine paused for that long
                    answered_s = sent_s
                    await asyncio.sleep(0.2)
                assert await reader.read() == b""
            assert clock_s() - answered_s >= 1
            writer.close()

    asyncio.run(ask())


def test_a_request_that_was_answered_is_gone_without_the_collector() -> None:
    """What the collector does not find yet, it may be told to pass over for good."""

    async def ask() -> None:
        gc.collect()
        gc.disable()
        try:
            async with answering(app) as port:
                asked = b"GET /?whole,200,0,1 HTTP/1.1\r\nhost: x\r\n\r\n" * 50
                await said_to(
                    port, [asked + b"GET /?whole,200,0,1 HTTP/1.1\r\nconnection: close\r\n\r\n"]
                )
                kept = [one for one in gc.get_objects() if isinstance(one, Exchange)]
                assert len(kept) <= 1  # the last of a connection
        finally:
            gc.enable()

    asyncio.run(ask())
