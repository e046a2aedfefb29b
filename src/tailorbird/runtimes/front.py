"""The server's front: takes events in, keeps people's states current, answers about one person.

One event loop takes requests. What blocks, which is syncs of the disk and steps of live people,
runs in threads, one at a time. Questions about everybody are another process's, `worker_link`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final

import uvicorn

from tailorbird.edges.local_socket import GoneError, listen
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.columns import FactColumns
from tailorbird.flow.advance import Live
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.language import live
from tailorbird.ports import EventLog, LogChunk, Logged
from tailorbird.runtimes.garbage import Garbage
from tailorbird.runtimes.project import REGISTRY, SOCKET, STATE, Project, load_texts
from tailorbird.runtimes.rejects import rejecting_of
from tailorbird.runtimes.webhooks import Webhooks
from tailorbird.runtimes.worker_link import WorkerLink
from tailorbird.segments.membership import Entries
from tailorbird.server.heads import BoundedHeads
from tailorbird.server.router import Router
from tailorbird.server.serving import Seen, Serving

FACTS: Final = 1_000
"""About so many facts are taken in with one commit."""
LOOK_SECONDS: Final = 1.0
"""After so long the front looks whether somebody has published."""
AGAIN_SECONDS: Final = 0.5
SOCKET_BYTES: Final = 1_024
"""Nobody has to say anything over a WebSocket; who says more is cut off."""
COMMIT_SECONDS: Final = 0.1
"""Whoever reads waits for a commit; a longer one is cut in two."""
GRACE_SECONDS: Final = 5

_logger = logging.getLogger("tailorbird.front")


class WatchedLog:
    """The log, telling of each commit."""

    def __init__(self, log: EventLog, committed: Callable[[], None]) -> None:
        self._log = log
        self._committed = committed

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return self._log.end_position

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        """Append batches, all or none."""
        with self._log.writing(now_us) as writing:
            yield writing
        self._committed()

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""
        told = self._log.append(batches, now_us)
        self._committed()
        return told

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many."""
        return self._log.read(position, most)


