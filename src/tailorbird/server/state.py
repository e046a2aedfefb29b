"""How the server is: for whoever watches it, and for what stands before it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tailorbird.server.answers import Answer
from tailorbird.server.asked import Asked
from tailorbird.server.metrics import KIND, metrics
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers


class State(Struct):
    """How far the server is."""

    status: Literal["ok", "loading"]
    log_position: int
    """Facts that were ever accepted."""
    accepts: bool
    """Whether events are accepted."""
    live_position: int | None
    """Of those, the ones in people's states; None while these are loaded."""
    reason: str = ""
    """Why people cannot be read, or else why nothing is accepted; empty when all is well."""


def _route(path: str, says: str, **more: Any) -> Route:
    name = f"read_{path.removeprefix('/')}"
    return Route("GET", path, name, says, None, group="state", **more)


class StateOfServer:
    """The routes that tell how the server is."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(_route("/health", "Whether the process runs.", gives=State))
    async def health(self, _: Asked) -> Answer:
        """Always well, as long as it answers."""
        return Answer(200, self._state("ok"))

    @answers(
        _route(
            "/ready",
            "Whether people can be read. Events are taken before that.",
            gives=State,
            faults=(503,),
        )
    )
    async def ready(self, _: Asked) -> Answer:
        """Well once everybody is loaded, until it ends."""
        reason = self._reason()
        if not reason:
            return Answer(200, self._state("ok"))
        state = self._state("loading")
        state.reason = reason
        return Answer(503, state, retry_after_s=1)

    @answers(_route("/metrics", "Counters in the text form of Prometheus.", kind=KIND))
    async def metrics(self, _: Asked) -> Answer:
        """The counters."""
        return Answer(200, metrics(self._serving).encode(), kind=KIND)

    def _reason(self) -> str:
        """Why people cannot be read; empty when they can."""
        serving = self._serving
        if serving.closing.is_set():
            return "the server ends"
        if serving.live is None:
            return serving.trouble or "people's states are still being loaded"
        return ""

    def _state(self, status: Literal["ok", "loading"]) -> State:
        serving = self._serving
        live = serving.live
        position = None if live is None else live.position
        refusal = serving.commit.refusal()
        return State(status, serving.log.end_position, not refusal, position, refusal)
