"""How many facts a second the live engine takes in, and what a person's state weighs.

    python benchmarks/live.py [FACTS]

Facts are a simulated clickstream in memory, in order of arrival. The plans have the kinds of
definition that shops write; of 50 definitions about 5 are touched by a fact, and further
definitions ask about other events, so that the last lines show what untouched ones cost. Nearly
half of the facts are somebody's first, whose answer lists all that holds for her; the second figure
of a line is of the facts of people with several. The baseline is a loop written by hand for three
of the definitions; figures as multiples of it compare between machines.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence

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
SEVERAL = 5
"""Facts of somebody of whom first facts are few."""
RUNS = 3
"""The fastest run counts: other work on the machine only ever makes one slower."""


def definitions(number: int, about: int = 25, events: int = len(TOUCHED)) -> str:
    """So many segments; those ``about`` first ask about so many frequent events."""
    lines = ["segments:"]
    for i in range(number):
        event = TOUCHED[i % events] if i < about else f"Other Event {i}"
        text = KINDS[i * 7 % len(KINDS)].format(event=event, k=i // 5 % 5 + 1)
        lines.append(f"  s{i}: '{text}'")
    return "\n".join(lines)


def run(plan: live.Plan, facts: Sequence[Fact]) -> tuple[float, dict[str, live.PersonState]]:
    """Take in every fact; gives seconds and states."""
    world = World()
    states: dict[str, live.PersonState] = {}
    begun = time.process_time()
    for fact in facts:
        state = states.get(fact.subject)
        if state is None:
            state = live.PersonState()
        now_us = fact.known_us
        moved = live.step(plan, state, fact, now_us, world)
        if isinstance(moved, live.Step):
            states[fact.subject] = moved.state
    return time.process_time() - begun, states


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


def touched_by(plan: live.Plan, facts: Sequence[Fact]) -> float:
    """How many definitions a fact touches, on average."""
    of = [len({k for i in plan.readers(fact) for k in plan.affected[i]}) for fact in facts]
    return sum(of) / len(of)


def main(count: int) -> None:
    """Print the table."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    facts = list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
    of_each = Counter(fact.subject for fact in facts)
    returning = [fact for fact in facts if of_each[fact.subject] >= SEVERAL]
    gc.freeze()
    print(f"{len(facts):,} facts of {len(of_each):,} people, in brackets:")
    print(f"{len(returning):,} facts of those with {SEVERAL} or more")
    print(f"{'by hand, 3 questions':>24}: {len(facts) / by_hand(facts):>10,.0f} facts/s")
    for number in (10, 50, 200, 1000):
        plan = live.plan(load_text(definitions(number)).definitions)
        baseline = min(by_hand(facts) for _ in range(RUNS)) / len(facts)
        each, each_returning = (
            min(run(plan, some)[0] for _ in range(RUNS)) / len(some) for some in (facts, returning)
        )
        states = run(plan, facts)[1].values()
        size = sum(len(live.encode(state)) for state in states) / len(states)
        touched = touched_by(plan, facts)
        print(
            f"{number:>12} definitions: {1 / each:>10,.0f} facts/s, {touched:4.1f} touched, "
            f"{each * 1e6:6.2f} [{each_returning * 1e6:.2f}] us a fact, "
            f"{each / touched * 1e6:5.2f} us a touched definition, {size:4.0f} bytes a person, "
            f"{each / baseline:5.1f} [{each_returning / baseline:.1f}] x by hand"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
