"""How late a loop comes that wakes every millisecond, beside a question about everybody.

Alone, with the question in a thread of the same process, and with it in a second process. This is
what decides where the history lives: ``docs/decisions/0005-process-model.md``.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import duckdb
import numpy as np

ROWS = 3_000_000
SECONDS = 8.0
PERIOD_S = 0.001
QUESTION = (
    "SELECT who, list(time_us ORDER BY time_us) AS ats, sum(price) AS spent FROM facts "
    "GROUP BY who HAVING spent > 10"
)


def ask_for_ever(stop: Any) -> None:
    """The question with its answer taken out as arrays, and read as a command would."""
    connection = duckdb.connect(":memory:", config={"threads": "2"})
    connection.execute(
        f"CREATE TABLE facts AS SELECT (random() * 100_000)::INT AS who, i AS time_us, "
        f"random() * 100 AS price FROM range({ROWS}) t(i)"
    )
    while not stop.is_set():
        found = connection.execute(QUESTION).fetchnumpy()
        sum(len(ats) for ats in found["ats"])


def lateness_ms(seconds: float = SECONDS) -> np.ndarray[Any, Any]:
    """How much later than wanted the loop got its turn, each time."""
    found = []
    following = time.perf_counter() + PERIOD_S
    end = following + seconds
    while following < end:
        time.sleep(max(following - time.perf_counter(), 0))
        now = time.perf_counter()
        found.append((now - following) * 1_000)
        following = max(following + PERIOD_S, now)
    return np.array(found)


@contextmanager
def running(make: Callable[..., Any], stop: Any) -> Any:
    """A thread or process that asks while the block runs."""
    asking = make(target=ask_for_ever, args=(stop,), daemon=True)
    asking.start()
    time.sleep(4)
    yield
    stop.set()
    asking.join(20)


def main() -> None:
    """Print one line for each way."""
    spawned = multiprocessing.get_context("spawn")
    ways: dict[str, AbstractContextManager[Any]] = {
        "alone": nullcontext(),
        "question in a thread": running(threading.Thread, threading.Event()),
        "question in a process": running(spawned.Process, spawned.Event()),
    }
    print(f"{sys.version.split()[0]}, lateness of a 1 kHz loop in ms")
    for name, way in ways.items():
        with way:
            late = lateness_ms()
        p50, p99, p999 = np.percentile(late, (50, 99, 99.9))
        print(
            f"{name:24} p50 {p50:8.3f}  p99 {p99:8.3f}  p99.9 {p999:8.3f}  max {late.max():8.3f}"
            f"  turns {len(late):,}"
        )


if __name__ == "__main__":
    main()
