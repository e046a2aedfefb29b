"""Scores: points added up, for ever or weighted by age, with or without a daily cap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

from tailorbird.kernel.decay import HOPS, SHIFT, weight
from tailorbird.kernel.instants import local_date
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.kernel.values import Value, bounded
from tailorbird.language.live.scene import IGNORED, Lasting, ReplayError, Scene
from tailorbird.language.operations import PointLine, Points
from tailorbird.language.predicates import (
    View,
    compile_select,
    depends_on_areas,
    depends_on_zone,
)


class Total(Lasting):
    """A score without a half life and without caps: one number."""

    def __init__(self, points: Points) -> None:
        self.selects = tuple(line.select for line in points.lines)
        self._lines = [(compile_select(line.select), line.points) for line in points.lines]
        self.zoned, self.placed = sensitivity(points)

    def add(self, state: int | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        gained = [points for fits, points in self._lines if fits(view)]
        return (state or 0) + sum(gained) if gained else IGNORED

    def merge(self, one: int, other: int) -> int:
        """See `LiveOperation`."""
        return one + other

    def value(self, state: int | None, scene: Scene) -> Value:
        """See `LiveOperation`."""
        return bounded(state or 0)


class Decayed:
    """A score with a half life: points by the hop in which they were gained."""

    def __init__(self, points: Points) -> None:
        assert points.half_life_us is not None
        self.hop_us = points.half_life_us // HOPS
        self.selects = tuple(line.select for line in points.lines)
        self._lines = [(compile_select(line.select), line.points) for line in points.lines]
        self.zoned, self.placed = sensitivity(points)

    def add(self, state: dict[int, int] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        gained = [points for fits, points in self._lines if fits(view)]
        if not gained:
            return IGNORED
        hops = {} if state is None else state
        hop = view.fact.time_us // self.hop_us
        hops[hop] = hops.get(hop, 0) + sum(gained)
        return hops

    def merge(self, one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
        """See `LiveOperation`."""
        merged = dict(one)
        for hop, points in other.items():
            merged[hop] = merged.get(hop, 0) + points
        return merged

    def value(self, state: dict[int, int] | None, scene: Scene) -> Value:
        """See `LiveOperation`."""
        hop = scene.now_us // self.hop_us
        if state and any(hop - gained < DECAY_HOPS for gained in state):
            scene.soon((hop + 1) * self.hop_us)
        return self.now(state, scene)

    def now(self, state: dict[int, int] | None, scene: Scene) -> Value:
        """The value alone, without saying when it changes."""
        return worth(state or {}, scene.now_us // self.hop_us)

    def until_turned(
        self, state: dict[int, int] | None, scene: Scene, holds: Callable[[Value], bool]
    ) -> int | None:
        """The first later hop boundary at which a condition on the score turns, by bisection.

        Without new facts the score moves in one direction only as long as all points have the
        same sign, and then so does a comparison with a number. None: never.
        """
        hops = state or {}
        hop = scene.now_us // self.hop_us
        if not hops:
            return None
        if min(hops.values()) < 0 < max(hops.values()):
            return (hop + 1) * self.hop_us
        now = holds(worth(hops, hop))
        low, high = hop, max(hops) + DECAY_HOPS
        if high <= hop or holds(worth(hops, high)) is now:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if holds(worth(hops, middle)) is now:
                low = middle
            else:
                high = middle
        return high * self.hop_us

    def prune(self, state: dict[int, int], now_us: int) -> Any:
        """See `LiveOperation`."""
        oldest = now_us // self.hop_us - DECAY_HOPS
        for hop in [hop for hop in state if hop <= oldest]:
            del state[hop]
        return state or None


class Capped:
    """A score with a daily cap: by line and local date the first facts, in order."""

    def __init__(self, points: Points) -> None:
        self.hop_us = None if points.half_life_us is None else points.half_life_us // HOPS
        self.selects = tuple(line.select for line in points.lines)
        self._lines: list[tuple[Any, PointLine]] = [
            (compile_select(line.select), line) for line in points.lines
        ]
        _, self.placed = sensitivity(points)
        self.zoned = True

    def add(self, state: dict[str, list[Any]] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        dates = {} if state is None else state
        taken = False
        for number, (fits, line) in enumerate(self._lines):
            if fits(view):
                taken = True
                self._take(dates, number, line, view)
        if len(dates) > limit:
            raise ReplayError("heavy")
        return dates if taken else IGNORED

    def _take(self, dates: dict[str, list[Any]], number: int, line: PointLine, view: View) -> None:
        fact = view.fact
        if line.cap_per_day is None:
            hop = 0 if self.hop_us is None else fact.time_us // self.hop_us
            hops = dates.setdefault(f"{number}", [[], {}])[1]
            hops[hop] = hops.get(hop, 0) + line.points
            return
        key = f"{number} {local_date(fact.time_us, view.zone)}"
        first = dates.setdefault(key, [[], {}])[0]
        entry = [fact.time_us, fact.id]
        first.insert(bisect_left(first, entry), entry)
        del first[line.cap_per_day :]

    def merge(self, one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """See `LiveOperation`."""
        merged = dict(one)
        for key, (first, hops) in other.items():
            mine = merged.get(key, [[], {}])
            line = self._lines[int(key.split()[0])][1]
            both = dict(mine[1])
            for hop, points in hops.items():
                both[hop] = both.get(hop, 0) + points
            merged[key] = [sorted(mine[0] + first)[: line.cap_per_day], both]
        return merged

    def value(self, state: dict[str, list[Any]] | None, scene: Scene) -> Value:
        """See `LiveOperation`."""
        hops = self._hops(state or {})
        if self.hop_us is None:
            return bounded(sum(hops.values()))
        hop = scene.now_us // self.hop_us
        if any(hop - gained < DECAY_HOPS for gained in hops):
            scene.soon((hop + 1) * self.hop_us)
        return worth(hops, hop)

    def _hops(self, dates: dict[str, list[Any]]) -> dict[int, int]:
        total: dict[int, int] = {}
        for key, (first, hops) in dates.items():
            points = self._lines[int(key.split()[0])][1].points
            for time_us, _ in first:
                hop = 0 if self.hop_us is None else time_us // self.hop_us
                total[hop] = total.get(hop, 0) + points
            for hop, gained in hops.items():
                total[hop] = total.get(hop, 0) + gained
        return total

    def prune(self, state: dict[str, list[Any]], now_us: int) -> Any:
        """See `LiveOperation`."""
        if self.hop_us is None:
            return state
        oldest = now_us // self.hop_us - DECAY_HOPS - _DATE_HOPS_US // self.hop_us - 1
        for key, (first, hops) in list(state.items()):
            hops_left = {hop: points for hop, points in hops.items() if hop > oldest}
            if not hops_left and all(time_us // self.hop_us <= oldest for time_us, _ in first):
                del state[key]
            else:
                state[key] = [first, hops_left]
        return state or None


_DATE_HOPS_US: Final = 2 * 86_400_000_000
"""A date's first facts stay until its last instant has no weight: a cap needs them all."""


def worth(hops: dict[int, int], hop: int) -> Value:
    """The decayed score at a hop, from points by hop: exact, floored once."""
    return bounded(sum(points * weight(hop - gained) for gained, points in hops.items()) >> SHIFT)


def sensitivity(points: Points) -> tuple[bool, bool]:
    """Whether a score's filters depend on the zone, and on the areas, in force."""
    wheres = [line.select.where for line in points.lines]
    return any(map(depends_on_zone, wheres)), any(map(depends_on_areas, wheres))


def live_points(points: Points) -> Total | Decayed | Capped:
    """The live form of a score."""
    if any(line.cap_per_day is not None for line in points.lines):
        return Capped(points)
    return Total(points) if points.half_life_us is None else Decayed(points)
