"""What goes out to one open connection: messages, each with the id to go on from, and an end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, NamedTuple

from tailorbird.server.answers import RefusedError

HEARTBEAT_S: Final = 15.0
"""So often something is sent to whoever has nothing to hear: proxies cut what is silent."""
SLOW_S: Final = 30.0
"""Whoever takes nothing for so long is let go."""


class Said(NamedTuple):
    """One message."""

    id: str
    """A client that has come this far goes on behind it."""
    data: bytes
    """JSON, on one line."""
    event: str = ""
    """What sort of event it is for listeners of that sort; empty for all."""


class Ending(NamedTuple):
    """Why a connection is ended by the server."""

    code: int
    """The code of a WebSocket's close."""
    reason: str


CLOSING: Final = Ending(1001, "the server ends; connect again")
LOADING: Final = Ending(1012, "people's states are loaded again; connect again")
EXPIRED: Final = Ending(4401, "the ticket is too old; ask for another")
LINKED: Final = Ending(
    4403, "the visitor has other identifiers now; your server has to ask for a ticket"
)
JOINED: Final = Ending(
    4403, "the user has identifiers now that are no visitor's; your server has to name them in also"
)
REVOKED: Final = Ending(4401, "the key was revoked")
PAST: Final = Ending(
    4410,
    "what came behind this id is not kept any more, see the setting record_days; read the members "
    "of your segments, and go on without an id",
)
SLOW: Final = Ending(4408, "too slow; connect again")
TALKING: Final = Ending(1003, "nothing is taken here")
GONE: Final = Ending(1000, "")
"""The client went away by itself."""


class EndedError(Exception):
    """A feed has ended."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        super().__init__(ending.reason)


class Feed(ABC):
    """The messages of one connection; belongs to one event loop."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self._ending: Ending | None = None

    def end(self, ending: Ending) -> None:
        """End it; the first reason counts."""
        self._ending = self._ending or ending
        self.woken.set()

    async def next(self) -> Sequence[Said]:
        """What is to be said next, as soon as there is something; raises `EndedError`."""
        while True:
            if self._ending is not None:
                raise EndedError(self._ending)
            self.woken.clear()
            try:
                found = await self.take()
            except Exception:
                if self._ending is None:
                    raise
                continue  # what it reads from is gone, and that was the end
            if found:
                return found
            await self.woken.wait()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be said."""
        return self._ending is not None

    def heartbeat(self) -> bytes:
        """What a stream of server-sent events says when there is nothing to say."""
        return b":\n\n"

    @abstractmethod
    async def take(self) -> Sequence[Said]:
        """What there is to say now, and never again."""

    @abstractmethod
    def close(self) -> None:
        """Nobody listens any more."""


def full(says: str) -> RefusedError:
    """The error that no more connections are taken now."""
    return RefusedError(503, f"{says}; come again later", retry_after_s=30)
