"""What starting, bringing facts in and sorting them cost, each in a process of its own.

    python benchmarks/commands.py [EVENTS ...]

Every line is a process of its own, with its own peak of memory. The baselines are one SQL
statement that sorts the same rows into a table, and the start of an interpreter that does
nothing; the last column is the time against the one or the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

DEFAULT_EVENTS = (1_000_000,)
STARTS = 5
"""A start is short: the fastest of so many."""
UNSORTED = 0.05
MEGABYTE_KB = 1024


class Cost(NamedTuple):
    """What a process took, and what it printed."""

    took_s: float
    peak_mb: float
    printed: str


def cost(*words: object, folder: Path) -> Cost:
    """Run a process to its end."""
    with tempfile.TemporaryFile("w+") as printed:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *map(str, words)], cwd=folder, stdout=printed)
        _, status, usage = os.wait4(process.pid, 0)
        took_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{words} ended with {process.returncode}")
        printed.seek(0)
        return Cost(took_s, usage.ru_maxrss / MEGABYTE_KB, printed.read())


def command(*words: object, folder: Path) -> Cost:
    """Run a command of Tailorbird."""
    return cost("-c", "from tailorbird.cli import main; main()", *words, folder=folder)


def line(what: str, rows: int, found: Cost, baseline_s: float) -> None:
    """Print one process."""
    print(
        f"{rows:>13,}  {what:<22}  {found.took_s:>8.2f} s  {rows / found.took_s:>10,.0f} /s"
        f"  {found.peak_mb:>6,.0f} MB  {found.took_s / baseline_s:>6.2f} x",
        flush=True,
    )


def sort_by_hand(rows: Path) -> None:
    """The table that somebody would make who trusts the file."""
    import duckdb

    with duckdb.connect(str(rows.with_suffix(".duckdb"))) as engine:
        engine.execute(
            f"CREATE TABLE facts AS SELECT * FROM read_parquet('{rows}') "
            "ORDER BY coalesce(user_id, anonymous_id), time, message_id"
        )


def history(path: Path, rows: int) -> None:
    """Make a history, or sort in what is not sorted yet in one that is there."""
    from clickstream import history_of

    there = path.exists()
    opened = history_of(path, rows, tail=UNSORTED)
    if there:
        opened.compact()
    opened.close()


def report(events: int, folder: Path) -> None:
    """Print what one size costs."""
    rows, made = folder / "rows.parquet", folder / "made.duckdb"
    command("init", folder=folder)
    command("simulate", "--events", events, "--out", rows, folder=folder)
    by_hand = cost(__file__, "--sort", rows, folder=folder)
    line("sorted by hand", events, by_hand, by_hand.took_s)
    imported = command("import", rows, "--mapping", "simulated", folder=folder)
    line("import", events, imported, by_hand.took_s)
    proof = command("prove", "--json", folder=folder)
    cases = json.loads(proof.printed)["cases"]
    line(f"prove, {cases:,} cases", cases, proof, by_hand.took_s)
    cost(__file__, "--history", made, events, folder=folder)
    compacted = cost(__file__, "--history", made, events, folder=folder)
    line(f"compaction, {UNSORTED:.0%} new", events, compacted, by_hand.took_s)


def main(words: list[str]) -> None:
    """Measure, or be one of the processes that are measured."""
    if words[:1] == ["--sort"]:
        sort_by_hand(Path(words[1]))
        return
    if words[:1] == ["--history"]:
        history(Path(words[1]), int(words[2]))
        return
    here = Path.cwd()
    nothing = min(cost("-c", "", folder=here).took_s for _ in range(STARTS))
    helped = min(command("--help", folder=here).took_s for _ in range(STARTS))
    print(f"tailorbird --help  {helped:.3f} s  {helped / nothing:.1f} x an empty start")
    for events in [int(float(word)) for word in words] or DEFAULT_EVENTS:
        with tempfile.TemporaryDirectory() as folder:
            report(events, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
