"""A long log opened by processes of their own, while what they opened is stored by column.

Opening seals is work of Python and of the cipher, one core of it; storing takes another. A history
that is made of the whole log waits for nothing else.
"""

from __future__ import annotations

import os
import socket
import sys
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tailorbird.edges.local_socket import Link, answer
from tailorbird.edges.logs.packed_wire import received, sent
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.flow.cycles import no_search_for_cycles
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.ports.log import PackedChunk
from tailorbird.runtimes.asked_process import asked_process

MANY: Final = 400_000
"""With fewer facts to be read no process is started: that takes half a second."""
SPAN: Final = 100_000
"""About so many facts are asked for at a time."""
_PROCESSES: Final = 2


class OpenedBeside:
    """A log in a file, to be followed, however far that is."""

    def __init__(self, log: SqliteLog, files: tuple[Path, Path]) -> None:
        """``files``: those of the log and of its keys."""
        self._log = log
        self._files = files

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""
        return self._log.end_position

    def next_group(self, position: int) -> int:
        """A position from there on, or the end, at which reading may stop."""
        return self._log.next_group(position)

    def packed_from(self, position: int, end: int) -> Generator[PackedChunk]:
        """The facts up to such an end.

        Where processes cannot be started, or end too soon, the rest is read here.
        """
        if end - position >= MANY:
            try:
                for chunk in _opened(self._log, self._files, position, end):
                    yield chunk
                    position = chunk.next_position
            except (TailorbirdError, OSError):
                pass  # what is damaged is found again, and told as that
        yield from self._log.packed_from(position, end)


def _opened(
    log: SqliteLog, files: tuple[Path, Path], position: int, end: int
) -> Iterator[PackedChunk]:
    with ExitStack() as stack:
        links: SimpleQueue[Link] = SimpleQueue()
        command = ["tailorbird.runtimes.opening", *map(str, files)]
        for _ in range(min(_PROCESSES, os.cpu_count() or 1)):
            links.put(stack.enter_context(asked_process(*command)))
        threads = stack.enter_context(ThreadPoolExecutor(_PROCESSES))

        def ask(begin: int, until: int) -> list[PackedChunk]:
            link = links.get()
            try:
                return list(received(link.ask_parts("opened", begin, until)))
            finally:
                links.put(link)

        coming: deque[Future[list[PackedChunk]]] = deque()
        while coming or position < end:
            while position < end and len(coming) <= _PROCESSES:
                until = min(log.next_group(position + SPAN), end)
                coming.append(threads.submit(ask, position, until))
                position = until
            yield from coming.popleft().result()


def main(log_file: str, keys_file: str, handle: str) -> None:
    """Open what is asked for, until nobody asks any more."""
    with (
        SqliteKeyring(Path(keys_file)) as keyring,
        SqliteLog(Path(log_file), keyring) as log,
        socket.socket(fileno=int(handle)) as link,
        no_search_for_cycles(),
    ):
        answer(link, {"opened": lambda begin, end: sent(log.packed_from(begin, end))})


if __name__ == "__main__":
    main(*sys.argv[1:])
