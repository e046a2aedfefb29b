"""The process that owns the history beside a running server.

Questions about everybody take seconds and all the cores they get; here they hold nobody up who
sends or reads about one person. The process follows the log by reading its file, asks the front
to append, tells histories and states, and runs commands with the history that it has open.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import select
import signal
import socket
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Any, Final

from tailorbird.edges.local_socket import GoneError, Link, answer, receive, send
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.places import Seen, other_here
from tailorbird.events.columns import FactColumns, columns_of
from tailorbird.flow import tail
from tailorbird.flow.adopting import seeds
from tailorbird.flow.picking import picked
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.ports.history import Appended
from tailorbird.ports.log import LogChunk, Logged, PackedChunk
from tailorbird.runtimes import project as projects
from tailorbird.runtimes.history_questions import HistoryQuestions
from tailorbird.runtimes.opening import OpenedBeside
from tailorbird.runtimes.project import HISTORY, Project, load_texts
from tailorbird.runtimes.project_history import ProjectHistory
from tailorbird.runtimes.scheduling import CONTINUOUS, TIMED, Scheduler
from tailorbird.runtimes.sorting import sort_for_ever, sort_if_due
from tailorbird.runtimes.webhook_desk import RemoteDesk

TOGETHER: Final = 250
"""So many facts of one batch are appended all together; a longer one goes in several groups."""
BEHIND: Final = 250
"""With so many facts still to be taken in by live people a long batch waits for them."""
LOOK_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 30.0
"""No longer than that: where nobody moves, facts are accepted all the same."""
STATES: Final = 2_000
"""States that are told in one part."""
FACTS: Final = 20_000
FOLLOW_SECONDS: Final = 0.5
NICE: Final = 5
_REQUEST_BYTES: Final = 4 * 1024 * 1024
_OF_OTHER_VERSION: Final = (
    b"error: the server runs another version of Tailorbird than this command; start it again\n"
)
_PARENT_DEATH: Final = 1  # PR_SET_PDEATHSIG


class RemoteLog:
    """The log of the front: read from its file, appended to by the front alone."""

    def __init__(self, front: Link, reading: SqliteLog, long: OpenedBeside) -> None:
        """``long``: the same as ``reading``, for whoever wants very much of it."""
        self._front = front
        self._reading = reading
        self._long = long

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return int(self._front.ask("end"))

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        """Append batches, each as a group of its own."""
        yield lambda columns: self.append([columns], now_us)[0]

    def wait_for_live(self) -> None:
        """Let live people follow: what comes over HTTP meanwhile is behind all that is appended."""
        end_s = time.monotonic() + PATIENCE_SECONDS
        while int(self._front.ask("behind")) > BEHIND and time.monotonic() < end_s:
            time.sleep(LOOK_SECONDS)

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""
        told = self._front.ask("append", [list(columns) for columns in batches], now_us)
        return [
            Logged(first, FactColumns(*accepted), duplicates)
            for first, accepted, duplicates in told
        ]

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many."""
        return self._reading.read(position, most)

    def next_group(self, position: int) -> int:
        """A position from there on at which reading may stop."""
        return self._long.next_group(position)

    def packed_from(self, position: int, end: int) -> Iterator[PackedChunk]:
        """The facts up to such an end."""
        return self._long.packed_from(position, end)


class ResidentHistory(ProjectHistory):
    """The history beside a server: others append too, so all of it comes from following the log."""

    remote: RemoteLog
    changing: RLock
    """Whoever changes the file holds it: following, and putting sorted facts in place."""
    walking: RLock
    """Whoever writes all facts again holds it, for as long as that takes."""

    def follow(self) -> None:
        """Take over what the log has by now."""
        with self.changing:
            tail.follow(self.remote, self)

    def append_columns(self, batch: Iterable[FactColumns]) -> Appended:
        """Store a batch in the log, and take it over from there.

        Up to `TOGETHER` facts are stored all or none. What is longer is stored in groups: sending
        it once more stores what is missing.
        """
        first: int | None = None
        accepted = duplicates = 0
        for number, group in enumerate(_grouped(batch)):
            if number:
                self.remote.wait_for_live()
            for told in self.remote.append(group, 0):
                first = told.first_position if first is None else first
                accepted += told.accepted.length
                duplicates += len(told.duplicates)
        self.follow()
        return Appended(accepted, duplicates, self.end_position if first is None else first)

    def compact(self, *given: Any, **named: Any) -> None:
        """Sort the recent facts in among the others; what comes meanwhile is followed."""
        with self.walking:
            super().compact(*given, **named)

    def promote(self, *given: Any, **named: Any) -> list[tuple[str, ...]]:
        """Give properties columns of their own."""
        with self.walking:
            return super().promote(*given, **named)


