"""Definitions as Python text: conditions over the states of operations.

A value that is read is written as a statement of its own, once, before what compares it; so is the
instant at which a window or a duration turns the answer, which goes into ``until_us``. What has no
written form is a call of its closure on ``scene``. See `expressions` for the meaning of each form.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeGuard

from tailorbird.kernel.values import MISSING, UNIT, bounded, mean
from tailorbird.language.definitions import Key
from tailorbird.language.live.as_cut import scene_as_cut
from tailorbird.language.live.bags import TimesBag
from tailorbird.language.live.expressions import Closure
from tailorbird.language.live.generated.filters import compared
from tailorbird.language.live.generated.source import Source
from tailorbird.language.live.lifetime import LifetimeFold
from tailorbird.language.live.points import Total
from tailorbird.language.live.scene import LiveOperation
from tailorbird.language.live.stories import LiveAbsence, LiveMatch, overdue
from tailorbird.language.operations import (
    Absence,
    Apply,
    Const,
    Expr,
    Fixed,
    Fold,
    Given,
    Leaf,
    Operation,
    Rolling,
    TraitValue,
)
from tailorbird.language.operators import Type

_COMPARISONS: Final = frozenset({"==", "<", "<=", ">", ">="})
_INSTANTS: Final = frozenset({"last_time", "first_time"})
_LIFETIME: Final = {
    "sum": "bounded({a}[1]) if {a} else 0",
    "avg": "mean({a}[1], {a}[0]) if {a} else MISSING",
    "first": "{a}[2] if {a} else MISSING",
    "latest": "{a}[2] if {a} else MISSING",
}
"""Values of lifetime folds, whose state is ``a`` or None."""


class Table(NamedTuple):
    """What a plan's builder knows about operations and definitions."""

    index_of: Callable[[Operation], int]
    operations: list[LiveOperation]
    lowered: Mapping[Key, Expr]
    compile: Callable[[Expr], Closure]
    tracked: tuple[Expr, ...]
    """The expressions of segments and personas, by number."""
    affected: list[tuple[int, ...]]
    """By operation: the numbers of those that may change with it."""
    blank: frozenset[int]
    """Those that hold for a stranger."""


