"""Requests that would fill memory, or hold connections, by their heads and bodies."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.patience import PATIENCE_S
from tests.server.running import READ, WRITE, Running, Stream, conversation

from tailorbird.kernel import limits


async def opened(server: Running) -> Stream:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    server.writers.append(writer)
    return Stream(reader, writer)


async def gone(stream: Stream) -> None:
    """Until the server has closed the connection."""
    try:
        while await stream.more():
            pass
    except ConnectionResetError:
        return


@pytest.mark.parametrize("line", [b"a:\r\n", b"x-long: " + b"y" * 10_000, b"z" * 10_000])
def test_a_head_without_end_ends_the_connection(tmp_path: Path, line: bytes) -> None:
    async def work(server: Running) -> None:
        stream = await opened(server)
        stream.writer.write(b"GET /health HTTP/1.1\r\n")
        sent = 0
        while not stream.writer.is_closing() and sent < 40 * limits.HEAD_BYTES:
            stream.writer.write(line * (50_000 // len(line)))
            sent += 50_000
            try:
                await stream.writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0)
        await gone(stream)
        assert sent < 40 * limits.HEAD_BYTES
        assert (await (await server.ask("/health")).told()).status == 200

    conversation(tmp_path, work)


def test_a_head_that_does_not_come_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(server: Running) -> None:
        again = await opened(server)
        again.writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        while not again.is_complete:
            assert await again.more()
        monkeypatch.setattr("tailorbird.kernel.limits.HEAD_SECONDS", 0.2)
        silent, begun = [await opened(server) for _ in range(2)]
        begun.writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n")
        again.writer.write(b"GET /health HTTP/1.1\r\n")
        await gone(silent)
        await gone(begun)
        await gone(again)

    conversation(tmp_path, work)


def test_large_bodies_and_many_requests_at_once_are_no_large_heads(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        batch = [{"type": "track", "event": "Seen", "userId": "ann", "x": "y" * 1_000}] * 3_000
        told = await server.post("/v1/batch", {"batch": batch}, WRITE)
        assert told.status == 200
        stream = await opened(server)
        stream.writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n" * 5_000)
        stream.writer.write(b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n")
        await gone(stream)
        assert stream.body.count(b"log_position") == 5_001

    conversation(tmp_path, work)


def test_a_body_that_pauses_is_given_up_and_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.kernel.limits.PAUSE_SECONDS", PATIENCE_S)
    monkeypatch.setattr("tailorbird.kernel.limits.OPEN_BODY_BYTES", 10_000)

    async def work(server: Running) -> None:
        stream = await opened(server)
        head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 10000\r\n\r\n"
        stream.writer.write(head + b" " * 9_990)
        event = {"userId": "ann", "event": "Seen", "more": "y" * 100}
        async with asyncio.timeout(PATIENCE_S):  # until that much was received
            while (await server.post("/v1/track", event, WRITE)).status != 429:
                pass
        assert (await server.post("/v1/profiles", {"ids": ["ann"] * 20}, READ)).status == 200
        monkeypatch.setattr("tailorbird.kernel.limits.PAUSE_SECONDS", 0.1)
        stream.writer.write(b" ")
        told = await stream.told()
        assert told.status == 408 and "slowly" in json.loads(told.body)["error"]
        monkeypatch.setattr("tailorbird.kernel.limits.PAUSE_SECONDS", PATIENCE_S)
        assert (await server.post("/v1/track", event, WRITE)).status == 200

    conversation(tmp_path, work)
