"""The server: events in over HTTP, durable before they are acknowledged, and live people out.

One event loop takes requests. What reads and writes files runs in threads beside it: the group
commit of the log, and one after the other the steps of the live people. The history belongs to
another process.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
import uvloop

from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.flow.advance import Live
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import SECOND
from tailorbird.language import live
from tailorbird.runtimes.project import Project, load_texts
from tailorbird.runtimes.worker_histories import NoHistoryError, WorkerHistories
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Answer, Collector, Receive, Scope, Send, reply
from tailorbird.server.profiles import Profiles

STATE: Final = "state.sqlite"
FACTS: Final = 2_000
"""Facts and people that one commit of the live people takes."""
LONGEST_NAP_S: Final = 1.0
RETRY_S: Final = 1.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

log = logging.getLogger("tailorbird")


class Front:
    """Everything that a running server has; belongs to one event loop."""

    def __init__(self, project: Project) -> None:
        """Open the project's stores; raises `InputError` when another server has them."""
        self.project = project
        self.now_us = project.now_us
        project.log.become_writer()
        self.store = SqliteState(project.data / STATE)
        self.histories = WorkerHistories(project.folder.resolve())
        newest = project.registry.newest()
        plan = live.plan(load_texts({} if newest is None else newest.files).definitions)
        self.live = Live(project.log, self.store, plan, self.histories)
        self._behind = asyncio.Event()
        self._pending = asyncio.Event()
        self._closing = False
        self.group_commit = GroupCommit(
            project.log, self.now_us, lambda _position: self._behind.set()
        )
        keys = KeyCheck(project.registry.api_keys, self.now_us)
        self.collector = Collector(self.group_commit, keys, self.now_us)
        self.profiles = Profiles(self.live, keys, self.now_us)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, to whom its path belongs."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if Collector.handles(path):
            await self.collector(scope, receive, send)
        elif Profiles.handles(path):
            await self.profiles(scope, receive, send)
        elif path in ("/health", "/ready"):
            await reply(send, self._health())
        else:
            await reply(send, Answer(404, {"error": f"there is nothing at {path}"}))

    def _health(self) -> Answer:
        end, position = self.project.log.end_position, self.live.position
        said = {"status": "ok", "log_position": end, "live_position": position}
        return Answer(200, said)

    async def begin(self) -> None:
        """Adopt states where the stored ones are of other definitions, or of none."""
        fresh = self.live.position == 0 and self.project.log.end_position > 0
        if self.live.is_stale or fresh:
            await asyncio.to_thread(self._adopt)
        gc.collect()
        gc.freeze()

    def _adopt(self) -> None:
        with self.histories.seeds(self.now_us()) as given:
            self.live.adopt(self.live.plan, given)

    async def follow(self) -> None:
        """Take in what is accepted and wake whose time has come, until the server closes."""
        while not self._closing:
            self._behind.clear()
            now_us = self.now_us()
            before = self.live.position
            await asyncio.to_thread(self.live.advance, now_us, FACTS)
            await asyncio.to_thread(self.live.wake, now_us, FACTS)
            self._pending.set()
            if self.live.position == before:
                await self._nap()

    async def _nap(self) -> None:
        """Until something is accepted or somebody is to be woken."""
        ahead_s = (self.live.next_wake_us - self.now_us()) / SECOND
        try:
            nap_s = min(max(ahead_s, 0.001), LONGEST_NAP_S)
            await asyncio.wait_for(self._behind.wait(), nap_s)
        except TimeoutError:
            return

    async def replay(self) -> None:
        """Read again the histories that are needed; everybody else goes on meanwhile."""
        while not self._closing:
            await self._pending.wait()
            self._pending.clear()
            try:
                await asyncio.to_thread(self.live.settle)
            except NoHistoryError as error:
                tell("history_worker_ended", reason=str(error))
                await asyncio.sleep(RETRY_S)

    def close(self) -> None:
        """Let everything go; what was accepted is on the disk since it was."""
        self.histories.close()
        self.store.close()
        self.project.close()

    def stop(self) -> None:
        """Let the loops end."""
        self._closing = True
        self.group_commit.close()
        self._behind.set()
        self._pending.set()


def tell(event: str, **more: Any) -> None:
    """One line of the server's own log: JSON, and nothing of anybody's data."""
    log.info(json.dumps({"event": event, **more}))


def serve(project: Project, host: str, port: int, tls: tuple[Path, Path] | None) -> None:
    """Run a server until it is told to stop; returns when it has stopped in good order."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(project, host, port, tls))


async def _serve(project: Project, host: str, port: int, tls: tuple[Path, Path] | None) -> None:
    front = Front(project)
    try:
        await front.begin()
        config = uvicorn.Config(
            front,
            host=host,
            port=port,
            lifespan="off",
            log_config=None,
            access_log=False,
            ssl_certfile=tls and str(tls[0]),
            ssl_keyfile=tls and str(tls[1]),
            timeout_graceful_shutdown=10,
        )
        server = _Server(config, lambda: tell("listening", host=host, port=port))
        loops = [asyncio.create_task(work) for work in _loops(front)]
        await server.serve()
        front.stop()
        await asyncio.gather(*loops)
        tell("stopped", log_position=project.log.end_position)
        if not server.started:
            raise InputError(f"{host}:{port} cannot be listened on; is it in use?")
    finally:
        front.close()


def _loops(front: Front) -> list[Coroutine[Any, Any, None]]:
    return [front.group_commit.run(), front.follow(), front.replay()]


class _Server(uvicorn.Server):
    """Says when it listens; a signal lets it end in good order, and not the process at once."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop taking requests when the process is asked to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: Any = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._listening()


def is_public(host: str) -> bool:
    """Whether others than this machine can reach a server that listens there."""
    return host not in _LOOPBACK
