"""The live engine: a fact, the passing of time, a merge, a whole history, a state from batch.

Each function gives a `Step`, or a `Replay` when the person's history has to be folded again.
States are taken over: the one that was passed in may not be used any more.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.language.live.answering import Step, evaluated, prune
from tailorbird.language.live.cutting import cut
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.reacting import is_taken, react
from tailorbird.language.live.retelling import bots_among, retold, without
from tailorbird.language.live.scene import Replay, ReplayError
from tailorbird.language.live.state import PersonState
from tailorbird.language.live.taking import added, catch_up, earliest, take, take_pending
from tailorbird.language.world import World

_UNBOUNDED: Final = 1 << 60
_SIZED: Final = (list, dict)
_key: Final = attrgetter("time_us", "id")
"""The same as `Fact.key`, without a call of Python."""


def step(plan: Plan, state: PersonState, fact: Fact, now_us: int, world: World) -> Step | Replay:
    """Take in one fact; facts may come late, and each message id once.

    A fact with a time after ``now_us`` waits for its time.
    """
    if state.heavy:
        return Replay("heavy")
    if fact.time_us > now_us:
        insort(state.pending, fact, key=lambda waiting: waiting.key)
        state.wake_at = min(state.wake_at, fact.time_us)
        return Step(state, ())
    try:
        # What a verdict left in the states was never answered: the person did not exist.
        unanswered = state.first_us is None and state.slots
        if unanswered or state.wake_at <= now_us:
            take_pending(plan, state, now_us, world)
            if not is_taken(plan, state, fact, now_us, world):
                take(plan, state, fact, world)
            return evaluated(plan, state, now_us, world)
        reacted = react(plan, state, fact, now_us, world)
        if reacted is not None:
            return reacted
        zone = state.zone
        touched = take(plan, state, fact, world)
        return evaluated(plan, state, now_us, world, touched, zone)
    except ReplayError as error:
        return Replay(error.reason)


def step_all(
    plan: Plan, state: PersonState, facts: Iterable[Fact], now_us: int, world: World
) -> Step | Replay:
    """Take in several facts and answer once, as of the last of them; otherwise as `step`.

    Whoever turns there and back between two of them has not turned.
    """
    if state.heavy:
        return Replay("heavy")
    try:
        take_pending(plan, state, now_us, world)
        for fact in facts:
            if fact.time_us > now_us:
                insort(state.pending, fact, key=lambda waiting: waiting.key)
            else:
                take(plan, state, fact, world)
        return evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def wake(plan: Plan, state: PersonState, now_us: int, world: World) -> Step | Replay:
    """Answer again because time has passed; before ``wake_at`` this changes nothing."""
    if state.heavy:
        return Replay("heavy")
    try:
        take_pending(plan, state, now_us, world)
        return evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def merge(
    plan: Plan, kept: PersonState, other: PersonState, now_us: int, world: World
) -> Step | Replay:
    """Two people turn out to be one."""
    if kept.heavy or other.heavy:
        return Replay("heavy")
    if plan.timelines:
        return Replay("merge")
    if kept.bots or other.bots:
        return Replay("verdict")
    if (kept.zone, kept.settings) != (other.zone, other.settings) and (plan.zoned or plan.placed):
        return Replay("merge")
    kept.pending = sorted([*kept.pending, *other.pending], key=lambda fact: fact.key)
    kept.first_us = earliest(kept.first_us, other.first_us)
    kept.first_act_us = earliest(kept.first_act_us, other.first_act_us)
    try:
        for index, theirs in other.slots.items():
            mine = kept.slots.get(index)
            both = theirs if mine is None else plan.table[index].merge(mine, theirs)
            if isinstance(both, list | dict) and len(both) > BAG_ENTRIES:
                raise ReplayError("heavy")
            kept.slots[index] = both
        take_pending(plan, kept, now_us, world)
        return evaluated(plan, kept, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def fold(
    plan: Plan, facts: Iterable[Fact], now_us: int, world: World, *, unbounded: bool = False
) -> Step | Replay:
    """The state after a whole history, given in any order; `Replay` only when it is heavy.

    ``unbounded`` answers heavy people too: then the state is too large to be kept and says so.
    """
    limit = _UNBOUNDED if unbounded else BAG_ENTRIES
    told = list({fact.id: fact for fact in facts}.values())
    if len(told) > 1:
        told.sort(key=_key)
    end = len(told)
    while end and told[end - 1].time_us > now_us:
        end -= 1
    if end == 1 == len(told) and not unbounded:  # most people have done one thing
        step = _of_one(plan, told[0], now_us, world)
        if step is not None:
            return step
    past = told[:end]
    bots = bots_among(past)
    try:
        if plan.timelines:
            state = retold(plan, past, now_us, world, limit)
        else:
            state = added(plan, without(bots, past), now_us, world, limit)
        state.pending = told[end:]
        state.bots = bots
        return evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def _of_one(plan: Plan, fact: Fact, now_us: int, world: World) -> Step | None:
    """The same for a history of one fact; None where that has to go the long way."""
    state = PersonState()
    step = react(plan, state, fact, now_us, world)
    if step is not None:
        prune(plan, state, now_us, plan.prunes_of(state.slots))
    return step


def seed(
    plan: Plan,
    slots: dict[int, Any],
    now_us: int,
    world: World,
    *,
    first_us: int | None,
    first_act_us: int | None,
    pending: Sequence[Fact] = (),
    bots: frozenset[str] = frozenset(),
    unread: frozenset[int] = frozenset(),
    facts: Sequence[Fact] = (),
) -> Step | Replay:
    """Adopt states that batch has computed; of plans without timelines only.

    ``bots`` are the message ids that the latest verdict about each calls a bot's.
    ``unread`` are the operations without a state so far: they are shown ``facts``, in order.
    """
    if plan.timelines:
        return Replay("timeline")
    state = PersonState(slots, first_us, first_act_us, pending=list(pending), bots=bots)
    cut(plan, state, now_us, world)
    try:
        if facts:
            catch_up(plan, state, unread, facts, world)
        for slot in slots.values():
            if isinstance(slot, _SIZED) and len(slot) > BAG_ENTRIES:
                raise ReplayError("heavy")
        return evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)
