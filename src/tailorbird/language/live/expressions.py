"""Lowered expressions to closures over a scene.

Values that move as time passes, durations and instants, are pairs (value, slope): the value at
the scene's instant and by how much it grows each microsecond. Comparing two of them tells the
scene when the answer turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tailorbird.kernel.geometry import circle, inside, near, read_location
from tailorbird.kernel.instants import (
    HOUR,
    days_to_anniversary,
    local_date,
    local_hour,
    local_weekday,
    next_period,
    offset_us,
    parse_instant,
    start_of_date,
    to_date,
)
from tailorbird.kernel.values import MISSING, UNIT, Value, at_path
from tailorbird.language import functions
from tailorbird.language.definitions import Key
from tailorbird.language.functions import VALUE_FUNCTIONS
from tailorbird.language.live.bags import TimesBag
from tailorbird.language.live.points import Decayed
from tailorbird.language.live.scene import LiveOperation, Scene
from tailorbird.language.operations import (
    Apply,
    Const,
    Expr,
    Given,
    Held,
    InSession,
    Item,
    Leaf,
    Operation,
    Turned,
    parts,
)
from tailorbird.language.operators import Type
from tailorbird.language.text import is_found

Closure = Callable[[Scene], Any]
_MOVING: Final = frozenset({Type.DURATION, Type.INSTANT})
_COMPARISONS: Final = frozenset({"==", "<", "<=", ">", ">="})


class Compiler:
    """Compiles expressions against a table of operations and the other definitions."""

    def __init__(
        self,
        index_of: Callable[[Operation], int],
        operations: list[LiveOperation],
        lowered: Mapping[Key, Expr],
    ) -> None:
        self._index_of = index_of
        self._operations = operations
        self._lowered = lowered
        self._closures: dict[Key, Closure] = {}
        self._shared = given_keys(lowered.values())

    def definition(self, key: Key) -> Closure:
        """The closure of a definition; compiled once."""
        if key not in self._closures:
            body = self.compile(self._lowered[key])
            if key not in self._shared:
                self._closures[key] = body
                return body

            def remembered(scene: Scene) -> Any:
                if key not in scene.memo:
                    scene.memo[key] = body(scene)
                return scene.memo[key]

            self._closures[key] = remembered
        return self._closures[key]

    def compile(self, expr: Expr) -> Closure:
        """The closure of an expression; of a duration or instant it gives pairs."""
        if isinstance(expr, Const):
            return self._const(expr)
        if isinstance(expr, Leaf):
            return self._leaf(expr)
        if isinstance(expr, Given):
            return self.definition(expr.key)
        assert isinstance(expr, Apply)
        special = _SPECIAL.get(expr.name)
        if special is not None:
            return special(self, expr)
        if expr.name in _COMPARISONS:
            return self._comparison(expr)
        if expr.gives in _MOVING or any(arg.gives in _MOVING for arg in expr.arguments):
            return self._moving(expr)
        return self._function(expr)

    def _const(self, expr: Const) -> Closure:
        value: Any = list(expr.value) if isinstance(expr.value, tuple) else expr.value
        if expr.gives in _MOVING:
            value = (value, 0)
        return lambda scene: value

    def _leaf(self, expr: Leaf) -> Closure:
        index = self._index_of(expr.operation)
        value = self._operations[index].value
        return lambda scene: value(scene.slots.get(index), scene)

    def _function(self, expr: Apply) -> Closure:
        arguments = [self.compile(arg) for arg in expr.arguments]
        function = VALUE_FUNCTIONS[expr.name]
        if len(arguments) == 1:
            only = arguments[0]
            return lambda scene: function(only(scene))
        if len(arguments) == 2:
            left, right = arguments
            return lambda scene: function(left(scene), right(scene))
        return lambda scene: function(*(argument(scene) for argument in arguments))

    # Comparisons

    def _comparison(self, expr: Apply) -> Closure:
        left, right = expr.arguments
        if isinstance(left, Apply) and left.name == "elapsed" and isinstance(right, Const):
            assert isinstance(right.value, int)
            return _compare_elapsed(expr.name, self.compile(left.arguments[0]), right.value)
        if left.gives in _MOVING:
            return _compare_moving(expr.name, self.compile(left), self.compile(right))
        threshold = self._threshold(expr)
        return threshold if threshold is not None else self._function(expr)

    def _threshold(self, expr: Apply) -> Closure | None:
        """Something against a number for which there is a shorter way than value and compare."""
        left, right = expr.arguments
        while isinstance(left, Given):
            left = self._lowered[left.key]
        if not isinstance(left, Leaf) or not isinstance(right, Const):
            return None
        index = self._index_of(left.operation)
        operation = self._operations[index]
        if isinstance(operation, TimesBag) and type(right.value) is int:
            return operation.compared(index, expr.name, right.value)
        if not isinstance(operation, Decayed) or expr.name == "==":
            return None
        return self._decayed_threshold(operation, index, expr.name, right.value)

    def _decayed_threshold(
        self, operation: Decayed, index: int, name: str, bound: object
    ) -> Closure:
        """The instant at which a decayed score turns can be searched."""
        compare = VALUE_FUNCTIONS[name]

        def turned(scene: Scene) -> bool:
            state = scene.slots.get(index)
            until_us = operation.until_turned(state, scene, lambda score: compare(score, bound))
            if until_us is not None:
                scene.soon(until_us)
            return bool(compare(operation.now(state, scene), bound))

        return turned

    # Durations and instants

    def _moving(self, expr: Apply) -> Closure:
        arguments = [self.compile(arg) for arg in expr.arguments]
        if expr.name in ("+", "-"):
            return _shift(arguments[0], arguments[1], 1 if expr.name == "+" else -1)
        if expr.name == "in":
            items = expr.arguments[1]
            assert isinstance(items, Const) and isinstance(items.value, tuple)
            return _among(arguments[0], [(item, 0) for item in items.value])
        function = VALUE_FUNCTIONS[expr.name]  # exists, empty, coalesce, contains, length, ...
        return lambda scene: function(*(argument(scene) for argument in arguments))

    # What has a form of its own

    def _logic(self, expr: Apply) -> Closure:
        arguments = [self.compile(arg) for arg in expr.arguments]
        if expr.name == "not":
            only = arguments[0]
            return lambda scene: not only(scene)
        if expr.name == "at_least":
            least = expr.literal
            assert isinstance(least, int)
            return lambda scene: sum(argument(scene) for argument in arguments) >= least
        # What is not evaluated cannot turn the answer before what was evaluated changes.
        if len(arguments) == 2:
            left, right = arguments
            if expr.name == "and":
                return lambda scene: left(scene) and right(scene)
            return lambda scene: left(scene) or right(scene)
        if expr.name == "and":
            return lambda scene: all(argument(scene) for argument in arguments)
        return lambda scene: any(argument(scene) for argument in arguments)

    def _first_true(self, expr: Apply) -> Closure:
        conditions = [self.compile(arg) for arg in expr.arguments]
        names = expr.literal
        assert isinstance(names, tuple)

        def first(scene: Scene) -> Value:
            for name, holds in zip(names, conditions, strict=True):
                if holds(scene):
                    return str(name)
            return MISSING

        return first

    def _each(self, expr: Apply) -> Closure:
        source, body = self.compile(expr.arguments[0]), self._body(expr.arguments[1])
        op = expr.name
        return lambda scene: functions.each(op, source(scene), lambda item: body(scene, item))

    def _body(self, expr: Expr) -> Callable[[Scene, Value], Any]:
        """An expression over one item; it may only ask what does not change by itself."""
        if isinstance(expr, Item):
            path = expr.path
            return lambda scene, item: at_path(item, path)
        if isinstance(expr, Apply) and any(_has_item(arg) for arg in expr.arguments):
            return self._item_function(expr)
        outer = self.compile(expr)
        return lambda scene, item: outer(scene)

    def _item_function(self, expr: Apply) -> Callable[[Scene, Value], Any]:
        arguments = [self._body(arg) for arg in expr.arguments]
        names: dict[str, Callable[..., Any]] = {
            "and": lambda *found: all(found),
            "or": lambda *found: any(found),
            "not": lambda only: not only,
            "at_least": lambda *found: sum(found) >= expr.literal,
        }
        function = names.get(expr.name) or VALUE_FUNCTIONS.get(expr.name)
        if function is None:
            inner = _with_literal(expr)
            return lambda scene, item: inner(scene, *(arg(scene, item) for arg in arguments))
        return lambda scene, item: function(*(argument(scene, item) for argument in arguments))

    def _literal(self, expr: Apply) -> Closure:
        inner = _with_literal(expr)
        arguments = [self.compile(arg) for arg in expr.arguments]
        return lambda scene: inner(scene, *(argument(scene) for argument in arguments))


def given_keys(exprs: Iterable[Expr]) -> frozenset[Key]:
    """The definitions that others refer to."""
    found: set[Key] = set()
    pending = list(exprs)
    while pending:
        expr = pending.pop()
        pending.extend(parts(expr))
        if isinstance(expr, Given):
            found.add(expr.key)
        if isinstance(expr, Leaf) and isinstance(expr.operation, Held | Turned | InSession):
            pending.append(expr.operation.condition)
    return frozenset(found)


def _has_item(expr: Expr) -> bool:
    if isinstance(expr, Item):
        return True
    return isinstance(expr, Apply) and any(_has_item(arg) for arg in expr.arguments)


# Pairs (value, slope)


def _compare_moving(name: str, left: Closure, right: Closure) -> Closure:
    compare = _SIGN_TESTS[name]

    def test(scene: Scene) -> bool:
        one, other = left(scene), right(scene)
        if one is MISSING or other is MISSING:
            return False
        difference, slope = one[0] - other[0], one[1] - other[1]
        _note_zero(difference, slope, scene)
        return compare(difference)

    return test


def _compare_elapsed(name: str, instant: Closure, length_us: int) -> Closure:
    """Time since an instant against a fixed length: the most frequent comparison of its kind."""
    compare = _SIGN_TESTS[name]

    def test(scene: Scene) -> bool:
        since = instant(scene)
        if since is MISSING:
            return False
        difference = scene.now_us - since[0] - length_us
        if difference <= 0 or since[1]:
            _note_zero(difference, 1 - since[1], scene)
        return compare(difference)

    return test


_SIGN_TESTS: Final[dict[str, Callable[[int], bool]]] = {
    "==": lambda difference: difference == 0,
    "<": lambda difference: difference < 0,
    "<=": lambda difference: difference <= 0,
    ">": lambda difference: difference > 0,
    ">=": lambda difference: difference >= 0,
}


def _note_zero(difference: int, slope: int, scene: Scene) -> None:
    """Tell the scene when a moving difference reaches zero, or leaves it."""
    if not slope:
        return
    if difference == 0:
        scene.soon(scene.now_us + 1)
    elif (difference < 0) == (slope > 0):
        scene.soon(scene.now_us + -(-abs(difference) // abs(slope)))


def _shift(left: Closure, right: Closure, sign: int) -> Closure:
    def shifted(scene: Scene) -> Any:
        one, other = left(scene), right(scene)
        if one is MISSING or other is MISSING:
            return MISSING
        return one[0] + sign * other[0], one[1] + sign * other[1]

    return shifted


def _among(value: Closure, items: list[tuple[int, int]]) -> Closure:
    tests = [_compare_moving("==", value, _always(item)) for item in items]
    return lambda scene: any([test(scene) for test in tests])  # noqa: C419  each tells its turn


def _always(value: Any) -> Closure:
    return lambda scene: value


# Functions with a fixed part, or of what is in force


def _with_literal(expr: Apply) -> Callable[..., Any]:
    return _LITERAL[expr.name](expr.literal, expr)


def _matches(pattern: Any, _expr: Apply) -> Callable[..., Any]:
    return lambda scene, text: isinstance(text, str) and is_found(pattern, text)


def _path(path: Any, _expr: Apply) -> Callable[..., Any]:
    return lambda scene, value: at_path(value, path)


def _at(text: Any, _expr: Apply) -> Callable[..., Any]:
    return lambda scene: (parse_instant(text, scene.zone), 0)


def _instant(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def read(scene: Scene, text: Value) -> Any:
        found = parse_instant(text, scene.zone) if isinstance(text, str) else None
        return MISSING if found is None else (found, 0)

    return read


def _elapsed(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def passed(scene: Scene, instant: Any) -> Any:
        return MISSING if instant is MISSING else (scene.now_us - instant[0], 1 - instant[1])

    return passed


def _near(fixed: Any, _expr: Apply) -> Callable[..., Any]:
    around = circle(*fixed)

    def within(scene: Scene, place: Value) -> bool:
        location = read_location(place)
        return location is not None and near(around, *location)

    return within


def _inside(name: Any, _expr: Apply) -> Callable[..., Any]:
    def within(scene: Scene, place: Value) -> bool:
        area, location = scene.workspace.areas.get(name), read_location(place)
        return area is not None and location is not None and inside(area, *location)

    return within


def _bucket(salt: Any, _expr: Apply) -> Callable[..., Any]:
    return lambda scene, anchor: functions.bucket(salt, anchor)


def _trend(lengths: Any, _expr: Apply) -> Callable[..., Any]:
    return lambda scene, short, long: functions.trend(short, long, *lengths)


def _unexpired(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def in_force(scene: Scene, expires: Value) -> bool:
        if expires is MISSING or expires is None:
            return True
        until_us = parse_instant(expires, scene.zone) if isinstance(expires, str) else None
        if until_us is None or until_us <= scene.now_us:
            return False
        scene.soon(until_us)
        return True

    return in_force


def _rank(name: Any, expr: Apply) -> Callable[..., Any]:
    moving = expr.arguments[0].gives in _MOVING

    def ranked(scene: Scene, value: Any) -> Value:
        cuts = scene.workspace.figures.get(name)
        if cuts is None or value is MISSING:
            return MISSING
        if not moving:
            return functions.rank(cuts, value)
        for cut in cuts if value[1] else ():
            _note_zero(value[0] - cut, value[1], scene)
        return functions.rank(cuts, value[0])

    return ranked


def _anniversary(within_days: Any, _expr: Apply) -> Callable[..., Any]:
    def is_near(scene: Scene, born: Any) -> bool:
        instant_us = parse_instant(born, scene.zone) if isinstance(born, str) else None
        if instant_us is None:
            return False
        today = local_date(scene.now_us, scene.zone)
        scene.soon(max(start_of_date(today + 1, scene.zone), scene.now_us + 1))
        days = days_to_anniversary(local_date(instant_us, scene.zone), today)
        return bool(days <= within_days)

    return is_near


def _hour(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def hour(scene: Scene) -> int:
        ahead_us = offset_us(scene.now_us, scene.zone)
        local_us = scene.now_us + ahead_us
        scene.soon(scene.now_us + HOUR - local_us % HOUR)
        return local_hour(scene.now_us, scene.zone) * UNIT

    return hour


def _weekday(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def weekday(scene: Scene) -> int:
        scene.soon(next_period(scene.now_us, "day", scene.zone))
        return local_weekday(scene.now_us, scene.zone) * UNIT

    return weekday


def _date(_literal: Any, _expr: Apply) -> Callable[..., Any]:
    def date(scene: Scene) -> str:
        scene.soon(next_period(scene.now_us, "day", scene.zone))
        return to_date(local_date(scene.now_us, scene.zone)).isoformat()

    return date


_LITERAL: Final[dict[str, Callable[[Any, Apply], Callable[..., Any]]]] = {
    "matches": _matches,
    "path": _path,
    "at": _at,
    "instant": _instant,
    "elapsed": _elapsed,
    "near": _near,
    "inside": _inside,
    "bucket": _bucket,
    "trend": _trend,
    "unexpired": _unexpired,
    "rank": _rank,
    "anniversary": _anniversary,
    "hour": _hour,
    "weekday": _weekday,
    "date": _date,
}
_SPECIAL: Final[dict[str, Callable[[Compiler, Apply], Closure]]] = {
    **dict.fromkeys(("and", "or", "not", "at_least"), Compiler._logic),
    **dict.fromkeys(("any", "all", "sum"), Compiler._each),
    **dict.fromkeys(_LITERAL, Compiler._literal),
    "first_true": Compiler._first_true,
}
