"""Answers from a state: what may have changed is asked again, the rest is remembered.

A definition that nothing ever touched answers the same for everybody, which the plan knows.
A state remembers only in what it differs from that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.live.as_cut import scene_as_cut
from tailorbird.language.live.cutting import check_cut, scene_of
from tailorbird.language.live.generated.wakings import Prune, Waking
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import ReplayError, Scene
from tailorbird.language.live.state import PersonState
from tailorbird.language.live.turning import Change
from tailorbird.language.operators import Type
from tailorbird.language.world import FOREVER, World


class Step(NamedTuple):
    """A state that was moved along, and what changed with it."""

    state: PersonState
    changes: tuple[Change, ...]


def exists(state: PersonState, now_us: int) -> bool:
    """Whether the person has a fact that counts."""
    return state.first_us is not None and state.first_us <= now_us


def membership(plan: Plan, state: PersonState) -> frozenset[Key]:
    """The segments that the person is in, and the conditions of personas that hold."""
    if not state.known:
        return frozenset()
    numbers = plan.blank ^ state.turned
    return frozenset(plan.tracked[number] for number in numbers)


def persona_of(plan: Plan, state: PersonState) -> Value:
    """The name of the person's persona; missing when she has none."""
    if not state.known:
        return MISSING
    return plan.turning.blank_persona if state.persona is None else state.persona


def evaluated(
    plan: Plan,
    state: PersonState,
    now_us: int,
    world: World,
    touched: set[int] | None = None,
    zone: str = "",
) -> Step:
    """Answer what may have changed (None: everything) and note when to wake.

    ``zone`` is the one in which the state was cut before what touched it.
    """
    if plan.timelines and state.clock_us is not None and world.changes(state.clock_us, now_us):
        raise ReplayError("settings")
    if not world.is_still or plan.zone_index in state.slots:
        check_cut(plan, state, now_us, world)
        if state.zone != (zone or state.zone):
            touched = None  # every calendar goes on at other instants
    waiting = state.pending[0].time_us if state.pending else FOREVER
    if not exists(state, now_us):
        state.wake_at = waiting
        return Step(state, ())
    if touched is None:
        waking = plan.wakings.of(state.slots)
        if waking is not None and state.turned <= waking.numbers:
            return _woken(plan, state, waking, now_us, world)
        touched = _awake(plan, state)
        prune(plan, state, now_us, plan.prunes_of(state.slots))
    else:
        waiting = min(waiting, state.wake_at)
    scene = scene_as_cut(state, now_us, world)
    changes = _answered(plan, state, touched, scene)
    state.wake_at = min(scene.until_us, waiting, world.next_change(now_us))
    return Step(state, changes)


def _woken(plan: Plan, state: PersonState, waking: Waking, now_us: int, world: World) -> Step:
    """The same for all that may differ, by the function that is written for such states."""
    prune(plan, state, now_us, waking.prunes)
    until_us = world.next_change(now_us)
    if state.pending:
        until_us = min(until_us, state.pending[0].time_us)
    turns, state.wake_at = waking.function(state, until_us, now_us, world)
    return Step(state, turn(plan, state, turns))


def _awake(plan: Plan, state: PersonState) -> set[int]:
    """What may differ from the answers of somebody to whom nothing ever happened."""
    numbers = set(plan.restless)
    numbers.update(state.turned, *(plan.affected[index] for index in state.slots))
    return numbers


def _answered(
    plan: Plan, state: PersonState, touched: Iterable[int], scene: Scene
) -> tuple[Change, ...]:
    tests, blank, turned = plan.tests, plan.blank, state.turned
    numbers = [n for n in touched if tests[n](scene) is ((n in blank) is (n in turned))]
    return turn(plan, state, numbers)


def turn(plan: Plan, state: PersonState, numbers: list[int]) -> tuple[Change, ...]:
    """Note that these definitions answer otherwise than before; gives what changes."""
    if state.known and not numbers:
        return ()
    state.turned, state.persona, changes = plan.turning.of(
        state.known, state.turned, tuple(numbers)
    )
    state.known = True
    return changes


def prune(plan: Plan, state: PersonState, now_us: int, prunes: Iterable[tuple[int, Prune]]) -> None:
    """Take away of states what no instant from now on can need."""
    floor_us = now_us
    if plan.timelines and state.clock_us is not None:
        floor_us = min(now_us, state.clock_us)
    slots = state.slots
    for index, pruned in prunes:
        kept = pruned(slots[index], floor_us)
        if kept is None:
            del slots[index]
        else:
            slots[index] = kept


def answers(plan: Plan, state: PersonState, now_us: int, world: World) -> dict[Key, Any]:
    """The value of every definition at an instant not before the state's last one."""
    if not exists(state, now_us):
        return {key: nobody(plan, key) for key in plan.closures}
    scene = scene_of(plan, state, now_us, world)
    return {key: settled(closure(scene)) for key, closure in plan.closures.items()}


def settled(value: Any) -> Any:
    """A value without its movement."""
    return value[0] if isinstance(value, tuple) and len(value) == 2 else value


def nobody(plan: Plan, key: Key) -> Value:
    """What a definition answers about whoever does not exist."""
    kind = key[0]
    if key == PERSONAS or kind in ("trait", "score"):
        gives = plan.definitions.by_key()[key].gives if kind == "trait" else None
        return False if gives is Type.CONDITION else MISSING
    return False
