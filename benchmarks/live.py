"""How many facts a second the live engine takes in, and what a person's state weighs.

    python benchmarks/live.py [FACTS]

Facts are a simulated clickstream in memory, in order of arrival. The plans have the kinds of
definition that shops write; of 50 definitions about 5 are touched by a fact, and further
definitions ask about other events, so that the last lines show what untouched ones cost. The
baseline is a loop written by hand for three of the definitions.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, parse_instant, zone
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.world import World
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation

KINDS = (
    'count("{event}", last="7d") >= {k}',
    'count("{event}", last="30d", where=properties.category == "c{k}") >= 2',
    'not did("{event}", last="{k}d")',
    'count("{event}") >= {k}',
    'sum("{event}", properties.price) > {k}00',
    'since("{event}") > "{k}d"',
    'distinct("{event}", properties.product_id) >= {k}',
    'latest("{event}", properties.category) == "c{k}"',
    'absent("Order Completed", after="{event}", wait="{k}h", last="7d")',
    'sequence("{event}", "Product Added", within="{k}0m", last="7d")',
)
TOUCHED = ("Product Viewed", "Product Added", "Page Viewed", "Order Completed", "Product Searched")


def definitions(number: int) -> str:
    """So many segments; about one in ten asks about the most frequent event."""
    lines = ["segments:"]
    for i in range(number):
        event = TOUCHED[i % len(TOUCHED)] if i < 25 else f"Other Event {i}"
        text = KINDS[i * 7 % len(KINDS)].format(event=event, k=i % 5 + 1)
        lines.append(f"  s{i}: '{text}'")
    return "\n".join(lines)


def run(plan: live.Plan, facts: Sequence[Fact]) -> tuple[float, dict[str, live.PersonState], int]:
    """Take in every fact; gives seconds, states and how many wakes there were."""
    world = World()
    states: dict[str, live.PersonState] = {}
    wakes = 0
    begun = time.process_time()
    for fact in facts:
        state = states.get(fact.subject)
        if state is None:
            state = live.PersonState()
        now_us = fact.known_us
        moved = live.step(plan, state, fact, now_us, world)
        if isinstance(moved, live.Step):
            states[fact.subject] = moved.state
    return time.process_time() - begun, states, wakes


def by_hand(facts: Sequence[Fact]) -> float:
    """A count in 7 days, a lifetime sum and a last time, as one would write them."""
    views: dict[str, deque[int]] = defaultdict(deque)
    spent: dict[str, int] = defaultdict(int)
    last: dict[str, int] = {}
    members: set[str] = set()
    begun = time.process_time()
    for fact in facts:
        who, at_us = fact.subject, fact.time_us
        last[who] = at_us
        if fact.name == "Product Viewed":
            window = views[who]
            window.append(at_us)
            while window[0] <= at_us - 7 * DAY:
                window.popleft()
            if len(window) >= 3:
                members.add(who)
            else:
                members.discard(who)
        elif fact.name == "Order Completed":
            spent[who] += fact.properties.get("revenue", 0)
    return time.process_time() - begun


def main(count: int) -> None:
    """Print the table."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    facts = list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
    gc.freeze()
    baseline = by_hand(facts)
    people = len({fact.subject for fact in facts})
    print(f"{len(facts):,} facts of {people:,} people")
    print(f"{'by hand, 3 questions':>24}: {len(facts) / baseline:>10,.0f} facts/s")
    for number in (10, 50, 200, 1000):
        plan = live.plan(load_text(definitions(number)).definitions)
        touched = sum(len({k for i in plan.readers(f) for k in plan.affected[i]}) for f in facts)
        seconds, states, _ = run(plan, facts)
        size = sum(len(live.encode(state)) for state in states.values()) / len(states)
        print(
            f"{number:>12} definitions: {len(facts) / seconds:>10,.0f} facts/s, "
            f"{touched / len(facts):5.1f} touched, {seconds / len(facts) * 1e6:6.2f} us a fact, "
            f"{seconds / max(touched, 1) * 1e6:5.2f} us a touched definition, "
            f"{size:6.0f} bytes a person, {seconds / baseline:5.1f} x by hand"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
