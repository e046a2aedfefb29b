"""The content of an https address, small and from public machines alone."""

from __future__ import annotations

import asyncio
from typing import Final

import httpcore2 as httpcore

from tailorbird.edges.channels.webhook import RefusedAddressError, guarded_network
from tailorbird.kernel import limits

TIMEOUT_S: Final = 10.0


async def fetch(url: str) -> bytes:
    """What is at an address with status 200; redirects are not followed. Raises `OSError`."""
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpcore.AsyncConnectionPool(network_backend=guarded_network()) as pool,
            pool.stream("GET", url) as answer,
        ):
            parts: list[bytes] = []
            async for part in answer.aiter_stream():
                parts.append(part)
                if sum(map(len, parts)) > limits.ANSWER_BYTES:
                    raise OSError(f"the answer has more than {limits.ANSWER_BYTES} bytes")
            if answer.status != 200:
                raise OSError(f"it answered {answer.status}")
            return b"".join(parts)
    except TimeoutError:
        raise OSError(f"no answer within {TIMEOUT_S:g} s") from None
    except RefusedAddressError as error:
        raise OSError(str(error)) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise OSError(f"it cannot be reached: {type(error).__name__}") from None
