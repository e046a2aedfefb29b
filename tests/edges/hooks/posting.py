"""Requests as providers post them."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from tailorbird.ports.hooks import Arriving, ForgedError, Provider

NOW_S = 1_714_557_600  # 2024-05-01T10:00:00Z
NOW = "2024-05-01T10:00:00Z"


async def no_fetch(url: str) -> bytes:
    raise AssertionError(f"nothing is fetched, least of all {url}")


def arriving(
    body: Any,
    settings: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Arriving:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    given: dict[str, Any] = {"client": "203.0.113.7", "now_us": NOW_S * 1_000_000}
    given |= {"fetch": no_fetch, "memory": {}, **more}
    return Arriving(raw, named, settings=settings, **given)


def forged(provider: Provider, request: Arriving) -> str:
    """Why a request is not taken for one of the provider; empty when it is."""
    try:
        asyncio.run(provider.check(request))
    except ForgedError as error:
        return str(error)
    return ""


def read(provider: Provider, request: Arriving) -> list[Any]:
    """The messages of a request that is from the provider."""
    assert forged(provider, request) == ""
    return [message for message, fault in provider.read(request) if fault is None]


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def receipt(
    status: str, id_: str, who: str = "ann@example.com", at: str = NOW, **more: Any
) -> dict[str, Any]:
    properties = {"status": status, "channel": "email", **more}
    said = {"type": "track", "event": "$message", "userId": who, "timestamp": at}
    return {**said, "messageId": id_, "properties": properties}
