"""Which of a person's facts make an operation's value what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from tailorbird.kernel.decay import HOPS
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import local_date, parse_instant
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.kernel.values import MISSING, Value, write_tagged
from tailorbird.language.functions import group_key
from tailorbird.language.live.bags import edges
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import IGNORED, Scene
from tailorbird.language.live.sessions import spans
from tailorbird.language.operations import (
    Calendar,
    CurrentSession,
    Fixed,
    Fold,
    Held,
    Operation,
    PointLine,
    Points,
    Rolling,
    Select,
    Sessions,
    SinceEvent,
    TraitValue,
    Turned,
)
from tailorbird.language.predicates import View, compile_select, compile_value

_UNBOUNDED: Final = 1 << 60
_WITNESSES_OF: Final = 2_000
"""Among so many facts at most a smallest set that suffices is looked for."""


class Evidence:
    """A person's facts that count at an instant, and what is in force there."""

    def __init__(self, plan: Plan, facts: Sequence[Fact], scene: Scene) -> None:
        self._plan = plan
        self._facts = facts
        self._scene = scene

    def of(self, operation: Operation) -> list[Fact]:
        """The facts that made the operation's value; in order."""
        if isinstance(operation, Held | Turned):
            return []
        if isinstance(operation, Fold):
            return _deciding(operation, self._in_window(operation), self._view)
        if isinstance(operation, Points):
            return self._of_points(operation)
        if isinstance(operation, Sessions):
            return self._of_sessions(operation)
        read = self.read_by(operation)
        return read[-1:] if isinstance(operation, TraitValue) else self._witnesses(operation, read)

    def read_by(self, operation: Operation) -> list[Fact]:
        """All facts that the operation looks at, whether or not they count now."""
        if isinstance(operation, Fold):
            return self._selected(operation.select)
        live = self._plan.table[self._plan.operations.index(operation)]
        return [f for f in self._facts if live.add(None, self._view(f), _UNBOUNDED) is not IGNORED]

    def _view(self, fact: Fact) -> View:
        return View(fact, self._scene.zone, self._scene.workspace.areas)

    def _selected(self, select: Select) -> list[Fact]:
        fits = compile_select(select)
        return [fact for fact in self._facts if fits(self._view(fact))]

    # Windows

    def _in_window(self, fold: Fold) -> list[Fact]:
        selected, window = self._selected(fold.select), fold.window
        if isinstance(window, Rolling | Calendar):
            after_us, to_us = edges(window, self._scene)
            return [fact for fact in selected if after_us < fact.time_us <= to_us]
        if isinstance(window, Fixed):
            return self._in_span(selected, window)
        if isinstance(window, SinceEvent):
            starts = self._selected(window.select)
            return [fact for fact in selected if starts and fact.key > starts[-1].key]
        if isinstance(window, CurrentSession):
            sessions = self._sessions()
            gap_us = self._scene.workspace.session_gap_us
            if not sessions or self._scene.now_us - sessions[-1][1] > gap_us:
                return []
            return [fact for fact in selected if fact.time_us >= sessions[-1][0]]
        return selected

    def _in_span(self, selected: list[Fact], window: Fixed) -> list[Fact]:
        found = selected
        if window.start is not None:
            start_us = parse_instant(window.start, self._scene.zone)
            found = [f for f in found if start_us is not None and f.time_us >= start_us]
        if window.end is not None:
            end_us = parse_instant(window.end, self._scene.zone)
            found = [f for f in found if end_us is not None and f.time_us < end_us]
        return found

    def _sessions(self) -> list[tuple[int, int]]:
        acts = [fact.time_us for fact in self._facts if fact.act]
        return spans(acts, self._scene.workspace.session_gap_us)

    def _of_sessions(self, sessions: Sessions) -> list[Fact]:
        """Of a count the acts that began a session, of a measure those of the latest session."""
        acts, found = [fact for fact in self._facts if fact.act], self._sessions()
        if sessions.measure != "count":
            return [fact for fact in acts if fact.time_us >= found[-1][0]] if found else []
        last_us = sessions.last_us
        after_us = -_UNBOUNDED if last_us is None else self._scene.now_us - last_us
        starts = {start_us for start_us, _ in found if start_us > after_us}
        first = {fact.time_us: fact for fact in reversed(acts)}
        return [first[start_us] for start_us in sorted(starts)]

    # Scores

    def _of_points(self, points: Points) -> list[Fact]:
        oldest_us = -_UNBOUNDED
        if points.half_life_us is not None:
            hop_us = points.half_life_us // HOPS
            oldest_us = (self._scene.now_us // hop_us - DECAY_HOPS + 1) * hop_us
        given = {f.key for line in points.lines for f in self._giving(line)}
        return [f for f in self._facts if f.key in given and f.time_us >= oldest_us]

    def _giving(self, line: PointLine) -> Iterator[Fact]:
        """The facts that a line gives points for: of a date no more than its cap."""
        taken: dict[int, int] = {}
        for fact in self._selected(line.select):
            date = local_date(fact.time_us, self._scene.zone)
            taken[date] = taken.get(date, 0) + 1
            if line.cap_per_day is None or taken[date] <= line.cap_per_day:
                yield fact

    # Stories

    def _witnesses(self, operation: Operation, read: list[Fact]) -> list[Fact]:
        """Of a condition that holds a set of facts that suffices, none of them idle; else all."""
        if self._value(operation, read) is not True:
            return read if self._is_measure(operation, read) else []
        kept = read[-_WITNESSES_OF:]
        if self._value(operation, kept) is not True:
            return []
        size = max(len(kept) // 2, 1)
        while size:
            start = 0
            while start < len(kept):
                fewer = kept[:start] + kept[start + size :]
                if self._value(operation, fewer) is True:
                    kept = fewer
                else:
                    start += size
            size //= 2
        return kept

    def _is_measure(self, operation: Operation, read: list[Fact]) -> bool:
        value = self._value(operation, read)
        return value is not False and value is not MISSING

    def _value(self, operation: Operation, facts: list[Fact]) -> Any:
        """What the operation would be if there were only these facts."""
        live, state = self._plan.table[self._plan.operations.index(operation)], None
        for fact in facts:
            taken = live.add(state, self._view(fact), _UNBOUNDED)
            state = state if taken is IGNORED else taken
        return live.value(state, self._scene)


def _deciding(fold: Fold, facts: list[Fact], view: Callable[[Fact], View]) -> list[Fact]:
    """Of the facts in a fold's window those that its value comes from."""
    if fold.kind in ("first", "first_time", "anchor"):
        return facts[:1]
    if fold.kind in ("latest", "last_time"):
        return facts[-1:]
    if fold.value is None:
        return facts
    value = compile_value(fold.value)
    with_values = [(fact, value(view(fact))) for fact in facts]
    if fold.kind in ("count_by", "favourite"):
        return _largest_group(with_values)
    if fold.kind in ("distinct", "top"):
        return [fact for fact, value in with_values if group_key(value)]
    numbers = [(fact, value) for fact, value in with_values if type(value) is int]
    if fold.kind in ("min", "max") and numbers:
        choose = min if fold.kind == "min" else max
        extreme = choose(value for _, value in numbers)
        return [fact for fact, value in numbers if value == extreme][:1]
    return [fact for fact, _ in numbers]


def _largest_group(with_values: list[tuple[Fact, Value]]) -> list[Fact]:
    groups: dict[str, list[Fact]] = {}
    for fact, value in with_values:
        if group_key(value):
            groups.setdefault(write_tagged(value), []).append(fact)
    return max(groups.values(), key=lambda facts: (len(facts), facts[-1].key), default=[])
