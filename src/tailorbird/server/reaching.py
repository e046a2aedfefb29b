"""Reading what one wrote: an answer waits until it reflects a position of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tailorbird.server.answers import RefusedError
from tailorbird.server.serving import Serving

PATIENCE_S: Final = 5.0
"""So long a read waits for the position that it asks for."""
LOOK_S: Final = 0.5
"""After so long it looks again, also when nobody said that anything has moved."""

Found = TypeVar("Found")


async def reached(
    serving: Serving, position: int, look: Callable[[], Awaitable[tuple[Found, int]]]
) -> Found:
    """What is found as soon as it is as of a position; raises `RefusedError` when that takes long.

    ``look`` tells what it found, and as of which position that is.
    """
    written(serving, position)
    deadline_s = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        moved = serving.moved
        found, as_of = await look()
        if as_of >= position:
            return found
        left_s = deadline_s - asyncio.get_running_loop().time()
        if left_s <= 0:
            says = "the live states have not come as far as min_position yet; ask again"
            raise RefusedError(503, says, retry_after_s=1)
        try:
            async with asyncio.timeout(min(left_s, LOOK_S)):
                await moved.wait()
        except TimeoutError:
            continue


def written(serving: Serving, position: int) -> None:
    """Raise `RefusedError` for a position that the log does not have."""
    end = serving.log.end_position
    if position > end:
        raise RefusedError(400, f"min_position {position} lies behind the log's end, {end}")
