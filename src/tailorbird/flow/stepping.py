"""When a condition turned for one person, by moving her live state from change to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.definitions import Key
from tailorbird.language.world import World


def turns_of(
    plan: live.Plan, key: Key, facts: Sequence[Fact], world: World, end_us: int
) -> Iterator[int]:
    """The instants up to the end at which a person's membership turned, first to true.

    ``facts`` are all that is known of her now, in order; the history is told as it went on.
    """
    ahead = [(at_us, list(group)) for at_us, group in groupby(facts, key=lambda f: f.time_us)]
    state, member = live.PersonState(), False
    seen: list[Fact] = []
    at_us = ahead[0][0] if ahead else end_us + 1
    while at_us <= end_us:
        arrived = ahead.pop(0)[1] if ahead and ahead[0][0] == at_us else []
        seen += arrived
        state = _moved(plan, state, seen, arrived, at_us, world)
        if (key in live.membership(plan, state)) is not member:
            member = not member
            yield at_us
        following = ahead[0][0] if ahead else end_us + 1
        at_us = min(following, max(state.wake_at, at_us + 1), world.next_change(at_us))


def _moved(
    plan: live.Plan,
    state: live.PersonState,
    seen: Sequence[Fact],
    arrived: Sequence[Fact],
    at_us: int,
    world: World,
) -> live.PersonState:
    """The state at an instant; folded anew when it cannot be moved there."""
    told: live.Step | live.Replay = live.Step(state, ())
    if world.changes(at_us - 1, at_us) or len(seen) == len(arrived):
        told = live.Replay("beginning")
    for fact in arrived:
        if isinstance(told, live.Step):
            told = live.step(plan, told.state, fact, at_us, world)
    if isinstance(told, live.Step) and not arrived:
        told = live.wake(plan, told.state, at_us, world)
    if isinstance(told, live.Replay):
        told = live.fold(plan, seen, at_us, world, unbounded=True)
    assert isinstance(told, live.Step)
    return told.state
