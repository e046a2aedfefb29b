"""The live engine: a fact, the passing of time, a merge, a whole history, a state from batch.

Each function gives a `Step`, or a `Replay` when the person's history has to be folded again.
States are taken over: the one that was passed in may not be used any more.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.instants import find_zone
from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import IGNORED, Replay, ReplayError, Scene
from tailorbird.language.live.state import PersonState
from tailorbird.language.live.timeline import Timeline
from tailorbird.language.operators import Type
from tailorbird.language.predicates import View
from tailorbird.language.world import FOREVER, World

_UNBOUNDED: Final = 1 << 60


class Change(NamedTuple):
    """Somebody entered or left a segment, or changed persona."""

    key: Key
    value: Any


class Step(NamedTuple):
    """A state that was moved along, and what changed with it."""

    state: PersonState
    changes: tuple[Change, ...]


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
        if state.wake_at <= now_us:
            _take_pending(plan, state, now_us, world)
            _take(plan, state, fact, world)
            return _evaluated(plan, state, now_us, world)
        touched = _take(plan, state, fact, world)
        return _evaluated(plan, state, now_us, world, touched)
    except ReplayError as error:
        return Replay(error.reason)


def wake(plan: Plan, state: PersonState, now_us: int, world: World) -> Step | Replay:
    """Answer again because time has passed; before ``wake_at`` this changes nothing."""
    if state.heavy:
        return Replay("heavy")
    try:
        _take_pending(plan, state, now_us, world)
        return _evaluated(plan, state, now_us, world)
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
    kept.first_us = _earliest(kept.first_us, other.first_us)
    kept.first_act_us = _earliest(kept.first_act_us, other.first_act_us)
    try:
        for index, theirs in other.slots.items():
            mine = kept.slots.get(index)
            both = theirs if mine is None else plan.table[index].merge(mine, theirs)
            if isinstance(both, list | dict) and len(both) > BAG_ENTRIES:
                raise ReplayError("heavy")
            kept.slots[index] = both
        _take_pending(plan, kept, now_us, world)
        return _evaluated(plan, kept, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def fold(
    plan: Plan, facts: Iterable[Fact], now_us: int, world: World, *, unbounded: bool = False
) -> Step | Replay:
    """The state after a whole history, given in any order; `Replay` only when it is heavy.

    ``unbounded`` answers heavy people too: then the state is too large to be kept and says so.
    """
    limit = _UNBOUNDED if unbounded else BAG_ENTRIES
    known = {fact.id: fact for fact in facts}
    past = [fact for fact in known.values() if fact.time_us <= now_us]
    future = [fact for fact in known.values() if fact.time_us > now_us]
    past.sort(key=lambda fact: fact.key)
    try:
        if plan.timelines:
            state = _retold(plan, past, now_us, world, limit)
        else:
            state = _added(plan, without_bots(past), now_us, world, limit)
        state.pending = sorted(future, key=lambda fact: fact.key)
        state.bots = bots_among(past) - {fact.id for fact in past}
        return _evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


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
) -> Step | Replay:
    """Adopt states that batch has computed; of plans without timelines only.

    ``bots`` are the message ids that a verdict calls a bot's and that have not come yet.
    """
    if plan.timelines:
        return Replay("timeline")
    state = PersonState(slots, first_us, first_act_us, pending=list(pending), bots=bots)
    _cut(plan, state, now_us, world)
    try:
        return _evaluated(plan, state, now_us, world)
    except ReplayError as error:
        return Replay(error.reason)


def answers(plan: Plan, state: PersonState, now_us: int, world: World) -> dict[Key, Any]:
    """The value of every definition at an instant not before the state's last one."""
    if not exists(state, now_us):
        return {key: _nobody(plan, key) for key in plan.closures}
    scene = _scene(plan, state, now_us, world)
    return {key: settled(closure(scene)) for key, closure in plan.closures.items()}


def changes_at(
    plan: Plan, facts: Sequence[Fact], key: Key, now_us: int, world: World, horizon_us: int
) -> int | None:
    """The first later instant, up to a horizon, at which a definition has another answer.

    It is found by going from one announced change to the next; None when there is none.
    """
    at_us = now_us
    before: Any = None
    while at_us <= horizon_us:
        told = fold(plan, facts, at_us, world, unbounded=True)
        assert isinstance(told, Step)
        present = exists(told.state, at_us)
        scene = _scene(plan, told.state, at_us, world)
        value = plan.closures[key](scene) if present else _nobody(plan, key)
        if at_us == now_us:
            before = settled(value)
            if isinstance(value, tuple) and len(value) == 2 and value[1]:
                return now_us + 1
        elif settled(value) != before:
            return at_us
        waiting = told.state.pending[0].time_us if told.state.pending else FOREVER
        until_us = scene.until_us if present else FOREVER
        at_us = min(until_us, waiting, world.next_change(at_us))
    return None


def exists(state: PersonState, now_us: int) -> bool:
    """Whether the person has a fact that counts."""
    return state.first_us is not None and state.first_us <= now_us


def settled(value: Any) -> Any:
    """A value without its movement."""
    return value[0] if isinstance(value, tuple) and len(value) == 2 else value