class Questions:
    """Writes conditions for one function."""

    def __init__(self, source: Source, table: Table) -> None:
        self._source = source
        self._table = table
        self._written: dict[object, str] = {}
        """Texts by what they stand for, as far as the statements above reach."""
        self._asked: dict[Expr, str] = {}
        """The names of closures."""
        source.bind("MISSING", MISSING)
        source.bind("bounded", bounded)
        source.bind("mean", mean)
        source.bind("bisect_right", bisect_right)
        source.bind("scene_as_cut", scene_as_cut)

    def begin(self) -> None:
        """What comes before all questions."""
        self._source.line("turns, scene = [], None")

    def end(self) -> None:
        """What comes after them."""
        with self._source.block("if scene is not None and scene.until_us < until_us:"):
            self._source.line("until_us = scene.until_us")
        self._source.line("return turns, until_us")

    def added(self, index: int) -> None:
        """An operation was added to in any case: its state needs no look-up."""
        self._written["state", index] = f"a{index}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Questions asked only where a condition holds."""
        before = dict(self._written)
        with self._source.block(head):
            yield
        self._written = before

    def turns(self, numbers: Iterable[int]) -> None:
        """Put those of some definitions into ``turns`` that answer otherwise than before."""
        for number in numbers:
            holds = self.condition(self._table.tracked[number])
            turned = "is" if number in self._table.blank else "is not"
            with self._source.block(f"if {holds} {turned} ({number} in turned):"):
                self._source.line(f"turns.append({number})")

    def condition(self, expr: Expr) -> str:
        """Text that is True or False."""
        if isinstance(expr, Given):
            return self._given(expr)
        if isinstance(expr, Apply) and expr.name in ("and", "or"):
            parts = [self.condition(part) for part in expr.arguments]
            return "(" + f" {expr.name} ".join(parts) + ")"
        if isinstance(expr, Apply) and expr.name == "not":
            return f"(not {self.condition(expr.arguments[0])})"
        if isinstance(expr, Apply) and expr.name in _COMPARISONS:
            return self._comparison(expr) or self._closure(expr)
        return self._closure(expr)

    def _given(self, given: Given) -> str:
        """Another definition: a statement of its own, which all that refer to it share."""
        if given not in self._written:
            text = self.condition(self._table.lowered[given.key])
            name = f"g{len(self._written)}"
            self._source.line(f"{name} = {text}")
            self._written[given] = name
        return self._written[given]

    def _closure(self, expr: Expr) -> str:
        if isinstance(expr, Leaf):
            index = self._table.index_of(expr.operation)
            live = self._table.operations[index]
            if isinstance(live, LiveAbsence) and live.is_plain:
                return self._overdue(index, expr.operation)
            value = self._source.bind(f"value_{index}", live.value)
            asked = f"{value}({self._state(index)}, {self._scene()})"
            if isinstance(live, LiveMatch):
                return f"bool({self._may_complete(index, live)} and {asked})"
            return f"bool({asked})"
        name = self._asked.get(expr)
        if name is None:
            closure = self._table.compile(expr)
            name = self._asked[expr] = self._source.bind(f"ask_{len(self._asked)}", closure)
        return f"bool({name}({self._scene()}))"

    def _scene(self) -> str:
        """The scene, which is made for whatever asks for it first."""
        return "(scene := scene or scene_as_cut(state, now_us, world))"

    def _may_complete(self, index: int, live: LiveMatch) -> str:
        """Mostly some step of a pattern has not happened, which takes no scene to see."""
        may = self._source.bind(f"may_{index}", live.matcher.may_complete)
        state = self._state(index)
        return f"{state} and len({state}) >= {live.matcher.size} and {may}({state})"

    def _overdue(self, index: int, absence: Operation) -> str:
        """See `LiveAbsence.value`; when the newest fact is awaited, nothing is overdue."""
        assert isinstance(absence, Absence)
        key = ("overdue", index)
        if key not in self._written:
            self._source.bind("overdue", overdue)
            state, held = self._state(index), f"o{index}"
            self._source.line(f"{held} = False")
            with self._source.block(f"if {state} and {state}[-1][4] is not None:"):
                given = f"{state}, {absence.wait_us}, {absence.last_us}, now_us"
                self._source.line(f"{held}, v = overdue({given})")
                with self._source.block("if v < until_us:"):
                    self._source.line("until_us = v")
            self._written[key] = held
        return self._written[key]

    # Comparisons

    def _comparison(self, expr: Apply) -> str | None:
        left, right = expr.arguments
        if isinstance(left, Apply) and left.name == "elapsed":
            return self._elapsed(expr.name, left.arguments[0], right)
        left = self._resolved(left)
        if not isinstance(left, Leaf) or not isinstance(right, Const):
            return None
        bound, count = right.value, self._whole(left.operation)
        if count is not None and type(bound) is int and right.gives is Type.NUMBER:
            return _count_compared(count, expr.name, bound)
        if type(bound) not in (int, str, bool) or compared("", expr.name, bound) is None:
            return None
        value = self._value(left.operation)
        return None if value is None else compared(value, expr.name, bound)

    def _resolved(self, expr: Expr) -> Expr:
        while isinstance(expr, Given):
            expr = self._table.lowered[expr.key]
        return expr

    def _elapsed(self, op: str, instant: Expr, length: Expr) -> str | None:
        """Time since the first or last fact against a length; see `_compare_elapsed`."""
        leaf = self._resolved(instant)
        if not isinstance(leaf, Leaf) or not isinstance(length, Const):
            return None
        fold, length_us = leaf.operation, length.value
        if not self._is_lifetime(fold) or fold.kind not in _INSTANTS or type(length_us) is not int:
            return None
        state = self._state(self._table.index_of(fold))
        key = ("elapsed", state, length_us)
        if key not in self._written:
            self._written[key] = name = f"d{len(self._written)}"
            line = self._source.line
            line(f"{name} = now_us - {state}[0] - {length_us} if {state} else None")
            with self._source.block(f"if {name} is not None and {name} <= 0:"):
                self._soon(f"now_us - ({name} or -1)")
        name = self._written[key]
        return f"({name} is not None and {name} {op} 0)"

    def _soon(self, instant: str) -> None:
        self._source.line(f"v = {instant}")
        with self._source.block("if v < until_us:"):
            self._source.line("until_us = v")

    # Values

    def _state(self, index: int) -> str:
        key = ("state", index)
        if key not in self._written:
            self._source.line(f"b{index} = slots.get({index})")
            self._written[key] = f"b{index}"
        return self._written[key]

    def _is_lifetime(self, operation: Operation) -> TypeGuard[Fold]:
        if not isinstance(operation, Fold) or isinstance(operation.window, Fixed):
            return False
        live = self._table.operations[self._table.index_of(operation)]
        return isinstance(live, LifetimeFold)

    def _whole(self, operation: Operation) -> str | None:
        """How many facts, or different values, there are: a plain number, not millionths."""
        if not isinstance(operation, Fold):
            return None
        index = self._table.index_of(operation)
        live = self._table.operations[index]
        if isinstance(live, TimesBag) and live.counts_up_to_now:
            assert isinstance(operation.window, Rolling)
            return self._count_in(index, operation.window.far_us)
        if not self._is_lifetime(operation):
            return None
        if operation.kind == "count":
            return f"({self._state(index)} or 0)"
        state = self._state(index)
        return f"len({state} or ())" if operation.kind in ("distinct", "active_days") else None

    def _count_in(self, index: int, far_us: int) -> str:
        """See `TimesBag.compared`."""
        key = ("count", index)
        if key in self._written:
            return self._written[key]
        times, count, source = self._state(index), f"n{index}", self._source
        source.line(f"{count} = len({times} or ())")
        with source.block(f"if {count}:"):
            source.line(f"v = {times}[0] + {far_us}")
            with source.block("if v <= now_us:"):
                source.line(f"v = bisect_right({times}, now_us - {far_us})")
                source.line(f"{count} -= v")
                source.line(f"v = {times}[v] + {far_us} if {count} else until_us")
            with source.block("if v < until_us:"):
                source.line("until_us = v")
        self._written[key] = count
        return count

    def _value(self, operation: Operation) -> str | None:
        """A value that may be missing, which stays as it is while nothing happens."""
        index = self._table.index_of(operation)
        if isinstance(operation, TraitValue):
            return self._noted(index, "{a}[2] if {a} else MISSING")
        if isinstance(self._table.operations[index], Total):
            return self._noted(index, "bounded({a} or 0)")
        if not self._is_lifetime(operation) or operation.kind not in _LIFETIME:
            return None
        return self._noted(index, _LIFETIME[operation.kind])

    def _noted(self, index: int, text: str) -> str:
        key = ("value", index)
        if key not in self._written:
            self._source.line(f"v{index} = {text.format(a=self._state(index))}")
            self._written[key] = f"v{index}"
        return self._written[key]


def _count_compared(count: str, op: str, bound: int) -> str:
    """A whole number against one in millionths."""
    whole, rest = divmod(bound, UNIT)
    if not rest:
        return f"({count} {op} {whole})"
    if op == "==":
        return "False"
    return f"({count} {'>=' if op in ('>', '>=') else '<'} {whole + 1})"
