"""What has to be computed to answer definitions for many people, and by which way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.ast import Node
from tailorbird.language.batch import folds, scores
from tailorbird.language.batch.absences import absence, unanswered
from tailorbird.language.batch.in_sessions import in_session
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.readings import (
    Aggregated,
    Queried,
    Reading,
    later_than,
    named,
    where,
)
from tailorbird.language.batch.sequences import match
from tailorbird.language.batch.sessions import sessions
from tailorbird.language.batch.smoothings import smooth
from tailorbird.language.batch.turnings import turning
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.lower import lower
from tailorbird.language.operations import (
    Absence,
    Apply,
    Calendar,
    Expr,
    Fixed,
    Fold,
    Given,
    Held,
    InSession,
    Leaf,
    Match,
    Operation,
    PointLine,
    Points,
    Select,
    Sessions,
    Smooth,
    TraitValue,
    Turned,
    parts,
)
from tailorbird.language.operators import Type
from tailorbird.language.predicates import depends_on_zone

Way = Literal["sql", "arrays"]
"""How operations may be answered, besides folding people's histories one by one."""
Ways: TypeAlias = Collection[Way]
ALL_WAYS: Final[Ways] = frozenset(get_args(Way))

_ZONED: Final = frozenset({"at", "instant", "anniversary", "hour", "weekday", "date", "unexpired"})


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The expressions of some definitions and the operations that they read."""

    definitions: Definitions
    """Only those that are asked for, and what they depend on."""
    keys: tuple[Key, ...]
    expressions: Mapping[Key, Expr]
    operations: Mapping[Key, tuple[Operation, ...]]
    """By definition: every operation that its value needs, also through others."""

    @property
    def zoned(self) -> bool:
        """Whether the answers depend on people's zones."""
        return any(_is_zoned(expr) for expr in self.expressions.values())

    def reads(self, name: str) -> bool:
        """Whether some operation may read facts with this name."""
        operations = self.of(self.keys)
        if any(isinstance(operation, Held | Turned) for operation in operations):
            return True
        selects = [part for op in operations for part in _within(op) if isinstance(part, Select)]
        return any(s.everything or (s.names is not None and name in s.names) for s in selects)

    def nothing(self, key: Key) -> Value:
        """What is said about somebody who does not exist."""
        if key == PERSONAS:
            return MISSING
        found = self.definitions.by_key()[key]
        is_condition = found.kind in ("segment", "persona") or found.gives is Type.CONDITION
        return False if is_condition and found.kind != "score" else MISSING

    def of(self, keys: Collection[Key]) -> list[Operation]:
        """The operations that some definitions need, each once."""
        return list(dict.fromkeys(op for key in keys for op in self.operations[key]))


def batch_plan(definitions: Definitions, keys: Collection[Key]) -> BatchPlan:
    """Plan the answers of some definitions."""
    wanted = set(keys)
    if PERSONAS in wanted:
        wanted.update(persona.key for persona in definitions.personas)
    needed = definitions.closure(wanted)
    expressions = lower(needed)
    operations = {key: tuple(_operations(expressions[key], expressions)) for key in keys}
    return BatchPlan(needed, tuple(keys), expressions, operations)


def _operations(expr: Expr, expressions: Mapping[Key, Expr]) -> dict[Operation, None]:
    found: dict[Operation, None] = {}
    pending, seen = [expr], set[Key]()
    while pending:
        current = pending.pop()
        pending.extend(reversed(parts(current)))
        if isinstance(current, Leaf):
            found[current.operation] = None
        elif isinstance(current, Given) and current.key not in seen:
            seen.add(current.key)
            pending.append(expressions[current.key])
    return found


def _is_zoned(expr: Expr) -> bool:
    if isinstance(expr, Leaf):
        return _operation_is_zoned(expr.operation)
    own = isinstance(expr, Apply) and expr.name in _ZONED
    return own or any(_is_zoned(part) for part in parts(expr))


def _operation_is_zoned(operation: Operation) -> bool:
    if isinstance(operation, InSession | Held | Turned):
        return _is_zoned(operation.condition)
    if isinstance(operation, Fold) and operation.kind == "active_days":
        return True
    return any(
        isinstance(part, Calendar | Fixed)
        or (isinstance(part, PointLine) and part.cap_per_day is not None)
        or (isinstance(part, Node) and depends_on_zone(part))
        for part in _within(operation)
    )


def _within(operation: Operation) -> Iterator[object]:
    """What an operation is made of: its selects, windows, lines, and trees as wholes."""
    pending: list[object] = [operation]
    while pending:
        current = pending.pop()
        yield current
        if isinstance(current, tuple):
            pending.extend(current)
        elif is_dataclass(current) and not isinstance(current, Node):
            pending.extend(getattr(current, part.name) for part in fields(current))


