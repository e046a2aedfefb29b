"""A writer that is killed again and again, watched from outside by a process that remembers."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from time import sleep

from tests.crash.sessions import complaint

WRITER = """
import sys
from pathlib import Path
from random import Random
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tests.crash.sessions import facts
folder, chance = Path(sys.argv[1]), Random(sys.argv[2])
log = SqliteLog(folder / "log.sqlite", SqliteKeyring(folder / "keys.sqlite"))
log.become_writer()
print(log.end_position, flush=True)
while True:
    log.append([facts(log.end_position, chance.choice([1, 5, 50]), chance)], now_us=1)
    print(log.end_position, flush=True)
"""


def killed(folder: Path, acknowledged: int, chance: Random, least: int = 0) -> int:
    """Kill a writer after a while, perhaps while it opens; gives what it had told by then.

    ``least``: so many batches it is left to write first, however slow the machine is.
    """
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(chance.random())],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        waits = chance.random() < 0.8
        told = [int(writer.stdout.readline()) for _ in range(least + 1 if least else waits)]
        sleep(chance.random() * 0.2)
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
    return max([acknowledged, *told])


def cycle(
    folder: Path, acknowledged: int, chance: Random, least: int = 0
) -> tuple[int, str | None]:
    """Kill a writer once; what it had told at least, and what is wrong afterwards, if anything."""
    acknowledged = killed(folder, acknowledged, chance, least)
    return acknowledged, complaint(folder, acknowledged)