def _grouped(batch: Iterable[FactColumns]) -> Iterator[list[FactColumns]]:
    group: list[FactColumns] = []
    for columns in _cut(batch):
        if group and sum(one.length for one in group) + columns.length > TOGETHER:
            yield group
            group = []
        group.append(columns)
    if group:
        yield group


def _cut(batch: Iterable[FactColumns]) -> Iterator[FactColumns]:
    for columns in batch:
        for start in range(0, columns.length, TOGETHER):
            cut: Any = (column[start : start + TOGETHER] for column in columns)
            yield FactColumns(*cut)


class ResidentProject(Project):
    """A project whose history stays open when a command is done."""

    is_alone = False

    def close(self) -> None:
        """Let go of what this command opened."""
        self.__dict__.pop("history", None)
        self.__dict__.pop("log", None)
        self.__dict__.pop("outbox", None)
        super().close()


class Worker:
    """The history of one project, for as long as the front lives."""

    def __init__(self, folder: Path, front: socket.socket) -> None:
        """Open the history and follow the log to its end."""
        self._folder = folder.resolve()
        self._front = Link(front)
        self._project = Project(self._folder)
        settings = self._project.settings
        self._log = RemoteLog(self._front, self._project.log, self._project.long_log)
        self._changing, self._walking = RLock(), RLock()
        path = self._project.data / HISTORY
        history = ResidentHistory(
            path, memory_limit=settings.memory_limit, threads=settings.threads
        )
        self._history = self._equipped(history)
        # Each thread has a connection of its own: one that is busy refuses whoever else asks.
        self._beside = self._equipped(history.beside())
        self._seeding = self._equipped(history.beside())
        self._following = self._equipped(history.beside())
        self._scheduled = {kinds: self._equipped(history.beside()) for kinds in (TIMED, CONTINUOUS)}
        self._questions = HistoryQuestions(self._equipped(history.beside()), self._project.data)
        self._sorting = self._equipped(history.beside())
        self._history.follow()
        self._sort()
        projects.resident[self._folder] = self._resident

    def _equipped(self, history: Any) -> ResidentHistory:
        assert isinstance(history, ResidentHistory)
        history.remote, history.changing = self._log, self._changing
        history.walking = self._walking
        return history

    def _resident(self, folder: Path, published: bool) -> Project:
        return self._with(self._history, ResidentProject(folder, published=published))

    def _with(self, history: ResidentHistory, made: ResidentProject) -> Project:
        history.follow()
        history.now_us = made.now_us()
        history.wanted = None if made.is_published else made.settings.published()
        made.__dict__["history"] = history
        made.__dict__["outbox"] = RemoteDesk(self._front)
        made.console_link = lambda: str(self._front.ask(projects.CONSOLE_LINK))
        return made

    # What the front asks

    def answer(self, link: socket.socket) -> None:
        """Answer the front until it is gone; then this process ends at once."""
        answer(link, {"facts_of": self._facts_of, "picked": self._picked})
        os._exit(0)

    def answer_with_seeds(self, link: socket.socket) -> None:
        """Tell of everybody, which takes long, until the front is gone."""
        answer(link, {"seeds": self._seeds})

    def answer_about_people(self, link: socket.socket) -> None:
        """Answer what the front is asked over HTTP, until it is gone."""
        answer(link, self._questions.answers())

    def _facts_of(self, subjects: Sequence[str], position: int) -> Iterator[Any]:
        self._beside.follow()
        facts = iter([f for f in self._beside.history_of(subjects) if f.position < position])
        while some := list(islice(facts, FACTS)):
            yield [list(columns_of(some)), [fact.position for fact in some]]

    def _picked(self, position: int) -> Iterator[Any]:
        for columns, positions, following in picked(self._beside, position):
            yield [list(columns), list(positions), following]

    def _seeds(self, files: dict[str, str], now_us: int) -> Iterator[Any]:
        self._seeding.follow()
        plan = live.plan(load_texts(files).definitions)
        given = seeds(self._seeding, plan, now_us)
        yield [given.position, _packed(given.links), _packed(given.workspace)]
        states = iter(given.states)
        while some := list(islice(states, STATES)):
            yield some

    def follow_for_ever(self) -> None:
        """Keep up with the log while nobody asks."""
        while True:
            time.sleep(FOLLOW_SECONDS)
            with contextlib.suppress(Exception):  # the next round, or the next question, tells
                self._following.follow()

    def _sort(self) -> None:
        """Sort in what came by following a whole log: everybody is asked about next."""
        with contextlib.suppress(Exception):  # it is tried again, and told then
            sort_if_due(self._history, self._project.data / HISTORY)

    def sort_for_ever(self) -> None:
        """Sort recent facts in when they become many."""
        sort_for_ever(self._sorting, self._project.data / HISTORY)

    def run_schedules(self, kinds: tuple[str, ...]) -> None:
        """Do what is due at its time, for ever."""
        history = self._scheduled[kinds]
        Scheduler(
            lambda: self._with(history, ResidentProject(self._folder, published=True)), kinds
        ).run_for_ever()

    # Commands

    def run_commands(self, listening: socket.socket, run: Callable[[list[str]], int]) -> None:
        """Run commands that are sent, one after the other, for ever."""
        while True:
            link, _ = listening.accept()
            with link, contextlib.suppress(GoneError, InputError, KeyboardInterrupt):
                link.settimeout(10)
                request, files = receive(link, files=3, most=_REQUEST_BYTES)
                link.settimeout(None)
                code = _run(link, request, files, run)
                with contextlib.suppress(GoneError):
                    self._front.ask("ran")
                send(link, code)


