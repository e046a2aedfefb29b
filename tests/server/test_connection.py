"""Several requests on one connection, and what is none between them."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import httptools
import pytest
from tests.patience import PATIENCE_S
from tests.server.listening import answering
from tests.server.running import READ, WRITE, Running, conversation

from tailorbird.kernel import limits
from tailorbird.server.answers import WHOLE
from tailorbird.server.exchange import Exchange

EVENT = b'{"userId": "ann", "event": "Seen"}'
HEALTH = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
LAST = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
H2C = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
SOCKET = (
    b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
PLAIN = b"content-length: %d\r\n\r\n%s" % (len(EVENT), EVENT)
CHUNKED = b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)


def track(more: bytes = b"", body: bytes = PLAIN) -> bytes:
    head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\n" % WRITE.encode()
    return head + more + body


class Answers:
    """Every answer of a connection: its status, whether it is the last one, its body."""

    def __init__(self) -> None:
        self.told: list[tuple[int, bytes]] = []
        self._begin()

    def _begin(self) -> None:
        self._parser, self._body = httptools.HttpResponseParser(self), b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if (status := self._parser.get_status_code()) != 100:
            self.told.append((status, self._body))
        self._body = b""

    def read(self, data: bytes) -> list[tuple[int, bytes]]:
        self._parser.feed_data(data)
        return self.told


async def said_to(port: int, *sent: bytes) -> bytes:
    """All that is answered until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


async def statuses(port: int, *sent: bytes) -> list[int]:
    return [status for status, _ in Answers().read(await said_to(port, *sent))]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (track() + b"NO HTTP\r\n\r\n", [200, 400]),
        (track() + track() + b"NO HTTP\r\n\r\n", [200, 200, 400]),
        (track() + track(b"transfer-encoding: chunked\r\n\r\nno size\r\n", b""), [200, 400]),
        (track() + track(b"x-long: " + b"y" * 2 * limits.HEAD_BYTES + b"\r\n"), [200, 431]),
        (track() + HEALTH.replace(b"host", SOCKET + b"host"), [200, 400]),
        (track(b"transfer-encoding: chunked\r\n\r\nno size\r\n", b""), [400]),
        (track(b"connection: close\r\n") + b"NO HTTP\r\n\r\n", [200]),
        (b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", [400]),
    ],
)
def test_what_cannot_be_read_is_said_after_the_answers_to_what_could(
    tmp_path: Path, sent: bytes, told: list[int]
) -> None:
    async def work(server: Running) -> None:
        assert await statuses(server.port, sent) == told

    conversation(tmp_path, work)


@pytest.mark.parametrize("body", [PLAIN, CHUNKED])
def test_whoever_offers_another_protocol_is_answered_in_this_one(
    tmp_path: Path, body: bytes
) -> None:
    """Java's client does so with each first request, and keeps the connection for the next."""

    async def work(server: Running) -> None:
        whole = track(H2C, body)
        assert await statuses(server.port, whole + track(H2C, body) + LAST) == [200, 200, 200]
        for cut in (len(whole) - len(body) + 3, len(whole) - 5):
            assert await statuses(server.port, whole[:cut], whole[cut:], LAST) == [200, 200]
        asked = HEALTH.replace(b"host", H2C + b"host")
        assert await statuses(server.port, asked * 3, LAST) == [200, 200, 200, 200]
        assert server.serving.log.end_position == 4

    conversation(tmp_path, work)


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("body", [b"content-length: 3\r\n\r\nabc", CHUNKED])
def test_no_websocket_begins_with_a_body(tmp_path: Path, method: bytes, body: bytes) -> None:
    async def work(server: Running) -> None:
        sent = method + b" /updates HTTP/1.1\r\nhost: x\r\n" + SOCKET + body
        assert await statuses(server.port, sent) == [400]

    conversation(tmp_path, work)


