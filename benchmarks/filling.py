"""What storing everybody's states takes, and how that grows with people.

    python benchmarks/filling.py [PEOPLE]

People are invented: names by chance, in no order, sixty standings, states of 77 bytes; one in five
has to be woken. A line is for each tenth of them; the last one has what is done at the end.
The baseline is one table with nothing to look anybody up by.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import apsw

from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.flow.adopting import Seeded, Seeds, fill
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.world import FOREVER

STANDINGS = 60
STATE = bytes(77)
PARTS = 10


def invented(people: int, marks: list[float]) -> Iterator[Seeded]:
    """So many states; notes the processor's time at the beginning of each part."""
    chance = Random(1)
    for number in range(people):
        if number % (people // PARTS) == 0:
            marks.append(time.process_time())
        wake_at = FOREVER if number % 5 else 1_700_000_000_000_000 + number
        standing = bytes([number * number % STANDINGS])
        yield Seeded(f"{chance.getrandbits(64):016x}", wake_at, False, standing, STATE)


def by_hand_us(people: int, path: Path) -> float:
    """Microseconds a person of a table alone."""
    begun_s = time.process_time()
    with apsw.Connection(str(path)) as connection:
        connection.execute("CREATE TABLE people (person INTEGER PRIMARY KEY, a, b, c, d)")
        rows = ((None, *one[:2], *one[3:]) for one in invented(people, []))
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", rows)
    return (time.process_time() - begun_s) / people * 1e6


def main(people: int) -> None:
    """Print the table."""
    plan = live.plan(load_text("segments: {seen: 'did(\"Seen\")'}").definitions)
    marks: list[float] = []
    with TemporaryDirectory() as folder:
        baseline_us = by_hand_us(people, Path(folder) / "by_hand.sqlite")
        with SqliteState(Path(folder) / "state.sqlite") as store:
            with store.transaction():
                fill(store, plan, Seeds(invented(people, marks), [], [], 1, 1))
            marks.append(time.process_time())
    for part, (begun_s, end_s) in enumerate(pairwise(marks), 1):
        told_us = (end_s - begun_s) / (people // PARTS) * 1e6
        print(f"{people * part // PARTS:>12,} people: {told_us:5.1f} us of processor each")
    whole_us = (marks[-1] - marks[0]) / people * 1e6
    print(f"{'all':>12}: {whole_us:.1f} us each, {whole_us / baseline_us:.1f} x a table by hand")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
