"""Visits: chains of acts that follow each other within the session gap."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from tailorbird.kernel.facts import PAGE_VIEWED, SCREEN_VIEWED
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.live.scene import (
    IGNORED,
    LiveOperation,
    ReplayError,
    Scene,
    added_to,
)
from tailorbird.language.operations import Select, Sessions
from tailorbird.language.predicates import View

_PAGES = frozenset({PAGE_VIEWED, SCREEN_VIEWED})


class LiveSessions:
    """Counts and measures of sessions; the state is [time, id, is a page] of each act.

    Sessions are cut when asked for, with the gap in force then.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.selects = (Select(),)
        self.zoned = self.placed = False

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        fact = view.fact
        if not fact.act:
            return IGNORED
        acts = [] if state is None else state
        return added_to(acts, [fact.time_us, fact.name in _PAGES], limit)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return sorted(one + other)

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        acts = state or []
        gap_us = scene.workspace.session_gap_us
        if self._sessions.measure == "count":
            return self._count(acts, gap_us, scene)
        if not acts:
            return False if self._sessions.measure == "bounced" else MISSING
        first = len(acts) - 1
        while first and acts[first][0] - acts[first - 1][0] <= gap_us:
            first -= 1
        if self._sessions.measure == "bounced":
            return first == len(acts) - 1
        if self._sessions.measure == "duration":
            return (acts[-1][0] - acts[first][0], 0)
        return sum(is_page for _, is_page in acts[first:]) * UNIT

    def _count(self, acts: list[Any], gap_us: int, scene: Scene) -> int:
        last_us = self._sessions.last_us
        floor_us = None if last_us is None else scene.now_us - last_us
        count, before_us = 0, None
        for time_us, _ in acts:
            starts = before_us is None or time_us - before_us > gap_us
            before_us = time_us
            if starts and (floor_us is None or time_us > floor_us):
                count += 1
                if last_us is not None:
                    scene.soon(time_us + last_us)
        return count * UNIT

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`: one act before the window tells where a session began."""
        last_us = self._sessions.last_us
        if last_us is None:
            return state
        kept = bisect_right(state, now_us - last_us, key=lambda act: act[0])
        return state[max(kept - 1, 0) :]


class LiveInSession:
    """Whether some session fulfils a condition of its own facts.

    The state is [times of acts, facts]; a fact is [time, id, its state for each operation of
    the condition], and the states of a session's facts are merged when asked for.
    """

    def __init__(
        self,
        operations: list[LiveOperation],
        condition: Callable[[Scene], Any],
        last_us: int | None,
    ) -> None:
        self._operations = operations
        self._condition = condition
        self._last_us = last_us
        self.selects = (Select(), *(s for op in operations for s in op.selects))
        self.zoned = any(op.zoned for op in operations)
        self.placed = any(op.placed for op in operations)

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        fact = view.fact
        states: dict[int, Any] = {}
        for number, operation in enumerate(self._operations):
            taken = operation.add(None, view, limit)
            if taken is not IGNORED:
                states[number] = taken
        if not states and not fact.act:
            return IGNORED
        acts, facts = state or [[], []]
        if fact.act:
            acts = added_to(acts, fact.time_us, limit)
        if states:
            entry = [fact.time_us, fact.id, states]
            facts.insert(bisect_left(facts, entry[:2], key=lambda f: f[:2]), entry)
            if len(facts) > limit:
                raise ReplayError("heavy")
        return [acts, facts]

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        facts = sorted(one[1] + other[1], key=lambda fact: fact[:2])
        return [sorted(one[0] + other[0]), facts]

    def value(self, state: list[Any] | None, scene: Scene) -> bool:
        """See `LiveOperation`."""
        acts, facts = state or [[], []]
        floor_us = None if self._last_us is None else scene.now_us - self._last_us
        found = False
        for start_us, end_us in spans(acts, scene.workspace.session_gap_us):
            if floor_us is not None and start_us <= floor_us:
                continue
            if self._last_us is not None:
                scene.soon(start_us + self._last_us)
            found = found or self._fulfils(facts, start_us, end_us, scene)
        return found

    def _fulfils(self, facts: list[Any], start_us: int, end_us: int, scene: Scene) -> bool:
        first = bisect_left(facts, start_us, key=lambda fact: fact[0])
        end = bisect_right(facts, end_us, key=lambda fact: fact[0])
        slots: dict[int, Any] = {}
        for _, _, states in facts[first:end]:
            for number, state in states.items():
                mine = slots.get(number)
                operation = self._operations[number]
                slots[number] = state if mine is None else operation.merge(mine, state)
        inner = Scene(scene.now_us, scene.workspace, scene.zone, slots)
        return bool(self._condition(inner))

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`."""
        if self._last_us is None:
            return state
        acts, facts = state
        kept = max(bisect_right(acts, now_us - self._last_us) - 1, 0)
        acts = acts[kept:]
        start_us = acts[0] if acts else now_us - self._last_us
        return [acts, facts[bisect_left(facts, start_us, key=lambda fact: fact[0]) :]]


def spans(acts: list[int], gap_us: int) -> list[tuple[int, int]]:
    """The (first, last) times of the sessions that ordered times of acts make up."""
    found: list[tuple[int, int]] = []
    for time_us in acts:
        if found and time_us - found[-1][1] <= gap_us:
            found[-1] = (found[-1][0], time_us)
        else:
            found.append((time_us, time_us))
    return found