def test_a_large_head_is_refused_however_it_arrives(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        large = HEALTH.replace(b"host", b"x-long: " + b"y" * limits.HEAD_BYTES + b"\r\nhost")
        assert await statuses(server.port, large) == [431]
        assert await statuses(server.port, large[:40], large[40:]) == [431]
        _, _, said = (await said_to(server.port, large)).partition(b"\r\n\r\n")
        assert str(limits.HEAD_BYTES) in json.loads(said)["error"]
        fits = HEALTH.replace(b"host", b"x-long: " + b"y" * (limits.HEAD_BYTES - 200) + b"\r\nhost")
        assert await statuses(server.port, fits + LAST) == [200, 200]

    conversation(tmp_path, work)


def test_a_body_that_nobody_asked_for_is_not_waited_for(tmp_path: Path) -> None:
    """Otherwise the next request would be taken for it."""

    async def work(server: Running) -> None:
        head = b"POST /v1/profiles HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n"
        expecting = head + b"expect: 100-continue\r\n\r\n"
        assert b"connection: close" in await said_to(server.port, expecting)
        assert await statuses(server.port, head + b"\r\n", b"x" * 9 + LAST) == [401, 200]
        whole = expecting + b"x" * 9  # it came all the same
        assert await statuses(server.port, whole + LAST) == [401, 200]
        known = head.replace(b"host", b"authorization: Bearer " + READ.encode() + b"\r\nhost")
        sent = known + b"expect: 100-continue\r\n\r\n", b'{"ids":[]}'[:9] + LAST
        told = await said_to(server.port, *sent)
        assert told.startswith(b"HTTP/1.1 100 ") and b"connection: close" in told

    conversation(tmp_path, work)


# Connections alone


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    assert scope.pop(WHOLE).answered(401, (), b"no")


@pytest.mark.parametrize("after", [b"\r\n", b"x", b"xx"])
def test_what_belongs_to_no_request_keeps_no_connection_open(after: bytes) -> None:
    async def work() -> None:
        async with answering(refusing, idle_s=1) as port:
            length = 0 if after == b"\r\n" else 2
            head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % length
            assert await statuses(port, head, after) == [401]

    asyncio.run(work())


def test_whoever_goes_is_gone_from_every_request() -> None:
    """The newest one is not the only one that has to hear of it."""
    begun, gone = asyncio.Event(), asyncio.Event()

    async def streaming(scope: Any, receive: Any, send: Any) -> None:
        scope.pop(WHOLE)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert (await receive())["type"] == "http.request"
        begun.set()
        waiting = asyncio.create_task(receive())
        while not waiting.done():  # as streams do, so that a connection that is gone shows
            await send({"type": "http.response.body", "body": b".", "more_body": True})
            await asyncio.sleep(0.02)
        assert waiting.result()["type"] == "http.disconnect"
        gone.set()

    async def work() -> None:
        async with answering(streaming) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEALTH)
            await begun.wait()
            writer.write(HEALTH)
            await asyncio.sleep(0.1)
            writer.close()
            async with asyncio.timeout(PATIENCE_S):
                await gone.wait()

    asyncio.run(work())


def test_what_was_taken_at_once_does_not_come_again() -> None:
    """Whoever has the body and goes on listening only hears that the client is gone."""
    taken: list[bytes | None] = []
    heard: list[str] = []
    told = asyncio.Event()

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        taken.append(scope.pop(WHOLE).taken())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b".", "more_body": True})
        heard.append((await receive())["type"])
        told.set()

    async def work() -> None:
        async with answering(listening) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi")
            await reader.readuntil(b".")
            writer.close()
            async with asyncio.timeout(PATIENCE_S):
                await told.wait()
            assert (taken, heard) == ([b"hi"], ["http.disconnect"])

    asyncio.run(work())


def test_whoever_does_not_read_is_not_answered_on_and_on() -> None:
    """Answers that nobody takes would fill memory."""
    begun = 0

    async def large(scope: Any, receive: Any, send: Any) -> None:
        nonlocal begun
        begun += 1
        body, whole = b"z" * 1_000_000, scope.pop(WHOLE)
        if not whole.answered(200, (), body):
            length = (b"content-length", b"%d" % len(body))
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": body})

    async def work() -> None:
        async with answering(large) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
            writer.write(HEALTH * 199 + LAST)
            for _ in range(5_000):
                await asyncio.sleep(0)
            assert 0 < begun < 100
            size = 0
            async with asyncio.timeout(PATIENCE_S):
                while some := await reader.read(1_000_000):
                    size += len(some)
            assert begun == 200 and size > 200_000_000
            writer.close()

    asyncio.run(work())


async def slow(scope: Any, receive: Any, send: Any) -> None:
    """Answers long after a connection without a request would have been closed."""
    scope.pop(WHOLE)
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(2)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"there"})


def test_whoever_waits_for_an_answer_is_not_idle() -> None:
    async def work() -> None:
        async with answering(slow, idle_s=1) as port:
            head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\n"
            assert await statuses(port, head, b"ab", b"cd") == [200]

    asyncio.run(work())


def test_what_is_no_head_cuts_no_answer_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailorbird.kernel.limits.HEAD_SECONDS", 1)

    async def work() -> None:
        async with answering(slow) as port:
            assert await statuses(port, HEALTH, b"GET / HT", b"ML\r\n\r\n") == [200, 400]

    asyncio.run(work())


def test_an_answer_that_has_begun_is_not_followed_by_another_one() -> None:
    async def begun(scope: Any, receive: Any, send: Any) -> None:
        scope.pop(WHOLE)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async def work() -> None:
        async with answering(begun) as port:
            head = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            told = await said_to(port, head, b"no size\r\n")
            assert told.endswith(b"part\r\n") and told.count(b"HTTP/1.1") == 1

    asyncio.run(work())


def test_no_more_requests_are_read_than_can_be_answered() -> None:
    """Whoever sends on and on behind a stream would fill memory."""
    may_end = asyncio.Event()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        whole = scope.pop(WHOLE)
        await may_end.wait()
        assert whole.answered(200, (), b"")

    async def work() -> None:
        async with answering(waiting) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEALTH * 200_000)
            for _ in range(3_000):
                await asyncio.sleep(0)
            held = sum(isinstance(one, Exchange) for one in gc.get_objects())
            assert 1 < held < 50_000
            may_end.set()
            writer.transport.abort()

    asyncio.run(work())