def _packed(facts: list[Fact]) -> list[Any]:
    return [list(columns_of(facts)), [fact.position for fact in facts]]


def _run(
    link: socket.socket, request: Any, files: list[int], run: Callable[[list[str]], int]
) -> int:
    """Run one command as if it had been called where the request comes from."""
    try:
        words, folder, places, environment, encoding = request
    except ValueError:
        os.write(files[2], _OF_OTHER_VERSION)
        for one in files:
            os.close(one)
        return 2
    before = sys.stdin, sys.stdout, sys.stderr, Path.cwd(), dict(os.environ)
    done = threading.Event()
    modes = ("r", "w", "w")
    streams = [
        io.TextIOWrapper(os.fdopen(f, mode + "b"), encoding=encoding, line_buffering=mode == "w")
        for f, mode in zip(files, modes, strict=True)
    ]
    try:
        if fault := _enter(folder, places):
            streams[2].write(f"error: {fault}\n")
            return 2
        os.environ.update(environment)
        sys.stdin, sys.stdout, sys.stderr = streams
        threading.Thread(target=_watch, args=(link, done), daemon=True).start()
        return run(words)
    finally:
        done.set()
        sys.stdin, sys.stdout, sys.stderr = before[:3]
        os.chdir(before[3])
        os.environ.clear()
        os.environ.update(before[4])
        for stream in streams:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def _enter(folder: str, places: Mapping[str, Seen]) -> str:
    """Go where a command was called; says why that cannot be."""
    other = other_here(places)
    if other is not None:
        return (
            f"the server sees another {other} than you, for it runs in a sandbox or a container; "
            "call this inside of the project's folder, with files that lie in it"
        )
    try:
        os.chdir(folder)
    except OSError as error:
        return f"the server may not enter {folder} ({error.strerror}); call this in another folder"
    return ""


def _watch(link: socket.socket, done: threading.Event) -> None:
    """Interrupt the command when whoever called it goes away."""
    poll = select.poll()
    poll.register(link, select.POLLRDHUP | select.POLLHUP)
    while not done.is_set():
        if poll.poll(200) and not done.is_set():
            interrupt_main(signal.SIGINT)
            return


def work(folder: Path, handles: Sequence[int], run: Callable[[list[str]], int]) -> None:
    """Be the worker of a project: never returns while the front lives.

    ``handles``: where commands arrive, where the front answers, where it asks for itself, where
    it asks for others, and where for everybody.
    """
    _end_with_parent()
    os.nice(NICE)
    listening, front, asking, reading, seeding = (socket.socket(fileno=one) for one in handles)
    for stream in (listening, front, asking, reading, seeding):
        os.set_inheritable(stream.fileno(), False)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = Worker(folder, front)
    threading.Thread(target=worker.answer, args=(asking,), daemon=True).start()
    threading.Thread(target=worker.answer_about_people, args=(reading,), daemon=True).start()
    threading.Thread(target=worker.answer_with_seeds, args=(seeding,), daemon=True).start()
    threading.Thread(target=worker.follow_for_ever, daemon=True).start()
    threading.Thread(target=worker.sort_for_ever, daemon=True).start()
    for kinds in (TIMED, CONTINUOUS):
        threading.Thread(target=worker.run_schedules, args=(kinds,), daemon=True).start()
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            worker.run_commands(listening, run)


def _end_with_parent() -> None:
    """Be ended by the system when the front is gone, however it went."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
