"""An app that answers on a socket through the server's own connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tailorbird.server.heads import BoundedHeads


@asynccontextmanager
async def answering(app: Any, idle_s: int = 60) -> AsyncIterator[int]:
    """The port of a server, while it listens."""
    config = uvicorn.Config(
        app,
        port=0,
        lifespan="off",
        log_config=None,
        http=BoundedHeads,
        date_header=False,
        timeout_keep_alive=idle_s,
        timeout_graceful_shutdown=5,  # where a test fails
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await running
