"""Conditions over time for many people at once.

A condition is taken apart into *atoms*, parts whose value follows from the rows in order alone:
operations, and comparisons of the time since something with a length. Between the instants at
which atoms turn nothing changes, so that there, and only there, the whole is evaluated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tailorbird.kernel.facts import TRAITS
from tailorbird.kernel.instants import zone
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, Column, Numbers, Same, as_flags
from tailorbird.language.batch.courses import (
    NEVER_US,
    Course,
    at_least,
    counted,
    during,
    elapsed_since,
    settled,
    together,
    totalled,
    turned,
)
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk
from tailorbird.language.batch.readings import Rows, coded, whole_code
from tailorbird.language.batch.roles import Roles
from tailorbird.language.batch.scalars import Here, needs
from tailorbird.language.batch.sequences import afresh, shape
from tailorbird.language.batch.typed import NotInSqlError, of_property
from tailorbird.language.definitions import Key
from tailorbird.language.operations import (
    Absence,
    Apply,
    Const,
    Expr,
    Fold,
    Given,
    Leaf,
    Lifetime,
    Match,
    Operation,
    Pattern,
    Points,
    Rolling,
    Select,
    Sessions,
    TraitValue,
    parts,
)
from tailorbird.language.operators import Type
from tailorbird.language.predicates import depends_on_zone
from tailorbird.language.world import World

Follow = Callable[[Chunk], Course]
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_SWAPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Timeline:
    """How a condition is followed."""

    condition: Expr
    expressions: Mapping[Key, Expr]
    rows: Rows
    columns: tuple[str, ...]
    """What is read of each row, besides the person and the time."""
    atoms: Mapping[Expr, Follow]
    also: tuple[int, ...]
    """The columns that tell which rows are selected by what was asked for besides."""
    by_gap: bool
    """Whether the session gap in force matters."""
    partition: None = None
    by_id: bool = True

    def holds(self, values: Mapping[Expr, Column], instants: Array) -> Array:
        """Whether the condition holds where the atoms have these values."""
        asked = Asked(instants, [_ELSEWHERE], np.zeros(len(instants), np.int64))
        evaluation = Evaluation(asked, {}, self.expressions, values)
        return as_flags(evaluation.column(self.condition), len(instants))

    def holds_before(self) -> bool:
        """Whether the condition holds for somebody of whom nothing has been read."""
        none = np.zeros(0, np.int64)
        nobody = Chunk(none, none, [none for _ in self.columns])
        values = {atom: Same(follow(nobody).before) for atom, follow in self.atoms.items()}
        return bool(self.holds(values, np.zeros(1, np.int64))[0])

    def courses(self, chunk: Chunk) -> list[Course]:
        """The values of the atoms over time."""
        return [follow(chunk) for follow in self.atoms.values()]

    def turns(self, chunk: Chunk, existence: Course | None) -> tuple[Array, Array, Array]:
        """Persons, instants and directions of all turns of the condition, in order.

        It cannot hold before a person exists, which is asked where it holds for anybody else.
        """
        courses = self.courses(chunk) if existence is None else [*self.courses(chunk), existence]
        if not courses:
            none = np.zeros(0, np.int64)
            return none, none, none.astype(bool)
        who, time_us, columns = together(courses)
        holds = self.holds(dict(zip(self.atoms, columns, strict=False)), time_us)
        if existence is not None:
            holds &= as_flags(columns[-1], len(who))
        rows = turned(who, holds)
        return who[rows], time_us[rows], holds[rows]


_ELSEWHERE: Final = Here(zone("UTC"), World().at(0))
"""What is in force does not matter to the functions that are followed."""


def timeline(
    condition: Expr,
    expressions: Mapping[Key, Expr],
    moment: Moment,
    from_us: int | None,
    also: Sequence[Select] = (),
) -> Timeline:
    """Take a condition apart; what happens before ``from_us`` is not asked about.

    Rows that are asked for besides come from the beginning. Raises `NotInSqlError` where the
    condition has other parts than those that are followed.
    """
    reader = _Reader(moment, expressions, from_us)
    roles = tuple(reader.also(select) for select in also)
    reader.read(condition)
    return Timeline(
        condition,
        expressions,
        reader.rows(),
        reader.columns,
        reader.atoms,
        roles,
        reader.by_gap,
    )


class _Reader:
    """Finds the atoms of a condition and the columns that they read."""

    def __init__(
        self, moment: Moment, expressions: Mapping[Key, Expr], from_us: int | None
    ) -> None:
        self.atoms: dict[Expr, Follow] = {}
        self.by_gap = False
        self._moment = moment
        self._expressions = expressions
        self._from_us = from_us
        self._roles = Roles(moment)
        self._reach: list[int | None] = []
        """How long before an instant each atom looks; None: to the beginning."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self._roles.columns

    def also(self, select: Select) -> int:
        self._reach.append(None)
        return self._role(select)

    def rows(self) -> Rows:
        after = None
        if self._from_us is not None and self._reach and None not in self._reach:
            after = self._from_us - max(reach for reach in self._reach if reach is not None)
        return self._roles.rows(after)

    def read(self, expr: Expr) -> None:
        if isinstance(expr, Const) or expr in self.atoms:
            return
        if isinstance(expr, Given):
            self._named(expr.key)
            return
        follow = self._compared(expr) if isinstance(expr, Apply) else None
        if follow is not None:
            self.atoms[expr] = follow
        elif isinstance(expr, Leaf):
            self.atoms[expr] = self._operation(expr.operation)
        elif isinstance(expr, Apply):
            self._function(expr)
        else:
            raise NotInSqlError("an item outside of its list")

    def _named(self, key: Key) -> None:
        if key not in self._expressions:
            raise NotInSqlError(f"the {key[0]} {key[1]}, which is not at hand")
        self.read(self._expressions[key])

    def _function(self, expr: Apply) -> None:
        alone = Apply(expr.name, (), expr.gives, expr.literal)
        if expr.literal == "each" or any(needs(alone)):
            raise NotInSqlError(f"{expr.name} over time")
        for part in parts(expr):
            self.read(part)

    def _compared(self, expr: Apply) -> Follow | None:
        """A comparison with a constant that is followed as a whole."""
        if expr.name not in _COMPARISONS:
            return None
        left, right = expr.arguments
        name = expr.name
        if isinstance(left, Const):
            left, right, name = right, left, _SWAPPED[name]
        if not isinstance(right, Const) or type(right.value) is not int:
            return None
        if isinstance(left, Apply) and left.name == "elapsed":
            return self._elapsed(left.arguments[0], _COMPARISONS[name], right.value)
        return self._threshold(left, name, right)

    def _elapsed(self, last: Expr, compare: Callable[[Any, Any], bool], length_us: int) -> Follow:
        fold = last.operation if isinstance(last, Leaf) else None
        if not isinstance(fold, Fold) or fold.kind != "last_time":
            raise NotInSqlError("the time since another instant")
        if not isinstance(fold.window, Lifetime):
            raise NotInSqlError("the time since the last fact of a window")
        role = self._role(fold.select)
        self._reach.append(None)

        def follow(chunk: Chunk) -> Course:
            rows = _fitting(chunk, role)
            return elapsed_since(chunk.who[rows], chunk.time_us[rows], compare, length_us)

        return follow

    def _threshold(self, left: Expr, name: str, right: Const) -> Follow | None:
        """At least so many facts in a rolling window: its intervals are found without sorting."""
        fold = left.operation if isinstance(left, Leaf) else None
        if not isinstance(fold, Fold) or fold.kind != "count" or right.gives is not Type.NUMBER:
            return None
        if not isinstance(fold.window, Rolling) or name not in (">", ">="):
            return None
        assert isinstance(right.value, int)
        least = -(-right.value // UNIT) if name == ">=" else right.value // UNIT + 1
        if least < 1:
            return None
        role, window = self._role(fold.select), fold.window
        self._reach.append(window.far_us)

        def follow(chunk: Chunk) -> Course:
            rows = _fitting(chunk, role)
            who, time_us = chunk.who[rows], chunk.time_us[rows]
            return at_least(who, time_us, least, window.near_us, window.far_us)

        return follow

    # Operations

    def _operation(self, operation: Operation) -> Follow:
        if isinstance(operation, Fold):
            return self._fold(operation)
        if isinstance(operation, TraitValue):
            typed = of_property((operation.key,), self._moment.hot)
            role = self._roles.condition(f"name = '{TRAITS}' AND {typed.said}", frozenset({TRAITS}))
            return self._latest(role, self._roles.value(whole_code(typed), role))
        if isinstance(operation, Points):
            return self._points(operation)
        if isinstance(operation, Match):
            return self._match(operation)
        if isinstance(operation, Absence):
            return self._absence(operation)
        if isinstance(operation, Sessions) and operation.measure == "count":
            return self._sessions(operation)
        raise NotInSqlError(f"{type(operation).__name__} over time")

    def _fold(self, fold: Fold) -> Follow:
        if depends_on_zone(fold.value):
            raise NotInSqlError("a zone, which may change over time")
        window = self._window(fold)
        role = self._role(fold.select)
        if fold.kind == "count":
            return self._following(role, lambda chunk, rows: _count(chunk, rows, window))
        if fold.value is not None and fold.kind == "sum":
            number = filters.value(fold.value, self._moment).number or "0"
            amount = self._roles.value(f"coalesce({number}, 0)", role)
            return self._following(
                role,
                lambda chunk, rows: totalled(
                    chunk.who[rows], chunk.time_us[rows], chunk.columns[amount][rows], window
                ),
            )
        if window is not None:
            raise NotInSqlError(f"{fold.kind} in a window over time")
        if fold.kind == "last_time":
            return self._following(role, _last_time)
        if fold.value is not None and fold.kind == "latest":
            code = whole_code(filters.value(fold.value, self._moment))
            return self._latest(role, self._roles.value(code, role))
        raise NotInSqlError(f"{fold.kind} over time")

    def _window(self, fold: Fold) -> tuple[int, int] | None:
        if isinstance(fold.window, Rolling):
            self._reach.append(fold.window.far_us)
            return fold.window.near_us, fold.window.far_us
        if not isinstance(fold.window, Lifetime):
            raise NotInSqlError("a window that does not move with time")
        self._reach.append(None)
        return None

    def _points(self, points: Points) -> Follow:
        if points.half_life_us is not None or any(line.cap_per_day for line in points.lines):
            raise NotInSqlError("points that age, or are capped")
        if sum(abs(line.points) for line in points.lines) >= 2**62:
            raise NotInSqlError("more points for a fact than 64 bits hold")
        self._reach.append(None)
        lines = [(self._role(line.select), line.points) for line in points.lines]

        def follow(chunk: Chunk) -> Course:
            amounts = np.zeros(len(chunk), np.int64)
            for role, given in lines:
                amounts += np.where(chunk.columns[role], given, 0)
            rows = np.flatnonzero(amounts)
            return totalled(chunk.who[rows], chunk.time_us[rows], amounts[rows], None)

        return follow

    def _match(self, match: Match) -> Follow:
        if match.pattern.same is not None:
            raise NotInSqlError("stories of several values over time")
        form = shape(match.pattern, self._roles)
        last_us, longest_us = match.last_us, form.longest_us
        bounded = last_us is not None and longest_us is not None and not match.counting
        self._reach.append(last_us + longest_us if bounded else None)  # type: ignore[operator]
        window = None if last_us is None else (0, last_us)

        def follow(chunk: Chunk) -> Course:
            starts = form.starts(chunk)
            ends = afresh(starts) if match.counting else np.flatnonzero(starts >= 0)
            if match.counting:
                return _count(chunk, ends, window)
            far_us = NEVER_US if last_us is None else last_us
            return at_least(chunk.who[ends], chunk.time_us[ends], 1, 0, far_us)

        return follow

    def _absence(self, absence: Absence) -> Follow:
        if absence.same is not None or isinstance(absence.after, Pattern):
            raise NotInSqlError("occasions of several facts or values over time")
        occasion, awaited = self._role(absence.after), self._role(absence.awaited)
        wait_us, last_us = absence.wait_us, absence.last_us
        self._reach.append(None if last_us is None else wait_us + last_us)

        def follow(chunk: Chunk) -> Course:
            rows = _fitting(chunk, occasion)
            followed = chunk.next_after(chunk.columns[awaited].astype(bool))[rows]
            until = np.where(followed >= 0, chunk.time_us[followed], NEVER_US)
            start = chunk.time_us[rows] + wait_us
            if absence.ever:
                until = np.where(until < start, 0, NEVER_US)
                rows, start, until = (a[until > 0] for a in (rows, start, until))
            if last_us is not None:
                until = np.minimum(until, start + last_us)
            return during(chunk.who[rows], start, until)

        return follow

    def _sessions(self, sessions: Sessions) -> Follow:
        self.by_gap = True
        role = self._role(Select())
        gap = self._roles.value(self._moment.session_gap(), role)
        self._reach.append(None)
        window = None if sessions.last_us is None else (0, sessions.last_us)

        def count(chunk: Chunk, rows: Array) -> Course:
            who, time_us = chunk.who[rows], chunk.time_us[rows]
            begins = np.append(True, who[1:] != who[:-1])[: len(who)]
            begins[1:] |= time_us[1:] - time_us[:-1] > chunk.columns[gap][rows][1:]
            return _count(chunk, rows[begins], window)

        return self._following(role, count)

    # How columns are read

    def _role(self, select: Select) -> int:
        if depends_on_zone(select.where):
            raise NotInSqlError("a zone, which may change over time")
        return self._roles.of(select)

    def _following(self, role: int, course: Callable[[Chunk, Array], Course]) -> Follow:
        return lambda chunk: course(chunk, _fitting(chunk, role))

    def _latest(self, role: int, code: int) -> Follow:
        self._reach.append(None)

        def latest(chunk: Chunk, rows: Array) -> Course:
            values = coded([chunk.columns[code][rows]])
            return settled(chunk.who[rows], chunk.time_us[rows], values, MISSING)

        return self._following(role, latest)


def _fitting(chunk: Chunk, role: int) -> Array:
    return np.flatnonzero(chunk.columns[role])


def _count(chunk: Chunk, rows: Array, window: tuple[int, int] | None) -> Course:
    return counted(chunk.who[rows], chunk.time_us[rows], window)


def _last_time(chunk: Chunk, rows: Array) -> Course:
    time_us = chunk.time_us[rows]
    value: Column = Numbers(time_us, np.ones(len(rows), bool))
    return settled(chunk.who[rows], time_us, value, MISSING)
