"""Aggregates over windows that move: the facts that are in the window, or still can be.

A bag is an ordered list of [time, id, value], or of times alone where nothing else is asked.
Every value is computed from it at the instant of the question, so that a late fact only has to
be put in its place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import Any, Final

from tailorbird.kernel.instants import DAY, next_period, start_of_period
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.live.lifetime import value_of
from tailorbird.language.live.scene import (
    IGNORED,
    Lasting,
    ReplayError,
    Scene,
    added_to,
    key_of,
)
from tailorbird.language.operations import (
    Calendar,
    CurrentSession,
    Fold,
    Rolling,
    Select,
    SinceEvent,
)
from tailorbird.language.predicates import (
    View,
    compile_select,
    compile_value,
    depends_on_areas,
    depends_on_zone,
)

_LONGEST_US: Final = {
    "day": 3 * DAY,
    "week": 9 * DAY,
    "month": 33 * DAY,
    "quarter": 94 * DAY,
    "year": 368 * DAY,
}
"""No period is longer than this, in whatever zone it is cut."""
_TIMES: Final = frozenset({"count", "first_time", "last_time", "active_days"})
"""Folds that need nothing of a fact but its time."""
_NEWEST: Final = frozenset({"latest", "last_time"})
"""Folds of a window that ends at T for which the newest fact is enough."""


class _Windowed:
    """What all bags share: filter, value and the sensitivity of both."""

    def __init__(self, fold: Fold, *further: Select) -> None:
        self.selects = (fold.select, *further)
        self._kind = fold.kind
        self._argument = fold.argument
        self._fits = compile_select(fold.select)
        self._value = compile_value(fold.value) if fold.value is not None else None
        parts = [fold.value, *(select.where for select in self.selects)]
        self.zoned = any(depends_on_zone(part) for part in parts)
        self.placed = any(depends_on_areas(part) for part in parts)

    def _entry(self, view: View) -> list[Any]:
        value = self._value(view) if self._value is not None else MISSING
        return [view.fact.time_us, view.fact.id, value]

    def _folded(self, entries: list[Any], scene: Scene) -> Any:
        if self._kind == "count":
            return len(entries) * UNIT
        return value_of(self._kind, self._argument, entries, scene)


class TimesBag(_Windowed):
    """A rolling or calendar window over nothing but times."""

    def __init__(self, fold: Fold, keep: int | None = None) -> None:
        super().__init__(fold)
        assert isinstance(fold.window, Rolling | Calendar)
        self._window = fold.window
        self._reach_us = -floor(fold.window, 0)
        self.keep = keep
        """Only so many of the newest are needed: larger counts need not be told apart."""
        if fold.kind in _NEWEST and isinstance(fold.window, Rolling) and not fold.window.near_us:
            self.keep = 1

    @property
    def counts_up_to_now(self) -> bool:
        """Whether this is the count of a window that ends at T."""
        window = self._window
        return self._kind == "count" and isinstance(window, Rolling) and not window.near_us

    def add(self, state: list[int] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        if not self._fits(view):
            return IGNORED
        times = [] if state is None else state
        time_us = view.fact.time_us
        keep = self.keep
        if keep is not None and len(times) >= keep:
            if time_us <= times[0]:
                return times
            del times[0]
        return added_to(times, time_us, limit)

    def merge(self, one: list[int], other: list[int]) -> list[int]:
        """See `LiveOperation`."""
        merged = sorted(one + other)
        return merged if self.keep is None else merged[-self.keep :]

    def value(self, state: list[int] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        times = state or []
        low, high = edges(self._window, scene)
        start = bisect_right(times, low)
        end = len(times) if high >= scene.now_us else bisect_right(times, high)
        if times:
            note_changes(self._window, times, start, end, scene)
        if self._kind == "count":
            return (end - start) * UNIT
        if self._kind == "first_time":
            return (times[start], 0) if start < end else MISSING
        if self._kind == "last_time":
            return (times[end - 1], 0) if start < end else MISSING
        return value_of("active_days", 0, [[t, "", MISSING] for t in times[start:end]], scene)

    def compared(self, index: int, name: str, bound: int) -> Callable[[Scene], bool] | None:
        """The count of a window that ends at T against a number, as one closure."""
        if not self.counts_up_to_now:
            return None
        assert isinstance(self._window, Rolling)
        far_us, test = self._window.far_us, _INTEGER_TESTS[name]

        def holds(scene: Scene) -> bool:
            times = scene.slots.get(index)
            if not times:
                return test(0, bound)
            low_us = scene.now_us - far_us
            start = 0 if times[0] > low_us else bisect_right(times, low_us)
            if start < len(times):
                scene.soon(times[start] + far_us)
            return test((len(times) - start) * UNIT, bound)

        return holds

    def prune(self, state: list[int], now_us: int) -> Any:
        """See `LiveOperation`."""
        low_us = now_us - self._reach_us
        if state and state[0] > low_us:
            return state
        return _rest(state, bisect_right(state, low_us))


_INTEGER_TESTS: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": eq,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


class EntriesBag(_Windowed):
    """A rolling or calendar window over values."""

    def __init__(self, fold: Fold) -> None:
        super().__init__(fold)
        assert isinstance(fold.window, Rolling | Calendar)
        self._window = fold.window
        self._reach_us = -floor(fold.window, 0)
        newest = fold.kind in _NEWEST and isinstance(fold.window, Rolling)
        self.keep = 1 if newest and not getattr(fold.window, "near_us", 1) else None
        """Only so many of the newest are needed."""

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        if not self._fits(view):
            return IGNORED
        entry = self._entry(view)
        if self.keep and state:
            return [max(state[0], entry, key=_order)]
        return _put([] if state is None else state, entry, limit)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        merged = sorted(one + other, key=_order)
        return merged[-1:] if self.keep else merged

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        entries = state or []
        low, high = edges(self._window, scene)
        start = bisect_right(entries, low, key=_time)
        end = bisect_right(entries, high, key=_time)
        if entries:
            times = [entry[0] for entry in entries]
            note_changes(self._window, times, start, end, scene)
        return self._folded(entries[start:end], scene)

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`."""
        low_us = now_us - self._reach_us
        if state and _time(state[0]) > low_us:
            return state
        return _rest(state, bisect_right(state, low_us, key=_time))


