"""Kills and power cuts in numbers that no ordinary test run has time for.

    python -m tests.crash.crash_long --kills 1000 --images 50000 --seed 1 --workers 2

Ends with 1 when anything was lost, or when a control with weaker syncs lost nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.crash.killing import cycle
from tests.crash.sessions import record, tried

IMAGES_A_SESSION = 250
KILLS_A_FOLDER = 25


def cuts(synchronous: str, images: int, seed: str) -> list[str]:
    """What images of one recorded session complain of."""
    chance = Random(seed)
    with TemporaryDirectory() as session, TemporaryDirectory() as disk:
        recording = record(Path(session), chance, synchronous)
        found = [tried(recording, Path(disk), chance) for _ in range(images)]
    return [f"{seed}: {text}" for text in found if text is not None]


def kills(count: int, seed: str) -> list[str]:
    """What a log complains of that is written to and killed so many times."""
    chance, acknowledged = Random(seed), 0
    with TemporaryDirectory() as folder:
        for _ in range(count):
            acknowledged, complaint = cycle(Path(folder), acknowledged, chance)
            if complaint is not None:
                return [f"{seed}: {complaint}"]
    return []


def rounds(total: int, size: int) -> list[int]:
    """A number in parts of a size."""
    return [min(size, total - begin) for begin in range(0, total, size)]


def run(title: str, work: Callable[..., list[str]], sizes: list[int], seed: int, pool: Any) -> int:
    """Do all parts, and print how many of them complained and of what."""
    seeds = [f"{seed}-{title}-{number}" for number in range(len(sizes))]
    found = [text for part in pool.map(work, sizes, seeds) for text in part]
    told = f"{title}: {sum(sizes):,}, violations: {len(found)}"
    sys.stdout.write("\n  ".join([told, *found[:3]]) + "\n")
    sys.stdout.flush()
    return len(found)


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser()
    for name, default in (("kills", 1_000), ("images", 50_000), ("seed", 1), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    images = rounds(asked.images, IMAGES_A_SESSION)
    few = rounds(max(asked.images // 50, 40), IMAGES_A_SESSION)
    with ProcessPoolExecutor(asked.workers) as pool:
        bad = run("kills", kills, rounds(asked.kills, KILLS_A_FOLDER), asked.seed, pool)
        bad += run("power cuts", partial(cuts, "FULL"), images, asked.seed, pool)
        for control in ("NORMAL", "OFF"):
            bad += not run(f"control {control}", partial(cuts, control), few, asked.seed, pool)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
