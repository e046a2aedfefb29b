"""How the server is: for whoever watches it, and for what stands before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from tailorbird.events.refusals import Sort
from tailorbird.server.answers import Answer
from tailorbird.server.asked import Asked
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers

_METRICS: Final = "text/plain; version=0.0.4"


class State(Struct):
    """How far the server is."""

    status: Literal["ok", "loading"]
    log_position: int
    """Facts that were ever accepted."""
    live_position: int | None
    """Of those, the ones in people's states; None while these are loaded."""
    reason: str = ""
    """Why people cannot be read; empty when they can."""


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

    @answers(_route("/metrics", "Counters in the text form of Prometheus.", kind=_METRICS))
    async def metrics(self, _: Asked) -> Answer:
        """The counters."""
        return Answer(200, metrics(self._serving).encode(), kind=_METRICS)

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
        return State(status, serving.log.end_position, None if live is None else live.position)


def metrics(serving: Serving) -> str:
    """How the server is, in the text form of Prometheus."""
    live, end = serving.live, serving.log.end_position
    told = [
        ("log_position", "gauge", "Facts that were ever accepted.", end),
        ("live_ready", "gauge", "Whether everybody's states are loaded.", int(live is not None)),
        ("turned_total", "counter", "Entries of the record since the start.", serving.turned),
        ("live_losses_total", "counter", "Times that an error lost states.", serving.losses),
    ]
    if live is not None:
        told.append(("live_position", "gauge", "Facts in people's states.", live.position))
        told.append(("live_lag", "gauge", "Facts still to take in.", max(end - live.position, 0)))
    told.append(
        (
            "rejects_lost_total",
            "counter",
            "Rejected messages that were not written down.",
            serving.rejecting.lost,
        )
    )
    return "".join(
        f"# HELP tailorbird_{name} {says}\n# TYPE tailorbird_{name} {kind}\n"
        f"tailorbird_{name} {value}\n"
        for name, kind, says, value in told
    ) + _by_sort(serving.rejecting.counts)


def _by_sort(counts: Mapping[Sort, int]) -> str:
    name = "tailorbird_rejected_total"
    lines = [f'{name}{{sort="{sort}"}} {count}\n' for sort, count in counts.items()]
    return f"# HELP {name} Messages rejected since the start.\n# TYPE {name} counter\n" + "".join(
        lines
    )