class SinceBag(_Windowed, Lasting):
    """What happened strictly after the latest of some other event: [[time, id] of it, entries].

    Only a later start makes entries useless.
    """

    def __init__(self, fold: Fold) -> None:
        assert isinstance(fold.window, SinceEvent)
        super().__init__(fold, fold.window.select)
        self._starts = compile_select(fold.window.select)

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        starts, fits = self._starts(view), self._fits(view)
        if not starts and not fits:
            return IGNORED
        since, entries = state or [[], []]
        key = key_of(view.fact)
        if fits and key > since:
            entries = _put(entries, self._entry(view), limit)
        if starts and key > since:
            since = key
        return _after(since, entries)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return _after(max(one[0], other[0]), sorted(one[1] + other[1], key=_order))

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        since, entries = state or [[], []]
        return self._folded(entries if since else [], scene)


def _after(since: list[Any], entries: list[Any]) -> list[Any]:
    if not since:
        # Without a start nothing counts, but a start may still come late and before these.
        return [since, entries]
    return [since, entries[bisect_right(entries, since, key=_order) :]]


class SessionBag(_Windowed, Lasting):
    """What belongs to the latest session: [times of acts, entries].

    An earlier session may become part of the latest by a late act: all is kept.
    """

    def __init__(self, fold: Fold) -> None:
        assert isinstance(fold.window, CurrentSession)
        super().__init__(fold, Select())

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        fact, fits = view.fact, self._fits(view)
        if not fits and not fact.act:
            return IGNORED
        acts, entries = state or [[], []]
        if fits:
            entries = _put(entries, self._entry(view), limit)
        if fact.act:
            acts = added_to(acts, fact.time_us, limit)
        return [acts, entries]

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return [sorted(one[0] + other[0]), sorted(one[1] + other[1], key=_order)]

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        acts, entries = state or [[], []]
        gap_us = scene.workspace.session_gap_us
        if not acts or scene.now_us - acts[-1] > gap_us:
            return self._folded([], scene)
        scene.soon(acts[-1] + gap_us + 1)
        start_us = acts[-1]
        for earlier_us in reversed(acts):
            if start_us - earlier_us > gap_us:
                break
            start_us = earlier_us
        return self._folded(entries[bisect_left(entries, start_us, key=_time) :], scene)


def _put(entries: list[Any], entry: list[Any], limit: int) -> list[Any]:
    if not entries or entries[-1][:2] < entry[:2]:
        entries.append(entry)
    else:
        entries.insert(bisect_left(entries, entry[:2], key=_order), entry)
    if len(entries) > limit:
        raise ReplayError("heavy")
    return entries


def _order(entry: list[Any]) -> list[Any]:
    return entry[:2]


def _time(entry: list[Any]) -> int:
    time_us: int = entry[0]
    return time_us


def _rest(state: list[Any], gone: int) -> Any:
    del state[:gone]
    return state or None


def edges(window: Rolling | Calendar, scene: Scene) -> tuple[int, int]:
    """The window at the scene's instant as (exclusive start, inclusive end)."""
    if isinstance(window, Rolling):
        return scene.now_us - window.far_us, scene.now_us - window.near_us
    return start_of_period(scene.now_us, window.period, scene.zone) - 1, scene.now_us


def floor(window: Rolling | Calendar, now_us: int) -> int:
    """No fact up to this instant is in the window at any instant from now on."""
    if isinstance(window, Rolling):
        return now_us - window.far_us
    return now_us - _LONGEST_US[window.period]


def note_changes(
    window: Rolling | Calendar, times: list[int], start: int, end: int, scene: Scene
) -> None:
    """Tell the scene when the next fact comes into the window, or leaves it."""
    if isinstance(window, Calendar):
        scene.soon(next_period(scene.now_us, window.period, scene.zone))
        return
    if start < len(times):
        scene.soon(times[start] + window.far_us)
    if end < len(times):
        scene.soon(times[end] + window.near_us)
