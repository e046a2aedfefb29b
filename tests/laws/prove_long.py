"""The long proof: all readings over at least a million random cases, on every core.

A case is one definition of one person at one instant. Disagreements are printed shrunk, each as a
case file; the exit code says whether there were any.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import cycle, islice
from multiprocessing import get_context
from typing import NamedTuple

from tests.readings import EVERYBODY, READINGS

from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.compare import Size

ALL_TOGETHER = Size(definitions=12, households=120, instants=0, together=2)
SIZES = (
    Size(definitions=16, households=20, instants=4),
    Size(definitions=16, households=20, instants=4),
    Size(definitions=16, households=60, instants=4),
    Size(definitions=8, households=3, facts=150, instants=12),
    Size(definitions=1, households=10, instants=40),
    ALL_TOGETHER,
)
PORTION = 10_000
"""Cases of one portion of work, which has a seed of its own."""


class Proved(NamedTuple):
    """What came of one portion, as plain data that can leave its process."""

    cases: int
    worlds: int
    disagreements: int
    text: str


def prove(size: Size, seed: int, cases: int) -> Proved:
    """One portion: its own seed, one size of world."""
    readings = EVERYBODY if size.together else READINGS
    report = campaign(readings, seed, cases, size)
    return Proved(report.cases, report.worlds, len(report.found), f"{size}\n{report}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def portions(first_seed: int, cases: int) -> Iterator[tuple[Size, int, int]]:
    count = -(-cases // PORTION)
    for number, size in enumerate(islice(cycle(SIZES), count)):
        yield size, first_seed + number, PORTION


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    names = ", ".join(dict.fromkeys(r.name for r in [*READINGS, *EVERYBODY]))
    say(f"{names}; seed {given.seed}; again with --seed {given.seed}")
    begun_s = time.monotonic()
    cases = worlds = disagreements = 0
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        work = [pool.submit(prove, *part) for part in portions(given.seed, given.cases)]
        for done in as_completed(work):
            proved = done.result()
            cases, worlds = cases + proved.cases, worlds + proved.worlds
            disagreements += proved.disagreements
            rate = cases / (time.monotonic() - begun_s)
            say(f"{cases:>11,} cases  {rate:>8,.0f}/s  {disagreements} disagreements")
            if proved.disagreements:
                say(proved.text)
    passed_s = time.monotonic() - begun_s
    say(f"{cases:,} cases in {worlds:,} worlds, {disagreements} disagreements, {passed_s:.0f} s")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
