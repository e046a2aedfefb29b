"""Operations that follow a story: sequences, absence, smoothing, places, traits."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any, Final

from tailorbird.kernel.facts import TRAITS, Fact
from tailorbird.kernel.geometry import inside, read_location
from tailorbird.kernel.instants import zone
from tailorbird.kernel.limits import SMOOTHED_VALUES
from tailorbird.kernel.smoothing import exponential, kalman
from tailorbird.kernel.values import MISSING, UNIT, Value
from tailorbird.language.live.scene import IGNORED, Lasting, Scene
from tailorbird.language.live.sequences import Matcher, grouping, later_than, merged, put
from tailorbird.language.operations import (
    Absence,
    Dwell,
    Match,
    Pattern,
    Select,
    Smooth,
    Step,
    TraitValue,
)
from tailorbird.language.predicates import (
    View,
    compile_select,
    compile_value,
    depends_on_areas,
    depends_on_zone,
)
from tailorbird.language.world import FOREVER


class LiveMatch:
    """Whether, or how often, a pattern was completed; the state is the list of entries."""

    def __init__(self, match: Match) -> None:
        self.matcher = Matcher(match.pattern)
        self._last_us = match.last_us
        self._counting = match.counting
        self.selects = self.matcher.selects
        self.zoned, self.placed = self.matcher.zoned, self.matcher.placed
        lifetime = match.last_us is None and not match.counting
        self._is_lasting = lifetime and self.matcher.is_monotone
        """Once completed it stays so, and facts after the first completion are not needed."""

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        entry = self.matcher.read(view)
        if entry is None:
            return IGNORED
        return put([] if state is None else state, entry, limit)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return merged(one, other)

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        if not state or not self.matcher.may_complete(state):
            return 0 if self._counting else False
        entries = self._in_reach(state, scene.now_us)
        read = self.matcher.completions(entries, looking(scene), afresh=self._counting)
        ends = [entries[i][0] for i in read]
        if self._last_us is not None:
            ends = ends[bisect_right(ends, scene.now_us - self._last_us) :]
            if ends:
                scene.soon((ends[0] if self._counting else ends[-1]) + self._last_us)
        return len(ends) * UNIT if self._counting else bool(ends)

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`."""
        if self._is_lasting:
            first = next(self.matcher.completions(state, _NO_VIEW), len(state))
            return state[: first + 1]
        return self._in_reach(state, now_us) or None

    def _in_reach(self, entries: list[Any], now_us: int) -> list[Any]:
        """What a match in the window can consist of.

        How often something happened depends on where the first match began: then it is all.
        """
        if self._last_us is None or self.matcher.span_us is None or self._counting:
            return entries
        return later_than(entries, now_us - self._last_us - self.matcher.span_us)