def reading(
    operation: Operation,
    moment: Moment,
    ways: Ways = ALL_WAYS,
    expressions: Mapping[Key, Expr] | None = None,
) -> Reading | None:
    """How SQL or arrays answer an operation; None when they cannot, or may not.

    What looks at conditions over time is given the expressions that these may name.
    """
    if isinstance(operation, Held | Turned):
        return _turning(operation, moment, ways, expressions or {})
    for way, read in _READ.get(type(operation), ()):
        if way in ways:
            try:
                return read(operation, moment)
            except NotInSqlError:
                continue
    return None


def _turning(
    operation: Held | Turned, moment: Moment, ways: Ways, expressions: Mapping[Key, Expr]
) -> Reading | None:
    try:
        return turning(operation, moment, expressions) if "arrays" in ways else None
    except NotInSqlError:
        return None


_Read: TypeAlias = tuple[Way, Callable[[Any, Moment], Reading]]
_READ: Final[dict[type, tuple[_Read, ...]]] = {
    Fold: (("sql", folds.fold),),
    Points: (("sql", scores.points),),
    TraitValue: (("sql", folds.trait),),
    Match: (("arrays", match),),
    Absence: (("sql", unanswered), ("arrays", absence)),
    Sessions: (("arrays", sessions),),
    Smooth: (("arrays", smooth),),
    InSession: (("arrays", in_session),),
}
"""What is tried first comes first."""


def readings(plan: BatchPlan, moment: Moment, ways: Ways) -> dict[Operation, Reading]:
    """How the operations of a plan are answered; those are left out that have to be folded."""
    found = {
        operation: reading(operation, moment, ways, plan.expressions)
        for operation in plan.of(plan.keys)
    }
    return {operation: how for operation, how in found.items() if how is not None}


@dataclass(frozen=True, slots=True)
class Scan:
    """One query, whose first column is ``who``, and the operations that it answers."""

    sql: str
    parts: tuple[tuple[Operation, Reading, int, int], ...]
    """With each operation its columns: from, to, the first after ``who`` being 0."""


def scans(known: Mapping[Operation, Reading], moment: Moment, *, dense: bool) -> list[Scan]:
    """Queries for all operations, as few as the relations that they read allow.

    A dense scan gives everybody who has a fact that is seen, the others only those who have one
    that some operation reads.
    """
    by_relation: dict[str, list[tuple[Operation, Aggregated]]] = {}
    found: list[Scan] = []
    for operation, how in known.items():
        if isinstance(how, Queried):
            found.append(Scan(how.sql, ((operation, how, 0, how.width),)))
        elif isinstance(how, Aggregated):
            by_relation.setdefault(how.rows.relation, []).append((operation, how))
    if dense:
        by_relation.setdefault(moment.seen, [])
    for relation, members in by_relation.items():
        everyone = dense and relation == moment.seen
        found.append(_scan(relation, members, everyone))
    return found


def _scan(relation: str, members: Sequence[tuple[Operation, Aggregated]], dense: bool) -> Scan:
    shared = [] if dense else _shared([how for _, how in members])
    columns: list[str] = []
    parts: list[tuple[Operation, Reading, int, int]] = []
    for operation, how in members:
        own = [condition for condition in how.rows.conditions if condition not in shared]
        built = how.build(" AND ".join(own) if own else None)
        parts.append((operation, how, len(columns), len(columns) + len(built)))
        columns.extend(built)
    limits = [] if dense else _limits([how for _, how in members], shared)
    listed = "".join(f", {sql} AS c{number}" for number, sql in enumerate(columns))
    sql = f"SELECT who{listed} FROM {relation}{where([*limits, *shared])} GROUP BY who"
    return Scan(sql, tuple(parts))


def _shared(members: Sequence[Aggregated]) -> list[str]:
    """The conditions that every aggregate makes, in the order of the first."""
    first, *others = (member.rows.conditions for member in members)
    return [condition for condition in first if all(condition in other for other in others)]


def _limits(members: Sequence[Aggregated], shared: Sequence[str]) -> list[str]:
    """What holds for every row that some aggregate reads, beyond the shared conditions."""
    found = []
    names = [member.rows.names for member in members]
    if None not in names:
        found.append(named(frozenset[str]().union(*(name for name in names if name is not None))))
    after = [member.rows.after for member in members]
    if None not in after:
        found.append(later_than(min(limit for limit in after if limit is not None)))
    return [condition for condition in found if condition not in shared]
