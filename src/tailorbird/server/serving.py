"""What the parts of a server share, and the routes that tell how it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from tailorbird.flow.advance import Live
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.ports import EventLog
from tailorbird.segments.membership import Turned

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Told = Callable[[Sequence[Turned]], None]


class Serving:
    """The running parts of a server, for those who answer requests."""

    def __init__(self, now_us: Callable[[], int], commit: GroupCommit, log: EventLog) -> None:
        self.now_us = now_us
        self.commit = commit
        self.log = log
        self.live: Live | None = None
        """Everybody's states; None until they are loaded."""
        self.closing = asyncio.Event()
        """Set when the server ends: streams end then."""
        self.turned = 0
        """How many entries of the record were told since the start."""
        self._listeners: set[Told] = set()

    def begin(self, live: Live) -> None:
        """Everybody is loaded."""
        self.live = live

    def listen(self, told: Told) -> Callable[[], None]:
        """Have somebody told who turns, in the event loop; gives what ends that."""
        self._listeners.add(told)
        return lambda: self._listeners.discard(told)

    def tell(self, turned: Sequence[Turned]) -> None:
        """Tell all listeners who turned."""
        self.turned += len(turned)
        for told in tuple(self._listeners):
            told(turned)

    def close(self) -> None:
        """Let streams end."""
        self.closing.set()


class Handler(Protocol):
    """A part that answers the requests for some paths."""

    def handles(self, path: str) -> bool:
        """Whether a path is its own."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""


class Routes:
    """The whole application: each request goes to the first part whose path it is."""

    def __init__(self, serving: Serving, handlers: Sequence[Handler], rest: App | None) -> None:
        """``rest`` answers what no handler does, and how the server is is answered here."""
        self._serving = serving
        self._handlers = handlers
        self._rest = rest

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path in ("/health", "/ready", "/metrics"):
            await self._state(path, send)
            return
        if scope["type"] == "http":
            for handler in self._handlers:
                if handler.handles(path):
                    await handler(scope, receive, send)
                    return
        if self._rest is not None:
            await self._rest(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, 404, json.dumps({"error": "there is nothing at this path"}))

    async def _state(self, path: str, send: Send) -> None:
        serving = self._serving
        if path == "/metrics":
            await _send(send, 200, metrics(serving), "text/plain; version=0.0.4")
            return
        live = serving.live
        is_ready = live is not None and not serving.closing.is_set()
        said = {
            "status": "ok" if path == "/health" or is_ready else "loading",
            "log_position": serving.log.end_position,
            "live_position": None if live is None else live.position,
        }
        await _send(send, 200 if path == "/health" or is_ready else 503, json.dumps(said))


def metrics(serving: Serving) -> str:
    """How the server is, in the text form of Prometheus."""
    live, end = serving.live, serving.log.end_position
    told = [
        ("log_position", "gauge", "Facts that were ever accepted.", end),
        ("live_ready", "gauge", "Whether everybody's states are loaded.", int(live is not None)),
        ("turned_total", "counter", "Entries of the record since the start.", serving.turned),
    ]
    if live is not None:
        told.append(("live_position", "gauge", "Facts in people's states.", live.position))
        told.append(("live_lag", "gauge", "Facts still to take in.", max(end - live.position, 0)))
    return "".join(
        f"# HELP tailorbird_{name} {says}\n# TYPE tailorbird_{name} {kind}\n"
        f"tailorbird_{name} {value}\n"
        for name, kind, says, value in told
    )


async def _send(send: Send, status: int, text: str, kind: str = "application/json") -> None:
    body = text.encode()
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