class _Server(uvicorn.Server):
    """The HTTP server; signals are the front's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class Front:
    """Everything that one server of one project does."""

    def __init__(
        self,
        project: Project,
        worker: Sequence[str],
        options: Mapping[str, Any],
        routes: Callable[[Serving], Router],
    ) -> None:
        """``worker``: the command that starts the history's process; ``options``: uvicorn's."""
        self._project = project
        self._worker_command = worker
        self._options = options
        self._routes = routes
        self._thread = ThreadPoolExecutor(1, "live")
        self._version = 0
        self._live: Live | None = None
        self._registry: SqliteRegistry | None = None

    def run(self) -> None:
        """Serve until a signal ends it."""
        allow_many_files()
        self._project.take_over_old_history()
        self._project.log.become_writer()
        self._project.log.hold_fresh()
        runner = asyncio.Runner(loop_factory=_loop_factory())
        with runner:
            runner.run(self._run())

    async def _run(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._woken, self._ended = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        self._log = WatchedLog(self._project.log, self._wake_up)
        path = self._project.data / SOCKET
        listening = listen(path)
        self._webhooks = Webhooks(self._project)
        self._worker = WorkerLink(
            self._worker_command, listening, self._log, self._wake_up, self._webhooks.answers()
        )
        self._commit = GroupCommit(self._log, self._project.now_us)
        rejecting = rejecting_of(self._project)
        self.serving = Serving(
            self._project.now_us, self._commit, self._log, self._worker.about, rejecting
        )
        store = SqliteState(self._project.data / STATE)
        server = _Server(
            uvicorn.Config(
                self._routes(self.serving),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                log_level="warning",  # below that it writes down addresses with their tickets
                http=BoundedHeads,
                ws="websockets-sansio",
                ws_max_size=SOCKET_BYTES,
                ws_per_message_deflate=False,  # its memory is hundreds of times that of a page
                timeout_graceful_shutdown=GRACE_SECONDS,
                **self._options,
            )
        )
        tasks = [
            asyncio.create_task(self._guarded(self._worker.keep_running)),
            asyncio.create_task(self._guarded(lambda: self._keep_current(store))),
        ]
        self.serving.listen(lambda _turned: self._webhooks.wake())
        delivering = asyncio.create_task(self._guarded(self._webhooks.run))
        committing = asyncio.create_task(self._commit.run())
        noting = asyncio.create_task(rejecting.run())
        serving = asyncio.create_task(server.serve())
        try:
            ended = asyncio.create_task(self._ended.wait())
            await asyncio.wait([ended, serving], return_when=asyncio.FIRST_COMPLETED)
            _logger.info("ending")
            self.serving.close()
            server.should_exit = True
            await serving
        finally:
            self._commit.close()
            await committing
            rejecting.close()
            await noting
            for task in tasks:
                task.cancel()
            path.unlink(missing_ok=True)
            listening.close()
            delivering.cancel()
            await asyncio.wait([delivering])
            await asyncio.to_thread(self._worker.end)
            self._thread.shutdown()
            store.close()
            gc.unfreeze()
        _logger.info("ended")

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        """What goes wrong for good ends the server, so that somebody notices."""
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except BaseException:
            _logger.exception("a part of the server failed")
            self._ended.set()

    def _wake_up(self) -> None:
        """There may be something to do; called from any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _in_thread(self, run: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, run, *given)

    # Live people

    async def _keep_current(self, store: SqliteState) -> None:
        """Move everybody along: with each commit, when a time comes, when somebody publishes."""
        while not await self._begun(store):
            await asyncio.sleep(AGAIN_SECONDS)
        assert self._live is not None
        garbage = Garbage(self._project.now_us())
        self.serving.begin(self._live)
        _logger.info("ready", extra={"said": {"position": self._live.position}})
        while True:
            self._woken.clear()
            before = self._live.position
            number = self._live.last_number
            try:
                turned, seen = await self._in_thread(self._move, self._live)
            except GoneError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.serving.move()
            if self._live.last_number != number:  # what a publication turned is only in the store
                self.serving.tell(turned)
            if seen:
                self.serving.show(seen)
            garbage.taken(self._live.position - before)
            if not turned and self._live.position >= self._log.end_position:
                garbage.idle(self._project.now_us())
                await self._wait(self._live.next_wake_us)

    async def _wait(self, until_us: int) -> None:
        seconds = (until_us - self._project.now_us()) / 1_000_000
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), min(max(seconds, 0), LOOK_SECONDS))

    async def _begun(self, store: SqliteState) -> bool:
        try:
            self._live = await self._in_thread(self._begin, store)
        except GoneError:
            return False
        return True

    def _begin(self, store: SqliteState) -> Live:
        self._worker.is_ready()
        self._version, files = self._newest()
        plan = live.plan(load_texts(files).definitions)
        told = self._webhooks.told_now
        begun = Live(self._project.log, store, plan, self._worker, endpoints=told)
        if begun.is_stale or (not begun.position and self._log.end_position):
            begun.adopt(plan, self._worker.seeds(files, self._project.now_us()))
        return begun

    def _newest(self) -> tuple[int, Mapping[str, str]]:
        if self._registry is None:  # its connection belongs to this thread
            self._registry = SqliteRegistry(self._project.data / REGISTRY)
        newest = self._registry.newest()
        return (0, {}) if newest is None else (newest.number, newest.files)

    def _move(self, people: Live) -> tuple[Entries, Seen]:
        number, files = self._newest()
        if number != self._version:
            plan = live.plan(load_texts(files).definitions)
            people.adopt(plan, self._worker.seeds(files, self._project.now_us()))
            self._version = number
            _logger.info("published", extra={"said": {"version": number}})
        now_us = self._project.now_us()
        end_s = time.monotonic() + COMMIT_SECONDS
        turned = people.advance(now_us, FACTS, lambda: time.monotonic() >= end_s)
        turned += people.wake(now_us, FACTS)
        seen: Seen = ()
        with suppress(GoneError):  # the rest is told when the history is there again
            turned += people.settle()
            seen = people.to_show(now_us)
        return turned, seen


def allow_many_files() -> None:
    """Each connection is an open file, and many systems let a process have only 1,024 at first."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
