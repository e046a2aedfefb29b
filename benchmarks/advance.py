"""How many facts a second become live people: read from the log, stepped, stored, recorded.

    python benchmarks/advance.py [FACTS]

The facts are those of ``benchmarks/live.py`` in a real log on disk, the plans its definitions. The
live people begin empty and take in everything in commits of a thousand, each synced. Compared are
the engine alone, without log and store, and the three questions written by hand; the time that
reading the log takes is shown by itself. Figures as multiples of the hand-written loop compare
between machines.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.live import by_hand, definitions, run

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.columns import columns_of, facts_of
from tailorbird.flow.advance import Live
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation

GROUP = 1_000


def written(folder: Path, facts: list[Fact], keyring: SqliteKeyring) -> SqliteLog:
    """A log with all facts, in groups as a busy server commits them."""
    log = SqliteLog(folder / "log.sqlite", keyring)
    for start in range(0, len(facts), GROUP):
        some = facts[start : start + GROUP]
        with log.writing(some[-1].known_us) as append:
            append(columns_of(some))
    return log


def read(log: SqliteLog) -> float:
    """Seconds that reading all facts takes."""
    begun, position = time.perf_counter(), 0
    while position < log.end_position:
        chunk = log.read(position, GROUP)
        facts_of(chunk.columns, chunk.positions)
        position = chunk.next_position
    return time.perf_counter() - begun


def advanced(log: SqliteLog, plan: live.Plan, state: Path | None) -> tuple[float, int, int]:
    """Seconds for taking in everything, entries of the record, bytes of states in memory."""
    turned = 0
    with SqliteState(state) as store:
        people = Live(log, store, plan)
        begun = time.perf_counter()
        while people.position < log.end_position:
            turned += len(people.advance(1 << 60, GROUP))
        return time.perf_counter() - begun, turned, people.bytes_held


def main(count: int) -> None:
    """Print the table."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    facts = list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
    facts.sort(key=lambda fact: fact.known_us)
    gc.freeze()
    count = len(facts)
    baseline = by_hand(facts)
    print(f"{count:,} facts of {len({f.subject for f in facts}):,} people")
    print(f"{'by hand, 3 questions':>28}: {count / baseline:>9,.0f} facts/s")
    with TemporaryDirectory() as name, SqliteKeyring(Path(name) / "keys.sqlite") as keyring:
        log = written(Path(name), facts, keyring)
        seconds = read(log)
        print(f"{'reading the log':>28}: {count / seconds:>9,.0f} facts/s")
        for number in (18, 50):
            plan = live.plan(load_text(definitions(number)).definitions)
            alone = run(plan, facts)[0]
            seconds, turned, held = advanced(log, plan, Path(name) / f"state{number}.sqlite")
            print(
                f"{number:>16} definitions: {count / seconds:>9,.0f} facts/s, "
                f"{seconds / baseline:5.1f} x by hand; the engine alone {count / alone:,.0f}; "
                f"{turned:,} entries of the record, {held / 2**20:,.0f} MB held"
            )
        log.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
