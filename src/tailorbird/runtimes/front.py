"""The server's front: takes events in, keeps people's states current, answers about one person.

One event loop takes requests. What blocks, which is syncs of the disk and steps of live people
(`moving`), runs in threads. Questions about everybody are another process's, `worker_link`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

import uvicorn

from tailorbird.delivery.counts import Counts
from tailorbird.edges.local_socket import listen
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.columns import FactColumns
from tailorbird.flow.consenting import Consents
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.ports.log import EventLog, LogChunk, Logged, NotWritableError
from tailorbird.runtimes.consents import catch_up, consents_of
from tailorbird.runtimes.listening import Listening
from tailorbird.runtimes.marking import marking_of
from tailorbird.runtimes.moving import Moving
from tailorbird.runtimes.project import CONSOLE_LINK, SOCKET, STATE, Project
from tailorbird.runtimes.quarantine import quarantining_of
from tailorbird.runtimes.recent import recent_of
from tailorbird.runtimes.rejects import rejecting_of
from tailorbird.runtimes.room import Room
from tailorbird.runtimes.scheduling import watch
from tailorbird.runtimes.webhooks import Webhooks
from tailorbird.runtimes.worker_link import WorkerLink
from tailorbird.server.heads import counting
from tailorbird.server.router import Router
from tailorbird.server.serving import Serving

SOCKET_BYTES: Final = 1_024
"""Nobody has to say anything over a WebSocket; who says more is cut off."""
GRACE_SECONDS: Final = 5

_logger = logging.getLogger("tailorbird.front")


class WatchedLog:
    """The log, telling of each commit; closed to writing while there is a reason for it."""

    def __init__(
        self,
        log: EventLog,
        committed: Callable[[Sequence[Logged]], None],
        refusal: Callable[[], str],
    ) -> None:
        """``committed`` is called before anybody is told that something was written."""
        self._log = log
        self._committed = committed
        self._refusal = refusal

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return self._log.end_position

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        """Append batches, all or none; raises `NotWritableError`."""
        self._check()
        told: list[Logged] = []
        with self._log.writing(now_us) as writing:

            def noted(columns: FactColumns) -> Logged:
                told.append(writing(columns))
                return told[-1]

            yield noted
        self._committed(told)

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""
        self._check()
        told = self._log.append(batches, now_us)
        self._committed(told)
        return told

    def _check(self) -> None:
        refusal = self._refusal()
        if refusal:
            raise NotWritableError(refusal)

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many."""
        return self._log.read(position, most)


class _Server(uvicorn.Server):
    """The HTTP server; signals are the front's."""

    def __init__(self, config: uvicorn.Config, listens: Callable[[], None]) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so then."""
        await super().startup(sockets)
        self._listens()

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
        listening: Listening,
        routes: Callable[[Serving], Router],
    ) -> None:
        """``worker``: the command that starts the history's process."""
        self._project = project
        self._worker_command = worker
        self._listening = listening
        self._routes = routes
        self._fault: BaseException | None = None

    def run(self, listens: Callable[[str], None]) -> None:
        """Serve until a signal ends it; raises what made a part of it fail.

        ``listens`` is called once requests can be made, with a one-time link to the console.
        """
        allow_many_files()
        self._project.log.take_lease()
        self._project.take_over_old_history()
        self._project.log.hold_fresh()
        SqliteState(self._project.data / STATE).close()  # what is wrong with it is told at once
        runner = asyncio.Runner(loop_factory=_loop_factory())
        with runner:
            runner.run(self._run(listens))
        if self._fault is not None:
            raise self._fault

    async def _run(self, listens: Callable[[str], None]) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._woken, self._ended = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        room = self._room()
        consents = consents_of(self._project, self._project.log)
        log = WatchedLog(self._project.log, partial(self._accepted, consents), room.refusal)
        path = self._project.data / SOCKET
        listening = listen(path)
        webhooks = Webhooks(self._project, consents, delivered := Counts())
        answers = {**webhooks.answers(), CONSOLE_LINK: lambda: self._console_link(serving)}
        given = (listening, log, self._wake_up, answers, lambda: serving.behind)
        worker = WorkerLink(self._worker_command, *given)
        commit = GroupCommit(log, self._project.now_us, refusal=room.refusal)
        rejecting = rejecting_of(self._project)
        serving: Serving = Serving(
            self._project.now_us,
            commit,
            log,
            worker.about,
            rejecting,
            delivered,
            consents,
            recent_of(self._project),
            quarantining_of(self._project),
            marking_of(self._project),
        )
        people = Moving(self._project, log, serving, worker, webhooks, self._woken)
        server = self._server(serving, lambda: listens(self._console_link(serving)))
        tasks = [
            asyncio.create_task(self._guarded(run))
            for run in (
                worker.keep_running,
                people.run,
                lambda: room.watch(lambda disk: setattr(serving, "disk", disk)),
                lambda: watch(self._project, lambda found: setattr(serving, "schedules", found)),
                lambda: catch_up(consents, worker.picked),
                lambda: asyncio.to_thread(self._project.log.learn_ids),
            )
        ]
        committing = asyncio.create_task(self._guarded(commit.run))
        noting = asyncio.create_task(self._guarded(rejecting.run))
        answering = asyncio.create_task(server.serve(self._listening.sockets))
        try:
            ended = asyncio.create_task(self._ended.wait())
            await asyncio.wait([ended, answering], return_when=asyncio.FIRST_COMPLETED)
            _logger.info("ending")
            serving.close()
            server.should_exit = True
            await answering
        finally:
            commit.close()
            await committing
            rejecting.close()
            await noting
            for task in tasks:
                task.cancel()
            path.unlink(missing_ok=True)
            listening.close()
            await asyncio.to_thread(worker.end)  # nobody waits for what it was asked any more
            await asyncio.wait(tasks)
            await webhooks.close()
            consents.close()
            serving.quarantining.close()
            gc.unfreeze()
        _logger.info("ended")

    def _room(self) -> Room:
        settings = self._project.settings
        room = Room(self._project.data, settings.least_room, settings.reserve)
        room.look()
        return room

    def _console_link(self, serving: Serving) -> str:
        return self._listening.console_link(serving.sign_in.link())

    def _server(self, serving: Serving, listens: Callable[[], None]) -> _Server:
        config = uvicorn.Config(
            self._routes(serving),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            log_level="warning",  # below that it writes down addresses with their tickets
            http=counting(serving.count_unreadable),
            ws="websockets-sansio",
            ws_max_size=SOCKET_BYTES,
            ws_per_message_deflate=False,  # its memory is hundreds of times that of a page
            timeout_graceful_shutdown=GRACE_SECONDS,
            **self._listening.options,
        )
        return _Server(config, listens)

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        """What goes wrong for good ends the server, so that somebody notices."""
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            _logger.exception("a part of the server failed")
            self._fault = self._fault or error
            self._ended.set()

    def _accepted(self, consents: Consents, told: Sequence[Logged]) -> None:
        """Something is in the log and nobody knows yet; called from any thread."""
        consents.absorb(told)
        self._wake_up()

    def _wake_up(self) -> None:
        """There may be something to do; called from any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)


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
