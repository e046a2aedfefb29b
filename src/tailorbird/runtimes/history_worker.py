"""The process beside a server that reads the history: the server itself never opens it.

It is asked over its standard input and answers on its standard output, in frames: four bytes of
length, then MessagePack. The history is open only while something is asked, so that commands can
open it in between.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from tailorbird.events.columns import FactColumns, columns_of, facts_of
from tailorbird.flow.adopting import Seeds, seeds
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.runtimes.project import Project, load_texts

PATIENCE_S: Final = 30.0
"""So long another process may have the history open before that is an error."""
_PAUSE_S: Final = 0.05
_STATES: Final = 1_000
"""States in one frame."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


def send(stream: BinaryIO, message: object) -> None:
    """Write one frame."""
    data = _encode(message)
    stream.write(len(data).to_bytes(4, "big"))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one frame; raises ``EOFError`` where the other side has ended."""
    head = stream.read(4)
    if len(head) < 4:
        raise EOFError
    return _decode(stream.read(int.from_bytes(head, "big")))


def packed(facts: Sequence[Fact]) -> object:
    """Facts as a part of a frame."""
    return columns_of(facts), [fact.position for fact in facts]


def unpacked(part: Any) -> list[Fact]:
    """The inverse of `packed`."""
    columns, positions = part
    return facts_of(FactColumns(*columns), positions)


def read_seeds(stream: BinaryIO, head: Any) -> Seeds:
    """The seeds that follow their head; the states are read as they are taken."""
    links, workspace, position, now_us = head
    return Seeds(_states(stream), unpacked(links), unpacked(workspace), position, now_us)


def _states(stream: BinaryIO) -> Iterator[tuple[str, live.PersonState]]:
    while some := receive(stream):
        for name, stored in some:
            yield name, live.decode(stored)


class _Worker:
    def __init__(self, folder: Path, out: BinaryIO) -> None:
        self._folder = folder
        self._out = out

    def facts(self, subjects: list[str], position: int) -> None:
        """Answer with the facts of some subjects below a position."""
        with self._opened() as project:
            found = [f for f in project.history.history_of(subjects) if f.position < position]
        send(self._out, packed(found))

    def seeds(self, now_us: int) -> None:
        """Answer with the states of everybody, for the newest published definitions."""
        with self._opened() as project:
            newest = project.registry.newest()
            plan = live.plan(load_texts({} if newest is None else newest.files).definitions)
            given = seeds(project.history, plan, now_us)
            head = packed(given.links), packed(given.workspace), given.position, given.now_us
            send(self._out, head)
            some: list[tuple[str, bytes]] = []
            for name, state in given.states:
                some.append((name, live.encode(state)))
                if len(some) == _STATES:
                    send(self._out, some)
                    some = []
            if some:
                send(self._out, some)
            send(self._out, [])

    def _opened(self) -> Project:
        """The project with its history, which has all that the log has; waits for others."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            project = Project(self._folder, published=True)
            try:
                project.history  # noqa: B018 - opens it
            except InputError as error:
                project.close()
                if "in use" not in str(error) or time.monotonic() > until_s:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return project


def main() -> None:
    """Answer until the server has ended."""
    worker = _Worker(Path(sys.argv[1]), sys.stdout.buffer)
    while True:
        try:
            verb, *arguments = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            getattr(worker, verb)(*arguments)
        except TailorbirdError as error:
            sys.exit(f"the history cannot be read: {error}")


if __name__ == "__main__":
    main()
