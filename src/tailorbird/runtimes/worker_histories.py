"""What a server asks its history worker; a worker that has ended is started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from tailorbird.flow.adopting import Seeds
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.facts import Fact
from tailorbird.runtimes import history_worker


class NoHistoryError(TailorbirdError):
    """The history worker has ended in the middle of an answer."""

    retryable = True


class WorkerHistories:
    """Facts and seeds from the history of a project's folder, one question at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        """The facts of some subjects below a position of the log."""
        with self._asked("facts", list(subjects), position) as answer:
            return history_worker.unpacked(history_worker.receive(answer))

    @contextmanager
    def seeds(self, now_us: int) -> Iterator[Seeds]:
        """Everybody's state by the newest published definitions; read it inside the block."""
        with self._asked("seeds", now_us) as answer:
            yield history_worker.read_seeds(answer, history_worker.receive(answer))

    @contextmanager
    def _asked(self, *question: object) -> Iterator[BinaryIO]:
        with self._lock:
            process = self._running()
            assert process.stdin is not None and process.stdout is not None
            try:
                history_worker.send(process.stdin, question)  # type: ignore[arg-type]
                yield process.stdout  # type: ignore[misc]
            except (EOFError, OSError) as error:
                process.kill()
                raise NoHistoryError("the history worker has ended; it is started again") from error
            except BaseException:
                process.kill()  # the rest of its answer would be taken for the next one
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            if self._process is not None:
                self._process.communicate()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tailorbird.runtimes.history_worker", str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # an interrupt at the terminal is the server's to handle
            )
        return self._process
