"""Moves live people along in a running server, and begins again where that goes wrong.

What blocks runs in one thread. After an error all that was made of the states' file is let go and
opened again, because nobody knows what of it is still true; events are taken in meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import Any, Final

from tailorbird.edges.local_socket import GoneError
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.sqlite_files import told
from tailorbird.edges.stores.sqlite_state import WHAT, SqliteState
from tailorbird.flow.advance import Live
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY
from tailorbird.language import live
from tailorbird.ports.log import EventLog
from tailorbird.runtimes.garbage import Garbage
from tailorbird.runtimes.log_lines import reason_of
from tailorbird.runtimes.project import REGISTRY, STATE, Project, load_texts
from tailorbird.runtimes.publishing import Publishing
from tailorbird.runtimes.replaying import Replaying
from tailorbird.runtimes.waits import Waits
from tailorbird.runtimes.webhooks import Webhooks
from tailorbird.runtimes.worker_link import WorkerLink
from tailorbird.segments.membership import Entries
from tailorbird.server.serving import Seen, Serving

FACTS: Final = 1_000
"""About so many facts are taken in with one commit."""
LOOK_SECONDS: Final = 1.0
"""After so long the front looks whether somebody has published."""
AGAIN_SECONDS: Final = 0.5
COMMIT_SECONDS: Final = 0.1
"""Whoever reads waits for a commit; a longer one is cut in two."""
TIDY_US: Final = 60_000_000
"""So often it is looked whether the record has entries that are too old."""
TIDIED: Final = 5_000
"""So many of them go at a time."""
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0

_logger = logging.getLogger("tailorbird.people")


class Moving:
    """Keeps everybody's states current; belongs to one event loop."""

    def __init__(
        self,
        project: Project,
        log: EventLog,
        serving: Serving,
        worker: WorkerLink,
        webhooks: Webhooks,
        woken: asyncio.Event,
    ) -> None:
        """``woken`` is set when there may be something to do."""
        self._project = project
        self._path = project.data / STATE
        self._log = log
        self._serving = serving
        self._worker = worker
        self._webhooks = webhooks
        self._woken = woken
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "live")
        self._replaying = Replaying(self._wake_up)
        self._publishing = Publishing(
            project.data, log, worker.seeds, project.now_us, self._wake_up
        )
        self._version = 0
        self._tidy_us = 0
        self._registry: SqliteRegistry | None = None
        self._people: Live | None = None

    async def run(self) -> None:
        """Go on for ever; after each error wait, and begin anew with what is stored."""
        waits, clock_s = Waits(FIRST_WAIT_S, LONGEST_WAIT_S), asyncio.get_running_loop().time
        try:
            while True:
                begun_s = clock_s()
                try:
                    await self._once()
                except Exception as error:
                    wait_s = waits.after(clock_s() - begun_s)
                    said = {"in_s": wait_s, "why": reason_of(error)}
                    _logger.exception("people's states are loaded again", extra={"said": said})
                    await asyncio.sleep(wait_s)
        finally:
            self._thread.shutdown()

    def _wake_up(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _once(self) -> None:
        """Move people along, and tell other systems of them, until one of both fails."""
        try:
            store = await self._in_thread(SqliteState, self._path)
        except Exception as error:
            self._serving.lose(reason_of(error))
            raise
        loaded = asyncio.Event()
        tasks = [
            asyncio.create_task(self._keep_current(store, loaded)),
            asyncio.create_task(self._send(loaded)),
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        except Exception as error:
            self._serving.lose(reason_of(error))
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._in_thread(self._let_go, store)

    def _let_go(self, store: SqliteState) -> None:
        people, self._people = self._people, None
        self._replaying.end()
        self._replaying = Replaying(self._wake_up)  # of what is being read nothing is taken in
        with nullcontext() if people is None else people.held():  # nobody is in a look
            store.close()
        if self._registry is not None:
            self._registry.close()
            self._registry = None

    async def _in_thread(self, run: Callable[..., Any], *given: Any) -> Any:
        def said() -> Any:
            with told(WHAT, self._path):
                return run(*given)

        return await asyncio.get_running_loop().run_in_executor(self._thread, said)

    # What goes well

    async def _send(self, loaded: asyncio.Event) -> None:
        """Loading writes to the outbox's file for long; who sends meanwhile only waits for it."""
        await loaded.wait()
        await self._webhooks.run()

    async def _keep_current(self, store: SqliteState, loaded: asyncio.Event) -> None:
        """Move everybody along: with each commit, when a time comes, when somebody publishes."""
        people = self._people = await self._begun(store)
        loaded.set()
        if self._serving.trouble:  # one that is still there shows before anybody is told
            await self._moved(people)
        garbage = Garbage(self._project.now_us())
        self._serving.begin(people)
        self._serving.listen(lambda _turned: self._webhooks.wake())
        _logger.info("ready", extra={"said": {"position": people.position}})
        while True:
            self._woken.clear()
            before = people.position
            turned = await self._moved(people)
            garbage.taken(people.position - before)
            if not turned and people.position >= self._log.end_position:
                garbage.idle(self._project.now_us())
                await self._wait(people.next_wake_us)

    async def _moved(self, people: Live) -> bool:
        """Move people along once, and tell whoever listens; whether there may be more to do."""
        number = people.last_number
        try:
            turned, seen = await self._in_thread(self._move, people)
        except GoneError:
            await asyncio.sleep(AGAIN_SECONDS)
            return True
        self._serving.move()
        if people.last_number != number:  # what a publication turned is only in the store
            self._serving.tell(turned)
        if seen:
            self._serving.show(seen)
        return bool(turned)

    async def _wait(self, until_us: int) -> None:
        seconds = (until_us - self._project.now_us()) / 1_000_000
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0), LOOK_SECONDS)):
                await self._woken.wait()

    async def _begun(self, store: SqliteState) -> Live:
        while True:
            with suppress(GoneError):
                begun: Live = await self._in_thread(self._begin, store)
                return begun
            await asyncio.sleep(AGAIN_SECONDS)

    # What happens in the thread

    def _begin(self, store: SqliteState) -> Live:
        self._version, files = self._newest()
        plan = live.plan(load_texts(files).definitions)
        announcing = self._webhooks.announcing()
        lateness_us = self._project.settings.max_lateness_us
        begun = Live(
            self._log,
            store,
            plan,
            self._worker,
            announcing=announcing,
            max_lateness_us=lateness_us,
        )
        end = self._log.end_position
        if begun.position > end:
            raise InputError(
                f"the live state reaches position {begun.position} and the log only {end}: they "
                f"do not belong together; restore the log, or remove {self._path}, which is made "
                "from it again"
            )
        if begun.is_stale or (not begun.position and end):
            begun.adopt(plan, self._worker.seeds(files, self._project.now_us()))
        return begun

    def _versions(self) -> SqliteRegistry:
        if self._registry is None:  # its connection belongs to this thread
            self._registry = SqliteRegistry(self._project.data / REGISTRY)
        return self._registry

    def _newest(self) -> tuple[int, Mapping[str, str]]:
        newest = self._versions().newest()
        return (0, {}) if newest is None else (newest.number, newest.files)

    def _move(self, people: Live) -> tuple[Entries, Seen]:
        self._follow_publications(people)
        now_us = self._project.now_us()
        end_s = time.monotonic() + COMMIT_SECONDS
        turned = people.advance(now_us, FACTS, lambda: time.monotonic() >= end_s)
        turned += people.wake(now_us, FACTS)
        seen: Seen = ()
        turned += self._replaying.move(people)
        with suppress(GoneError):  # the rest is shown when the history is there again
            seen = self._serving.for_pages(people.to_show(now_us))
        self._tidy(people, now_us)
        return turned, seen

    def _tidy(self, people: Live, now_us: int) -> None:
        """Let go of what is in the record for longer than the settings say, bit by bit."""
        if now_us >= self._tidy_us:
            before_us = now_us - self._project.settings.record_days * DAY
            if people.forget_record(before_us, TIDIED) < TIDIED:
                self._tidy_us = now_us + TIDY_US

    def _follow_publications(self, people: Live) -> None:
        staged = self._publishing.staged(people.position)
        if staged is not None:
            if staged.version > self._version:  # else it was loaded meanwhile
                if not staged.is_same:
                    people.take_over(staged.plan, staged.path)
                self._version = staged.version
                _logger.info("published", extra={"said": {"version": staged.version}})
            staged.remove()
        if self._versions().newest_number() != self._version:
            self._publishing.begin(*self._newest(), people)
