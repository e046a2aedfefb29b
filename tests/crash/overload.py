"""A server that is sent far more than it can write; what it acknowledged is looked for afterwards.

    python -m tests.crash.overload --seconds 60 --clients 200

Clients send batches for as long as they may, each after the answer before, whatever that is: nobody
waits as an answer of 429 asks for. Ends with 1 when anything that was acknowledged is not in the
log exactly once, when another answer than 200 and 429 comes, or when memory grows without bound.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from tests.served import free_port

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog

MAIN = "from tailorbird.cli import main; main()"
NARROW = "from tailorbird.kernel import limits; limits.WAITING_FACTS = {}; "
BATCH = 200
MOST_BYTES = 1 << 30
"""So much more than at its start the server may take at most."""
PATIENCE_S = 300.0


@dataclass
class Outcome:
    """What clients were told."""

    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    without_advice: int = 0
    """Answers of 429 that do not say when to come again."""
    lock: Lock = field(default_factory=Lock)

    def told(self, status: int, retry_after: str | None, ids: list[str], body: bytes) -> None:
        """Note one answer."""
        results = json.loads(body)["results"] if status == 200 else []
        taken = [i for i, one in zip(ids, results, strict=False) if one["status"] == "accepted"]
        with self.lock:
            self.statuses[status] += 1
            self.acknowledged.update(taken)
            self.without_advice += status == 429 and not (retry_after or "").isdigit()


def client(port: int, key: str, number: int, end_s: float, outcome: Outcome) -> None:
    """Send one batch after the other until the time is over."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    headers = {"authorization": f"Bearer {key}"}
    sent = 0
    while time.monotonic() < end_s:
        ids = [f"c{number}-{sent}-{i}" for i in range(BATCH)]
        sent += 1
        batch = [
            {"type": "track", "event": "Product Viewed", "userId": f"p{i % 50}", "messageId": id_}
            for i, id_ in enumerate(ids)
        ]
        connection.request("POST", "/v1/batch", json.dumps({"batch": batch}), headers)
        answer = connection.getresponse()
        outcome.told(answer.status, answer.getheader("retry-after"), ids, answer.read())
    connection.close()


def memory(process: int, what: str) -> int:
    """Bytes that a process takes (``VmRSS``), or took at most (``VmHWM``)."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def served(top: Path, waiting: int | None) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    """A project's server, its port and a key; ``waiting`` narrows what may wait for the log."""
    made = subprocess.run(
        [sys.executable, "-c", MAIN, "init", "shop"], cwd=top, capture_output=True, check=True
    )
    found = re.search(rb"write key: (\S+)", made.stdout + made.stderr)
    assert found is not None
    folder = top / "shop"
    subprocess.run([sys.executable, "-c", MAIN, "publish"], cwd=folder, check=True)
    port = free_port()
    code = MAIN if waiting is None else NARROW.format(waiting) + MAIN
    words = [sys.executable, "-c", code, "serve", "--port", str(port)]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        _until_ready(port, process)
        yield process, port, found[1].decode()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection), suppress(OSError):
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the server is not ready")


def stored(data: Path) -> Counter[str]:
    """How often each message id is in a log."""
    found: Counter[str] = Counter()
    with SqliteKeyring(data / "keys.sqlite") as keys, SqliteLog(data / "log.sqlite", keys) as log:
        position = 0
        while position < log.end_position:
            chunk = log.read(position, 10_000)
            found.update(chunk.columns.id)
            position = chunk.next_position
    return found


def overload(
    top: Path, *, seconds: float, clients: int, waiting: int | None = None
) -> tuple[Outcome, list[str]]:
    """What clients were told, and what is wrong with it."""
    outcome = Outcome()
    with served(top, waiting) as (process, port, key):
        before = memory(process.pid, "VmRSS")
        end_s = time.monotonic() + seconds
        threads = [
            Thread(target=client, args=(port, key, number, end_s, outcome))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        grown = memory(process.pid, "VmHWM") - before
    there = stored(top / "shop" / "data")
    complaints = {
        "acknowledged and lost": len(outcome.acknowledged - there.keys()),
        "stored more than once": sum(count > 1 for count in there.values()),
        "answers that are neither 200 nor 429": sum(
            count for status, count in outcome.statuses.items() if status not in (200, 429)
        ),
        "answers of 429 without Retry-After": outcome.without_advice,
        f"grown by {grown >> 20} MB": int(grown > MOST_BYTES),
    }
    return outcome, [f"{what}: {count}" for what, count in complaints.items() if count]


def main(given: Any = None) -> int:
    """Run it, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--waiting", type=int, help="facts that may wait for the log at a time")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as top:
        outcome, wrong = overload(
            Path(top), seconds=asked.seconds, clients=asked.clients, waiting=asked.waiting
        )
    told = [f"{count:,} answers of {status}" for status, count in sorted(outcome.statuses.items())]
    sys.stdout.write(
        "\n  ".join([f"{len(outcome.acknowledged):,} acknowledged, {', '.join(told)}", *wrong])
        + "\n"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
