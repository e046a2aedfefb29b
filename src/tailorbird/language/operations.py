"""The lowered language: a dozen operations over a person's facts, and expressions over them.

`lower` makes these from checked trees. The live and the batch engine implement these, and only
these; everything here is hashable, so that equal operations of many definitions are computed
once. Conditions on single facts stay checked trees (`ast.Node`) and are compiled by `facts`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from tailorbird.kernel.instants import Period
from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Node
from tailorbird.language.definitions import Key
from tailorbird.language.operators import Type


@dataclass(frozen=True, slots=True)
class Select:
    """Which facts an operation reads."""

    names: frozenset[str] | None = None
    """Facts with one of these names; None: acts, or every fact with ``everything``."""
    pattern: str | None = None
    """Acts whose name fits, ``*`` standing for any text."""
    signal: Literal["active", "passive"] | None = None
    everything: bool = False
    """Every fact, reserved ones too, instead of acts."""
    source: str | None = None
    where: Node | None = None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """All facts up to T."""


@dataclass(frozen=True, slots=True)
class Rolling:
    """(T - far, T - near]."""

    far_us: int
    near_us: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """From the first instant of the local period of T up to T."""

    period: Period


@dataclass(frozen=True, slots=True)
class Fixed:
    """[start, end), each an instant or date in text or None."""

    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class SinceEvent:
    """Strictly after the latest selected fact; nothing when there is none."""

    select: Select


@dataclass(frozen=True, slots=True)
class CurrentSession:
    """From the first act of the session that is current at T."""


Window: TypeAlias = Lifetime | Rolling | Calendar | Fixed | SinceEvent | CurrentSession
LIFETIME: Final = Lifetime()

FoldKind = Literal[
    "count",
    "count_by",
    "sum",
    "avg",
    "min",
    "max",
    "stddev",
    "distinct",
    "first",
    "latest",
    "first_time",
    "last_time",
    "active_days",
    "favourite",
    "top",
    "percentile_of",
    "anchor",
]


@dataclass(frozen=True, slots=True)
class Fold:
    """One value from the selected facts of a window.

    ``value`` is the tree evaluated for each fact; of ``count_by`` it is the group. ``argument``
    is k of top and p of percentile_of. ``anchor`` is the subject of the first fact.
    """

    kind: FoldKind
    select: Select
    window: Window = LIFETIME
    value: Node | None = None
    argument: int = 0


@dataclass(frozen=True, slots=True)
class PointLine:
    """Facts that give points, at most ``cap_per_day`` of a local date."""

    select: Select
    points: int
    cap_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """A score; with a half life each fact's points are weighted by age."""

    lines: tuple[PointLine, ...]
    half_life_us: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One fact of a pattern; ``gap`` is (least, below) to the fact before, None unlimited."""

    select: Select
    gap: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Facts in order; repeated steps are written out."""

    steps: tuple[Step, ...]
    within_us: int | None = None
    same: Node | None = None
    without: Select | None = None
    contiguous: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a pattern was completed in the window, or how often in a row."""

    pattern: Pattern
    last_us: int | None = None
    counting: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """Whether some occasion passed its deadline without the awaited fact."""

    after: Select | Pattern
    awaited: Select
    wait_us: int
    same: Node | None = None
    last_us: int | None = None
    ever: bool = False


@dataclass(frozen=True, slots=True)
class Sessions:
    """``count`` of sessions in a window, or a measure of the latest one."""

    measure: Literal["count", "duration", "depth", "bounced"]
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class InSession:
    """Whether a session that starts in the window fulfils a condition of its own facts."""

    condition: Expr
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a condition has been true throughout a time."""

    condition: Expr
    lasting_us: int


@dataclass(frozen=True, slots=True)
class Turned:
    """Whether a segment's membership turned true (or false) in a window."""

    condition: Expr
    into: bool
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class Smooth:
    """The last numbers smoothed; parameters in millionths."""

    select: Select
    value: Node
    method: Literal["ewma", "kalman"]
    alpha: int = 0
    q: int = 0
    r: int = 0


@dataclass(frozen=True, slots=True)
class Dwell:
    """Time in an area, or whether its border was crossed in a window."""

    measure: Literal["time", "entered", "left"]
    area: str
    last_us: int | None = None


@dataclass(frozen=True, slots=True)
class TraitValue:
    """The value in the latest ``$traits`` fact in which the key exists; null deletes."""

    key: str


Operation: TypeAlias = (
    Fold
    | Points
    | Match
    | Absence
    | Sessions
    | InSession
    | Held
    | Turned
    | Smooth
    | Dwell
    | TraitValue
)


@dataclass(frozen=True, slots=True)
class Const:
    """A value written out. Texts of durations have become numbers of microseconds."""

    value: object
    gives: Type


@dataclass(frozen=True, slots=True)
class Leaf:
    """The value of an operation."""

    operation: Operation
    gives: Type


@dataclass(frozen=True, slots=True)
class Given:
    """The value of another definition; of `PERSONAS` the name of the persona."""

    key: Key
    gives: Type


@dataclass(frozen=True, slots=True)
class Item:
    """A part of the item that ``each`` is looking at."""

    path: tuple[str, ...]
    gives: Type = Type.ANY


@dataclass(frozen=True, slots=True)
class Apply:
    """A pure function of its arguments, of T, or of the workspace's facts in force at T.

    Names: and or not at_least, == != < <= > >= in, + - * /, contains starts_with ends_with
    matches exists empty lower length coalesce version, path (a part of an object), any all sum
    (of items; the second argument is the body), instant at elapsed (T minus an instant),
    anniversary hour weekday date, rank near inside unexpired bucket trend.
    """

    name: str
    arguments: tuple[Expr, ...]
    gives: Type
    literal: object = field(default=None)
    """What is fixed when lowered: k of at_least, a pattern, a path, an area's name, ..."""


Expr: TypeAlias = Const | Leaf | Given | Item | Apply

TRUE: Final = Const(True, Type.CONDITION)
FALSE: Final = Const(False, Type.CONDITION)
ZERO: Final = Const(0, Type.NUMBER)


def whole(number: int) -> Const:
    """A whole number as a constant."""
    return Const(number * UNIT, Type.NUMBER)


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly below one."""
    return expr.arguments if isinstance(expr, Apply) else ()


def leaves(expr: Expr) -> list[Leaf]:
    """Every operation that an expression reads, first occurrence first, each once."""
    found: dict[Leaf, None] = {}
    pending = [expr]
    while pending:
        current = pending.pop()
        if isinstance(current, Leaf):
            found[current] = None
        pending.extend(reversed(parts(current)))
    return list(found)
