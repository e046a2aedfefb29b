"""The front's side of the history's process: starts it, restarts it, answers and asks it."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from tailorbird.edges.local_socket import Answer, GoneError, Link, answer
from tailorbird.events.columns import FactColumns, facts_of
from tailorbird.flow.adopting import Seeded, Seeds
from tailorbird.kernel.facts import Fact
from tailorbird.ports.log import EventLog, LogChunk
from tailorbird.runtimes.waits import Waits

FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 30.0
END_SECONDS: Final = 5.0

_logger = logging.getLogger("tailorbird.worker")


class WorkerLink:
    """Keeps one process for the history running; what it knows is asked for here."""

    def __init__(
        self,
        command: Sequence[str],
        listening: socket.socket,
        log: EventLog,
        ran: Callable[[], None],
        answers: Mapping[str, Answer],
        behind: Callable[[], int] = lambda: 0,
    ) -> None:
        """``command`` starts the process; five handles are put behind its words.

        ``behind`` tells how many facts live people have not taken in yet.
        ``ran`` is called, in some thread, after each command that the process ran; so is each of
        ``answers`` when the process asks for it by name.
        """
        self._answers = answers
        self._behind = behind
        self._command = command
        self._listening = listening
        self._log = log
        self._ran = ran
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Link | None = None
        self._reading: Link | None = None
        self._seeding: Link | None = None
        self.starts = 0
        """How often the process was started."""

    # Its life

    async def keep_running(self) -> None:
        """Start it, and again whenever it has ended; waits longer after each quick end."""
        waits, clock_s = Waits(FIRST_WAIT_S, LONGEST_WAIT_S), asyncio.get_running_loop().time
        while True:
            begun_s = clock_s()
            try:
                process = self._start()
            except OSError as error:  # no memory, or too many files: both may pass
                _logger.error(
                    "the history's process cannot be started",
                    extra={"said": {"error": error.strerror}},
                )
            else:
                code = await asyncio.to_thread(process.wait)
                # Who stops all processes of a server stops this one too: then it ends well.
                level = logging.ERROR if code else logging.INFO
                _logger.log(level, "the history's process ended", extra={"said": {"code": code}})
            await asyncio.sleep(waits.after(clock_s() - begun_s))

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        served, asked_by_it = socket.socketpair()
        asking, answered_by_it = socket.socketpair()
        reading, read_of_it = socket.socketpair()
        seeding, seeds_of_it = socket.socketpair()
        given = (self._listening, asked_by_it, answered_by_it, read_of_it, seeds_of_it)
        handles = [one.fileno() for one in given]
        process = subprocess.Popen(
            [*self._command, *map(str, handles)], pass_fds=handles, stdin=subprocess.DEVNULL
        )
        for one in given[1:]:
            one.close()
        threading.Thread(target=self._answer, args=(served,), daemon=True).start()
        self._process, self._link, self._reading = process, Link(asking), Link(reading)
        self._seeding = Link(seeding)
        return process

    def _answer(self, link: socket.socket) -> None:
        with link:
            own: dict[str, Answer] = {
                "end": lambda: self._log.end_position,
                "append": self._append,
                "behind": self._behind,
                "ran": self._ran,
            }
            answer(link, {**own, **self._answers})

    def _append(self, batches: Sequence[Sequence[Any]], now_us: int) -> list[Any]:
        told = self._log.append([FactColumns(*columns) for columns in batches], now_us)
        return [(one.first_position, list(one.accepted), list(one.duplicates)) for one in told]

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        process = self._process
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
            return
        process.kill()
        process.wait()

    # What it knows

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        """The facts of some subjects below a position of the log, in any order."""
        found: list[Fact] = []
        for columns, positions in _there(self._link).ask_parts(
            "facts_of", list(subjects), position
        ):
            found += facts_of(FactColumns(*columns), positions)
        return found

    def picked(self, position: int) -> Iterator[LogChunk]:
        """See `flow.picking`; raises `GoneError` when the process is not there."""
        for columns, positions, following in _there(self._link).ask_parts("picked", position):
            yield LogChunk(FactColumns(*columns), positions, following)

    def about(self, what: str, *given: object) -> bytes:
        """Something about one person, as JSON; waits for no other kind of question."""
        return bytes(_there(self._reading).ask(what, *given))

    def seeds(self, files: Mapping[str, str], now_us: int) -> Seeds:
        """Everybody under the definitions of some files, computed while they are read.

        Nobody else who asks for something waits for that.
        """
        parts = _there(self._seeding).ask_parts("seeds", dict(files), now_us)
        position, links, workspace = next(parts)
        return Seeds(_states(parts), _facts(links), _facts(workspace), position, now_us)


def _there(link: Link | None) -> Link:
    if link is None:
        raise GoneError
    return link


def _states(parts: Iterator[Any]) -> Iterator[Seeded]:
    for part in parts:
        yield from (Seeded(*one) for one in part)


def _facts(packed: Any) -> list[Fact]:
    columns, positions = packed
    return facts_of(FactColumns(*columns), positions)
