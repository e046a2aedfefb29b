"""Bodies come at once or in parts, in time or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tailorbird.kernel import limits
from tailorbird.server.answers import Message
from tailorbird.server.asked import Bodies, GoneError, TooLongError, TooManyError, TooSlowError

GONE: Message = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def coming(parts: Sequence[tuple[float, Message]]) -> Callable[[], Awaitable[Message]]:
    """Gives each part after so many seconds, in two waits; those of none are there."""
    left = iter(parts)

    async def receive() -> Message:
        seconds, message = next(left)
        for _ in range(2 if seconds else 0):
            await asyncio.sleep(seconds / 2)
        return message

    return receive


def read(*parts: tuple[float, Message], most: int = 100) -> bytes:
    return asyncio.run(Bodies().read(coming(parts), most))


@pytest.mark.parametrize("seconds", [0.0, 0.001])
def test_a_body_is_all_of_its_parts(seconds: float) -> None:
    assert read((seconds, part(b"all"))) == b"all"
    assert (
        read((0, part(b"a", more=True)), (seconds, part(b"", more=True)), (0, part(b"b"))) == b"ab"
    )


@pytest.mark.parametrize("seconds", [0.0, 0.001])
def test_a_body_that_is_too_long_or_ends_in_the_middle_is_none(seconds: float) -> None:
    with pytest.raises(TooLongError):
        read((seconds, part(b"abc", more=True)), most=2)
    with pytest.raises(GoneError):
        read((0, part(b"a", more=True)), (seconds, GONE))


def test_a_body_that_pauses_or_lasts_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAUSE_SECONDS", 0.02)
    with pytest.raises(TooSlowError):
        read((0, part(b"a", more=True)), (10, part(b"b")))
    monkeypatch.setattr(limits, "PAUSE_SECONDS", 10)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.02)
    with pytest.raises(TooSlowError):
        read((0, part(b"a", more=True)), (10, part(b"b")))


def test_who_gives_the_body_is_told_that_nobody_waits_any_more() -> None:
    told: list[str] = []

    async def receive() -> Message:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise
        return GONE

    async def stopped() -> None:
        waiting = asyncio.create_task(Bodies().read(receive, 100))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(stopped())
    assert told == ["cancelled"]


def test_who_waits_for_a_body_can_be_stopped_and_what_was_open_is_free_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "OPEN_BODY_BYTES", 3)
    bodies = Bodies()

    async def stopped() -> None:
        waiting = asyncio.create_task(
            bodies.read(coming([(0, part(b"abc", more=True)), (10, part(b"d"))]), 100)
        )
        await asyncio.sleep(0)
        with pytest.raises(TooManyError):
            await bodies.read(coming([(0, part(b"e"))]), 100)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await bodies.read(coming([(0, part(b"fgh"))]), 100) == b"fgh"

    asyncio.run(stopped())
