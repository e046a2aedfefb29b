"""How many facts a second become live people: read from the log, stepped, stored, recorded.

    python benchmarks/advance.py [FACTS]

The facts are those of ``benchmarks/live.py`` in a real log on disk, the plans its definitions. The
live people begin empty and take in everything in commits of a thousand, each synced: once as a
running server does, right behind the log's writer, and once out of the file, as after a restart.
Compared are the engine alone, without log and store, and the three questions written by hand.
All figures are of processor time, and those as multiples of the hand-written loop compare between
machines.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from live import by_hand, definitions, run

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.columns import columns_of
from tailorbird.flow.advance import Live
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.runtimes.garbage import Garbage
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation

GROUP = 1_000


def behind_the_writer(
    log: SqliteLog, facts: Sequence[Fact], plan: live.Plan, state: Path
) -> tuple[float, int, int]:
    """Seconds for taking in facts as they come, entries of the record, bytes of states held."""
    log.hold_fresh()
    seconds, turned = 0.0, 0
    with SqliteState(state) as store:
        people, garbage = Live(log, store, plan), Garbage(0)
        for start in range(0, len(facts), GROUP):
            some = facts[start : start + GROUP]
            log.append([columns_of(some)], some[-1].known_us)
            begun = time.process_time()
            turned += len(people.advance(1 << 60, GROUP))
            garbage.taken(GROUP)
            seconds += time.process_time() - begun
        return seconds, turned, people.bytes_held


def out_of_the_file(log: SqliteLog, plan: live.Plan, state: Path) -> float:
    """Seconds for taking in everything that a log holds."""
    with SqliteState(state) as store:
        people, garbage = Live(log, store, plan), Garbage(0)
        begun = time.process_time()
        while people.position < log.end_position:
            people.advance(1 << 60, GROUP)
            garbage.taken(GROUP)
        return time.process_time() - begun


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
    for number in (18, 50):
        plan = live.plan(load_text(definitions(number)).definitions)
        alone = run(plan, facts)[0]
        with TemporaryDirectory() as name, SqliteKeyring(Path(name) / "keys.sqlite") as keyring:
            folder = Path(name)
            with SqliteLog(folder / "log.sqlite", keyring) as log:
                seconds, turned, held = behind_the_writer(log, facts, plan, folder / "one.sqlite")
            with SqliteLog(folder / "log.sqlite", keyring) as log:
                again = out_of_the_file(log, plan, folder / "two.sqlite")
        print(
            f"{number:>16} definitions: {count / seconds:>9,.0f} facts/s, "
            f"{seconds / baseline:5.1f} x by hand; out of the file {count / again:,.0f}; "
            f"the engine alone {count / alone:,.0f}; "
            f"{turned:,} entries of the record, {held / 2**20:,.0f} MB held"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
