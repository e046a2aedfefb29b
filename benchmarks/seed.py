"""How fast live states are seeded from history, against folding everybody's facts.

    python benchmarks/seed.py [FACTS]

Two populations of a made clickstream, in memory: many people with few facts each, and people with
about 54. Three plans: windows and totals, which SQL computes; the same with one story in ten, which
is shown the facts that it reads; stories about every event, which gain nothing. The first people
are asked about the second plan, and about the fifty definitions of ``benchmarks/live.py``. Both
ways start from the same history, and their states are
compared. The last column is the quotient of the two processor times.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator

from clickstream import END_US, fill
from live import definitions

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.seed import seed
from tailorbird.kernel.instants import DAY, parse_instant, zone
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation

SUMS = (
    'count("Product Viewed", last="7d") >= 3',
    'not did("Page Viewed", last="30d")',
    'count("Product Added") >= 2',
    'sum("Order Completed", properties.price) > 100',
    'since("Order Completed") > "30d"',
    'distinct("Product Viewed", properties.product_id) >= 5',
    'favourite("Product Viewed", properties.product_id) == "p7"',
    'latest("Product Viewed", properties.price, last="60d") > 10',
    'avg("Product Viewed", properties.price, last="30d") > 10',
    'active_days("Page Viewed") >= 5',
)
STORY = 'absent("Order Completed", after="Product Added", wait="2h", last="30d")'
STORIES = (
    'session_count(last="30d") >= 3',
    'sequence(any_event(), any_event(), "Product Added", within="10m", last="30d")',
)
PLANS = {
    "windows and totals": SUMS,
    "one story in ten": (*SUMS, STORY),
    "stories of everything": (*SUMS, STORY, *STORIES),
}

FIFTY = "50 definitions"


def text_of(name: str) -> str:
    """A plan as a user writes it."""
    if name == FIFTY:
        return definitions(50)
    return "segments:\n" + "\n".join(f"  s{i}: '{c}'" for i, c in enumerate(PLANS[name]))


States = Iterator[tuple[str, live.PersonState]]


def timed(states: Callable[[], States]) -> tuple[float, float, dict[str, int]]:
    """Processor time, wall time, and a fingerprint of each state."""
    processor, wall = time.process_time(), time.perf_counter()
    prints = {}
    for name, state in states():
        prints[name] = hash((state.turned, state.wake_at, state.first_us, frozenset(state.slots)))
    return time.process_time() - processor, time.perf_counter() - wall, prints


def measure(title: str, history: DuckDbHistory, now_us: int, plans: Iterable[str]) -> None:
    """Print two lines for each plan."""
    facts = history.counts(names=0).facts
    for name in plans:
        plan = live.plan(load_text(text_of(name)).definitions)
        seeded = timed(lambda plan=plan: seed(history, plan, now_us))
        by_fold = timed(lambda plan=plan: seed(history, plan, now_us, by_fold=True))
        assert seeded[2] == by_fold[2], "both ways give the same states"
        people = len(seeded[2])
        for way, (processor, wall, _) in (("seeded", seeded), ("folded", by_fold)):
            print(
                f"{title}, {people:,} people; {name:>21}, {way}: {people / wall:>9,.0f} people/s, "
                f"{facts / wall:>9,.0f} facts/s; {processor:6.1f} s of processor, {wall:6.1f} s"
                + (f", {by_fold[0] / processor:4.1f} x" if way == "seeded" else "")
            )


def main(count: int) -> None:
    """Print the table."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    print(f"{count:,} facts")
    with DuckDbHistory(None) as history:
        history.append(
            list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
        )
        history.promote([("price",), ("product_id",), ("category",)])
        plans = ["one story in ten", FIFTY]
        measure("few facts each", history, start_us + 60 * DAY, plans)
    with DuckDbHistory(None) as history:
        fill(history, count)
        measure("about 54 each", history, END_US, PLANS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
