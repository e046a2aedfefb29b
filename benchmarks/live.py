"""How many facts a second the live engine takes in, and what a person's state weighs.

    python benchmarks/live.py [FACTS]

Facts are a simulated clickstream in memory, in order of arrival. The plans have the kinds of
definition that shops write; of 50 definitions about 5 are touched by a fact, and further
definitions ask about other events, some of them together with a frequent one. Nearly half of the
facts are somebody's first, whose answer lists all that holds for her; the second figure of a line
is of the facts of people with several. A plan writes functions for what comes often while it is
used; "new" is the first run of a plan, which does that, the others come after. The second table has
the same 50 definitions and more that no fact touches, which should cost nothing. The baseline is a
loop written by hand for three of the definitions; figures as multiples of it compare between
machines. The collector of garbage is kept away from states, as the server does.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import NamedTuple

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, parse_instant, zone
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.world import World
from tailorbird.runtimes.garbage import Garbage
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
BATCH = 1_000
"""Facts between two looks at whether garbage is collected."""
RUNS = 3
"""The fastest run counts: other work on the machine only ever makes one slower."""


ALONE = KINDS[:8]
"""Those that ask about no other event."""


def definitions(
    number: int, untouched: int = 0, *, about: int = 25, events: int = len(TOUCHED)
) -> str:
    """So many segments, those ``about`` first about so many frequent events; more are untouched."""
    lines = ["segments:"]
    for i in range(number + untouched):
        event = TOUCHED[i % events] if i < about else f"Other Event {i}"
        kinds = KINDS if i < number else ALONE
        text = kinds[i * 7 % len(kinds)].format(event=event, k=i // 5 % 5 + 1)
        lines.append(f"  s{i}: '{text}'")
    return "\n".join(lines)


def run(plan: live.Plan, facts: Sequence[Fact]) -> tuple[float, dict[str, live.PersonState]]:
    """Take in every fact; gives seconds and states."""
    world = World()
    states: dict[str, live.PersonState] = {}
    garbage = Garbage(0)
    begun = time.process_time()
    for start in range(0, len(facts), BATCH):
        for fact in facts[start : start + BATCH]:
            state = states.get(fact.subject)
            if state is None:
                state = live.PersonState()
            moved = live.step(plan, state, fact, fact.known_us, world)
            if isinstance(moved, live.Step):
                states[fact.subject] = moved.state
        garbage.taken(BATCH)
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


class Measured(NamedTuple):
    """Seconds a fact: of a new plan, of one that was used, and of people with several facts."""

    new: float
    each: float
    returning: float
    states: dict[str, live.PersonState]


def measured(plan: live.Plan, facts: Sequence[Fact], returning: Sequence[Fact]) -> Measured:
    """Take in everything several times."""
    new, states = run(plan, facts)
    each, again = (min(run(plan, some)[0] for _ in range(RUNS)) for some in (facts, returning))
    return Measured(new / len(facts), each / len(facts), again / len(returning), states)


def plan_of(text: str) -> live.Plan:
    """The plan of some definitions."""
    return live.plan(load_text(text).definitions)


def main(count: int) -> None:
    """Print the tables."""
    start_us = parse_instant("2025-01-01", zone("UTC"))
    assert start_us is not None
    facts = list(simulated_facts(Simulation(events=count, start_us=start_us, seed=1, days=60)))
    of_each = Counter(fact.subject for fact in facts)
    returning = [fact for fact in facts if of_each[fact.subject] >= SEVERAL]
    print(f"{len(facts):,} facts of {len(of_each):,} people, in brackets:")
    print(f"{len(returning):,} facts of those with {SEVERAL} or more")
    baseline = min(by_hand(facts) for _ in range(RUNS)) / len(facts)
    print(f"{'by hand, 3 questions':>24}: {1 / baseline:>10,.0f} facts/s")
    for number in (10, 50, 200, 1000):
        plan = plan_of(definitions(number))
        found = measured(plan, facts, returning)
        size = sum(len(live.encode(state)) for state in found.states.values()) / len(found.states)
        touched = touched_by(plan, facts)
        print(
            f"{number:>12} definitions: {1 / found.each:>10,.0f} facts/s, {touched:4.1f} touched, "
            f"{found.each * 1e6:6.2f} [{found.returning * 1e6:.2f}] us a fact, "
            f"new {found.new * 1e6:.2f}, "
            f"{found.each / touched * 1e6:5.2f} us a touched definition, {size:4.0f} bytes a "
            f"person, {found.each / baseline:5.1f} [{found.returning / baseline:.1f}] x by hand"
        )
    for untouched in (0, 150, 950):
        found = measured(plan_of(definitions(50, untouched)), facts, returning)
        print(
            f"{f'50 definitions and {untouched} that nothing touches':>47}: "
            f"{1 / found.each:>10,.0f} facts/s, {found.each * 1e6:6.2f} us a fact, "
            f"new {found.new * 1e6:.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