def without_bots(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that the latest verdict about them does not call a bot's."""
    bots = bots_among(facts)
    return [fact for fact in facts if fact.id not in bots] if bots else list(facts)


def bots_among(facts: Sequence[Fact]) -> frozenset[str]:
    """The message ids that the latest verdict about each calls a bot's."""
    verdicts: dict[str, Fact] = {}
    for fact in facts:
        about = fact.properties.get("message_id") if fact.name == VERDICT else None
        if isinstance(about, str) and (about not in verdicts or verdicts[about].key < fact.key):
            verdicts[about] = fact
    return frozenset(
        about for about, fact in verdicts.items() if fact.properties.get("bot") is True
    )


# Taking facts in


def _take(plan: Plan, state: PersonState, fact: Fact, world: World) -> set[Key]:
    """Add one fact whose time has come; gives the tracked definitions that it may change."""
    if fact.name == VERDICT or fact.id in state.bots:
        raise ReplayError("verdict")
    is_first = state.first_us is None
    if is_first:
        _cut(plan, state, fact.time_us, world)
    in_order = not plan.timelines or _move_clock(plan, state, fact, world)
    touched = _add(plan, state, fact, world, BAG_ENTRIES)
    if plan.timelines and in_order:
        _check_cut(plan, state, fact.time_us, world)
        _observe(plan, state, fact.time_us, world)
    return set(plan.tracked) if is_first else touched


def _add(plan: Plan, state: PersonState, fact: Fact, world: World, limit: int) -> set[Key]:
    touched: set[Key] = set()
    if fact.name != VERDICT:
        state.first_us = _earliest(state.first_us, fact.time_us)
        if fact.act and (state.first_act_us is None or fact.time_us < state.first_act_us):
            state.first_act_us = fact.time_us
            touched.update(key for index in plan.timelines for key in plan.affected[index])
    view = View(fact, zone_named(state.zone), world.of(state.settings).areas)
    slots, table = state.slots, plan.table
    for index in plan.readers(fact):
        operation = table[index]
        taken = operation.add(slots.get(index), view, limit)
        if taken is not IGNORED:
            slots[index] = taken
            touched.update(plan.affected[index])
    return touched


def _take_pending(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    while state.pending and state.pending[0].time_us <= now_us:
        _take(plan, state, state.pending.pop(0), world)


def _added(plan: Plan, facts: Sequence[Fact], now_us: int, world: World, limit: int) -> PersonState:
    """All facts added in the zone and under the settings in force at the end."""
    state = PersonState()
    zone_trait = plan.table[plan.zone_index]
    view = View(_NO_FACT, zone_named(""), {})
    for fact in facts:
        view.fact = fact
        taken = zone_trait.add(state.slots.get(plan.zone_index), view, limit)
        if taken is not IGNORED:
            state.slots[plan.zone_index] = taken
    _cut(plan, state, now_us, world)
    state.slots.clear()
    for fact in facts:
        _add(plan, state, fact, world, limit)
    return state


_NO_FACT: Final = Fact("", 0, "", "", {}, {}, False, False, "", 0, 0)


# Timelines


def _retold(
    plan: Plan, facts: Sequence[Fact], now_us: int, world: World, limit: int
) -> PersonState:
    """The history told instant by instant, so that conditions are followed on the way."""
    state = PersonState()
    if not facts:
        _cut(plan, state, now_us, world)
        return state
    by_time: dict[int, list[Fact]] = {fact.time_us: [] for fact in facts}
    for fact in facts:
        by_time[fact.time_us].append(fact)
    first_us = facts[0].time_us
    seen: list[Fact] = []
    _cut(plan, state, first_us, world)
    for time_us in sorted({*by_time, *world.changes(first_us, now_us)}):
        _follow(plan, state, time_us - 1, world)
        arrived = by_time.get(time_us, [])
        seen.extend(arrived)
        if any(fact.name == VERDICT for fact in seen):
            state = _anew(plan, state, seen, time_us, world, limit)
        else:
            for fact in arrived:
                _add(plan, state, fact, world, limit)
            state = _recut(plan, state, seen, time_us, world, limit)
        if state.first_us is not None:
            _observe(plan, state, time_us, world)
        else:
            _end_existence(plan, state, time_us)
    return state


def _end_existence(plan: Plan, state: PersonState, now_us: int) -> None:
    """A verdict may leave nothing of a person: then she is a member of nothing."""
    state.clock_us = None
    for index in plan.timelines:
        turns = state.slots.get(index)
        if turns and turns[-1][1]:
            turns.append([now_us, False])


def _recut(
    plan: Plan, state: PersonState, seen: list[Fact], now_us: int, world: World, limit: int
) -> PersonState:
    """Cut the states anew when the zone or the settings are no longer those they were cut in."""
    zone, settings = state.zone, state.settings
    _cut(plan, state, now_us, world)
    moved = plan.zoned and zone != state.zone
    if moved or (plan.placed and settings != state.settings):
        return _anew(plan, state, seen, now_us, world, limit)
    return state


def _anew(
    plan: Plan, state: PersonState, seen: list[Fact], now_us: int, world: World, limit: int
) -> PersonState:
    """The same facts added again, of which only the recorded turns are kept."""
    again = _added(plan, without_bots(seen), now_us, world, limit)
    turns = {index: state.slots[index] for index in plan.timelines if index in state.slots}
    again.slots.update(turns)
    again.clock_us = state.clock_us
    return again


def _move_clock(plan: Plan, state: PersonState, fact: Fact, world: World) -> bool:
    """Follow the timelines up to a fact; false for a late one that no timeline looks at."""
    clock_us = state.clock_us
    if clock_us is None or fact.time_us >= clock_us:
        if clock_us is not None and world.changes(clock_us, fact.time_us):
            raise ReplayError("settings")
        _follow(plan, state, fact.time_us - 1, world)
        return True
    assert state.first_us is not None
    if fact.time_us < state.first_us or not plan.followed.isdisjoint(plan.readers(fact)):
        raise ReplayError("late")
    return False


def _follow(plan: Plan, state: PersonState, to_us: int, world: World) -> None:
    if state.clock_us is None or state.clock_us > to_us:
        return
    for index in plan.timelines:
        timeline = plan.table[index]
        assert isinstance(timeline, Timeline)
        scene = _scene(plan, state, state.clock_us, world)
        timeline.follow(state.slots.setdefault(index, []), scene, to_us)


def _observe(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    state.clock_us = now_us
    for index in plan.timelines:
        timeline = plan.table[index]
        assert isinstance(timeline, Timeline)
        scene = _scene(plan, state, now_us, world)
        timeline.observe(state.slots.setdefault(index, []), scene)


# What is in force


def zone_named(name: str) -> ZoneInfo:
    """The zone of a state; of a fresh one UTC."""
    found = find_zone(name or "UTC")
    assert found is not None
    return found


def _zone(plan: Plan, state: PersonState, now_us: int, world: World) -> str:
    """The name of the zone in force for the person."""
    trait = state.slots.get(plan.zone_index)
    name = None if trait is None else trait[2]
    if isinstance(name, str) and find_zone(name) is not None:
        return name
    return world.at(now_us).zone.key


def _cut(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    state.zone = _zone(plan, state, now_us, world)
    state.settings = world.version(now_us)


def _check_cut(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    """The states must have been cut in the zone and under the settings in force."""
    zone, settings = state.zone, state.settings
    _cut(plan, state, now_us, world)
    if plan.zoned and zone != state.zone:
        raise ReplayError("zone")
    if plan.placed and settings != state.settings:
        raise ReplayError("settings")


def _scene(plan: Plan, state: PersonState, now_us: int, world: World) -> Scene:
    zone = zone_named(_zone(plan, state, now_us, world))
    return Scene(now_us, world.at(now_us), zone, state.slots, state.first_act_us, state.clock_us)


# Answering


def _evaluated(
    plan: Plan,
    state: PersonState,
    now_us: int,
    world: World,
    touched: set[Key] | None = None,
) -> Step:
    """Answer what may have changed (None: everything) and note when to wake."""
    if plan.timelines and state.clock_us is not None and world.changes(state.clock_us, now_us):
        raise ReplayError("settings")
    _check_cut(plan, state, now_us, world)
    if touched is None:
        _prune(plan, state, now_us)
    waiting = state.pending[0].time_us if state.pending else FOREVER
    if not exists(state, now_us):
        state.wake_at = waiting
        return Step(state, ())
    keys = plan.tracked if touched is None else touched
    scene = _scene(plan, state, now_us, world)
    changes = _answered(plan, state, keys, scene)
    if touched is not None:
        waiting = min(waiting, state.wake_at)
    state.wake_at = min(scene.until_us, waiting, world.next_change(now_us))
    return Step(state, tuple(changes))


def _answered(plan: Plan, state: PersonState, keys: Iterable[Key], scene: Scene) -> list[Change]:
    holds, changes = set(state.holds), []
    asks_persona = False
    for key in keys:
        now = bool(plan.closures[key](scene))
        asks_persona = asks_persona or key[0] == "persona"
        if now is not (key in holds):
            changes.append(Change(key, now))
            holds.symmetric_difference_update((key,))
    if changes:
        state.holds = frozenset(holds)
    if asks_persona:
        persona = plan.closures[PERSONAS](scene)
        if persona != state.persona:
            state.persona = persona
            changes.append(Change(PERSONAS, persona))
    return changes


def _prune(plan: Plan, state: PersonState, now_us: int) -> None:
    floor_us = now_us
    if plan.timelines and state.clock_us is not None:
        floor_us = min(now_us, state.clock_us)
    for index, slot in list(state.slots.items()):
        kept = plan.table[index].prune(slot, floor_us)
        if kept is None:
            del state.slots[index]
        else:
            state.slots[index] = kept


def _nobody(plan: Plan, key: Key) -> Value:
    kind = key[0]
    if key == PERSONAS or kind in ("trait", "score"):
        gives = plan.definitions.by_key()[key].gives if kind == "trait" else None
        return False if gives is Type.CONDITION else MISSING
    return False


def _earliest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