class LiveAbsence:
    """Whether an occasion passed its deadline without the awaited fact."""

    def __init__(self, absence: Absence) -> None:
        self._absence = absence
        after = absence.after
        self._is_pattern = isinstance(after, Pattern)
        pattern = after if isinstance(after, Pattern) else Pattern((Step(after),))
        self.matcher = Matcher(pattern)
        self._awaited = compile_select(absence.awaited)
        self.is_plain = (
            not absence.ever
            and absence.same is None
            and not self._is_pattern
            and self.matcher.is_single
        )
        """Every occasion after the last answer is unanswered, and no other."""
        self._same = None if absence.same is None else compile_value(absence.same)
        self.selects = (*self.matcher.selects, absence.awaited)
        parts = [absence.awaited.where, absence.same]
        self.zoned = self.matcher.zoned or any(map(depends_on_zone, parts))
        self.placed = self.matcher.placed or any(map(depends_on_areas, parts))

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`: entries [occasion entry, value to agree on, whether awaited]."""
        read = self.matcher.read(view)
        awaited = bool(self._awaited(view))
        if read is None and not awaited:
            return IGNORED
        fact = view.fact
        value: Value = True if self._same is None else self._same(view)
        entry = [fact.time_us, fact.id, awaited, grouping(value), read]
        return put([] if state is None else state, entry, limit)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return merged(one, other)

    def value(self, state: list[Any] | None, scene: Scene) -> bool:
        """See `LiveOperation`."""
        if not state:
            return False
        if self.is_plain:
            absence = self._absence
            held, until_us = overdue(state, absence.wait_us, absence.last_us, scene.now_us)
            scene.soon(until_us)
            return held
        entries = self._undecided(state)
        waiting = [time_us + self._absence.wait_us for time_us in self._unanswered(entries, scene)]
        last_us = self._absence.last_us
        passed = [deadline for deadline in waiting if deadline <= scene.now_us]
        for deadline in waiting[len(passed) : len(passed) + 1]:
            scene.soon(deadline)
        if last_us is not None:
            passed = [deadline for deadline in passed if deadline > scene.now_us - last_us]
            if passed:
                scene.soon(passed[-1] + last_us)
        return bool(passed)

    def _unanswered(self, entries: list[Any], scene: Scene) -> list[int]:
        """Times of the occasions, in order, that nothing awaited has followed (in time)."""
        occasions = [entry for entry in entries if entry[4] is not None]
        if not occasions:
            return []
        read = [entry[4] for entry in occasions]
        ends = self.matcher.completions(read, looking(scene))
        answers: dict[str, list[list[Any]]] = {}
        for entry in entries:
            if entry[2] and entry[3] is not None:
                answers.setdefault(entry[3], []).append(entry[:2])
        return [
            occasions[i][0]
            for i in ends
            if occasions[i][3] is not None and not self._is_answered(occasions[i], answers)
        ]

    def _is_answered(self, occasion: list[Any], answers: dict[str, list[list[Any]]]) -> bool:
        given = answers.get(occasion[3], [])
        next_one = bisect_right(given, occasion[:2])
        if next_one == len(given):
            return False
        if not self._absence.ever:
            return True
        passed_us: int = given[next_one][0] - occasion[0]
        return passed_us < self._absence.wait_us

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`."""
        absence = self._absence
        if absence.last_us is not None and self.matcher.span_us is not None:
            floor_us = now_us - absence.last_us - absence.wait_us - self.matcher.span_us
            return later_than(state, floor_us) or None
        return self._undecided(state)

    def _undecided(self, entries: list[Any]) -> list[Any]:
        """Occasions up to the last answer are answered for good, whatever still comes."""
        if self._absence.ever or self._is_pattern or self._absence.same is not None:
            return entries
        for index in range(len(entries) - 1, -1, -1):
            if entries[index][2]:
                return entries[index:]
        return entries


def overdue(entries: list[Any], wait_us: int, last_us: int | None, now_us: int) -> tuple[bool, int]:
    """Of plain absences whether the newest occasion whose deadline has passed is unanswered.

    Gives also the next instant at which that may turn by itself. Entries are those of
    `LiveAbsence`; only occasions after the last answer are looked at, the newest first.
    """
    until_us = FOREVER
    for entry in reversed(entries):
        if entry[4] is not None:
            deadline_us = entry[0] + wait_us
            if deadline_us <= now_us:
                if last_us is None or deadline_us > now_us - last_us:
                    ends_us = FOREVER if last_us is None else deadline_us + last_us
                    return True, min(until_us, ends_us)
                break
            until_us = deadline_us
        if entry[2]:
            break
    return False, until_us


class LiveSmooth(Lasting):
    """The last numbers in order, smoothed when asked for."""

    def __init__(self, smooth: Smooth) -> None:
        self._smooth = smooth
        self.selects = (smooth.select,)
        self._fits = compile_select(smooth.select)
        self._value = compile_value(smooth.value)
        parts = (smooth.select.where, smooth.value)
        self.zoned = any(map(depends_on_zone, parts))
        self.placed = any(map(depends_on_areas, parts))

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        if not self._fits(view):
            return IGNORED
        value = self._value(view)
        if type(value) is not int:
            return IGNORED
        entries = [] if state is None else state
        entry = [view.fact.time_us, view.fact.id, value]
        entries.insert(bisect_left(entries, entry), entry)
        return entries[-SMOOTHED_VALUES:]

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return sorted(one + other)[-SMOOTHED_VALUES:]

    def value(self, state: list[Any] | None, scene: Scene) -> Value:
        """See `LiveOperation`."""
        values = [entry[2] for entry in state or []]
        if self._smooth.method == "ewma":
            return exponential(values, self._smooth.alpha)
        return kalman(values, self._smooth.q, self._smooth.r)


class LiveDwell:
    """Where the person was: [time, id, latitude, longitude] of each location fact."""

    def __init__(self, dwell: Dwell) -> None:
        self._dwell = dwell
        self.selects = (Select(),)
        self.zoned = self.placed = False

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        fact = view.fact
        location = read_location(fact.context.get("location")) if fact.act else None
        if location is None:
            return IGNORED
        return put([] if state is None else state, [fact.time_us, fact.id, *location], limit)

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return merged(one, other)

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        area = scene.workspace.areas.get(self._dwell.area, ())
        floor_us = None if self._dwell.last_us is None else scene.now_us - self._dwell.last_us
        total_us, crossed, before_us, before_inside = 0, False, 0, False
        first = True
        for time_us, _, latitude, longitude in state or []:
            now_inside = inside(area, latitude, longitude)
            if floor_us is None or time_us > floor_us:
                stayed_us = time_us - before_us
                both = before_inside and now_inside and not first
                if both and stayed_us <= scene.workspace.session_gap_us:
                    total_us += stayed_us
                entered = now_inside and not before_inside
                left = before_inside and not now_inside
                crossed = crossed or (entered if self._dwell.measure == "entered" else left)
                if self._dwell.last_us is not None:
                    scene.soon(time_us + self._dwell.last_us)
            before_us, before_inside, first = time_us, now_inside, False
        return (total_us, 0) if self._dwell.measure == "time" else crossed

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`: the last place before the window is still needed."""
        if self._dwell.last_us is None:
            return state
        kept = bisect_right(state, now_us - self._dwell.last_us, key=lambda entry: entry[0])
        return state[max(kept - 1, 0) :]


class LiveTrait(Lasting):
    """The latest value of one trait: [time, id, value]."""

    def __init__(self, trait: TraitValue) -> None:
        self._key = trait.key
        self.selects = (Select(frozenset({TRAITS})),)
        self.zoned = self.placed = False

    def add(self, state: list[Any] | None, view: View, limit: int) -> Any:
        """See `LiveOperation`."""
        fact = view.fact
        value = fact.properties.get(self._key, MISSING)
        if value is MISSING or fact.name != TRAITS:
            return IGNORED
        entry = [fact.time_us, fact.id, value]
        return entry if state is None or entry[:2] > state[:2] else state

    def merge(self, one: list[Any], other: list[Any]) -> list[Any]:
        """See `LiveOperation`."""
        return max(one, other, key=lambda entry: entry[:2])

    def value(self, state: list[Any] | None, scene: Scene) -> Any:
        """See `LiveOperation`."""
        return MISSING if state is None or state[2] is None else state[2]


def looking(scene: Scene) -> View:
    """A view without a fact, for conditions that look at remembered ones."""
    return View(_NO_FACT, scene.zone, scene.workspace.areas)


_NO_FACT: Final = Fact("", 0, "", "", {}, {}, False, False, "", 0, 0)
_NO_VIEW: Final = View(_NO_FACT, zone("UTC"), {})
