"""The catalogue of operators: names, what they take, what they give, where they may stand.

Checking, printing, plain words, the generator of the laws and the reference page are all read
from this table, so that an operator is described once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Type(Enum):
    """What an expression gives, as far as it is known before any fact is seen."""

    CONDITION = "a condition"
    NUMBER = "a number"
    TEXT = "text"
    BOOLEAN = "a boolean"
    DURATION = "a duration"
    INSTANT = "an instant"
    LIST = "a list"
    VERSION = "a version"
    ANY = "a value"
    """A property or trait: its type is only known fact by fact."""


class Slot(Enum):
    """What may stand in an argument's place."""

    CONDITION = "a condition"
    VALUE = "a value"
    NUMBER = "a number"
    TEXT = "text"
    LIST = "a list"
    INSTANT = "an instant"
    WHERE = "a condition on the fact (properties, context)"
    FACT_VALUE = "a value of the fact, such as properties.price"
    EVENTS = "an event name, a list of names, any_event(...), active_events() or passive_events()"
    MOMENT = "an event or an instant"
    FILTERED = "an event or step(event, where=...)"
    STEP = "an event or step(...)"
    OCCASION = "an event, step(...) or sequence(...)"
    DURATION = 'a duration such as "7d", "2h" or "30m"'
    DURATION_PAIR = 'a pair of durations such as ("90d", "30d")'
    GAP = 'a duration or a pair such as ("60s", "10m")'
    PERIOD = '"day", "week", "month", "quarter" or "year"'
    SESSION = '"current"'
    MOMENT_TEXT = 'an instant in text such as "2024-01-01T05:00Z", or a date'
    NAME = "a name in text"
    PATTERN = "a regular expression in text"
    INTEGER = "a whole number"
    DECIMAL = "a number written out"
    FLAG = "True or False"
    PLACE = "a location such as context.location"
    SCORE = "the name of a score"
    TRAIT = "the name of a trait definition"
    SEGMENT = "the name of a segment"


class Scope(Enum):
    """Where an operator may stand."""

    ANYWHERE = "anywhere"
    PERSON = "outside of where"
    FACT = "only inside where"
    NOW = "only in journeys, slots or a segment with refresh: hourly"
    ARGUMENT = "only as an argument that asks for it"


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the catalogue."""

    name: str
    takes: tuple[Slot, ...]
    gives: Type
    meaning: str
    optional: int = 0
    """How many of the last positional arguments may be left out."""
    more: Slot | None = None
    """What further positional arguments are, when there may be any number."""
    keywords: tuple[tuple[str, Slot], ...] = ()
    required: tuple[str, ...] = ()
    scope: Scope = Scope.PERSON


WHERE: Final = (("where", Slot.WHERE),)
WINDOW: Final = (
    ("last", Slot.DURATION),
    ("between", Slot.DURATION_PAIR),
    ("calendar", Slot.PERIOD),
    ("start", Slot.MOMENT_TEXT),
    ("end", Slot.MOMENT_TEXT),
    ("session", Slot.SESSION),
    ("since_event", Slot.EVENTS),
)
"""The keywords that narrow an aggregate to a window; only one kind of window at a time."""
LAST: Final = (("last", Slot.DURATION),)
SEQUENCE: Final = (
    ("within", Slot.DURATION),
    ("gap", Slot.GAP),
    ("same", Slot.FACT_VALUE),
    ("without", Slot.FILTERED),
    ("contiguous", Slot.FLAG),
    ("last", Slot.DURATION),
)

_C, _V, _N, _T = Slot.CONDITION, Slot.VALUE, Slot.NUMBER, Slot.TEXT
_E, _F = Slot.EVENTS, Slot.FACT_VALUE
_ANY, _ARG = Scope.ANYWHERE, Scope.ARGUMENT


def _aggregate(name: str, gives: Type, meaning: str, *more: Slot) -> Operator:
    return Operator(name, (_E, *more), gives, meaning, keywords=WHERE + WINDOW)


_LOGIC: Final = (
    Operator("and", (_C, _C), Type.CONDITION, "every condition holds", more=_C, scope=_ANY),
    Operator("or", (_C, _C), Type.CONDITION, "some condition holds", more=_C, scope=_ANY),
    Operator("not", (_C,), Type.CONDITION, "the condition does not hold", scope=_ANY),
    Operator(
        "at_least",
        (Slot.INTEGER, _C),
        Type.CONDITION,
        "at least so many of the conditions hold",
        more=_C,
        scope=_ANY,
    ),
)
_COMPARISONS: Final = (
    Operator("==", (_V, _V), Type.CONDITION, "equal, and neither is missing", scope=_ANY),
    Operator("!=", (_V, _V), Type.CONDITION, "not equal, or one is missing", scope=_ANY),
    Operator("<", (_V, _V), Type.CONDITION, "less than", scope=_ANY),
    Operator("<=", (_V, _V), Type.CONDITION, "less than or equal", scope=_ANY),
    Operator(">", (_V, _V), Type.CONDITION, "greater than", scope=_ANY),
    Operator(">=", (_V, _V), Type.CONDITION, "greater than or equal", scope=_ANY),
    Operator("in", (_V, Slot.LIST), Type.CONDITION, "equal to an item of a list", scope=_ANY),
    Operator("not in", (_V, Slot.LIST), Type.CONDITION, "equal to no item", scope=_ANY),
)
_ARITHMETIC: Final = (
    Operator("+", (_V, _V), Type.NUMBER, "the sum", scope=_ANY),
    Operator("-", (_V, _V), Type.NUMBER, "the difference", scope=_ANY),
    Operator("*", (_N, _N), Type.NUMBER, "the product, rounded to six places", scope=_ANY),
    Operator("/", (_N, _N), Type.NUMBER, "the quotient, rounded to six places", scope=_ANY),
)
_FUNCTIONS: Final = (
    Operator(
        "contains", (_V, _V), Type.CONDITION, "text within text, or an item of a list", scope=_ANY
    ),
    Operator("starts_with", (_T, _T), Type.CONDITION, "text begins with text", scope=_ANY),
    Operator("ends_with", (_T, _T), Type.CONDITION, "text ends with text", scope=_ANY),
    Operator(
        "matches", (_T, Slot.PATTERN), Type.CONDITION, "an RE2 pattern is found in it", scope=_ANY
    ),
    Operator("exists", (_V,), Type.CONDITION, "it is not missing", scope=_ANY),
    Operator("empty", (_V,), Type.CONDITION, "missing, an empty text or an empty list", scope=_ANY),
    Operator("lower", (_T,), Type.TEXT, "the text with A-Z in lower case", scope=_ANY),
    Operator("length", (_V,), Type.NUMBER, "code points of a text, or items of a list", scope=_ANY),
    Operator("coalesce", (_V, _V), Type.ANY, "the first that is not missing", more=_V, scope=_ANY),
    Operator("version", (_T,), Type.VERSION, "a version number to compare", scope=_ANY),
    Operator("instant", (_V,), Type.INSTANT, "the instant that a text names", scope=_ANY),
    Operator("at", (Slot.MOMENT_TEXT,), Type.INSTANT, "this instant", scope=_ANY),
    Operator(
        "near",
        (Slot.PLACE, Slot.DECIMAL, Slot.DECIMAL),
        Type.CONDITION,
        "the location lies within a distance of a latitude and longitude",
        keywords=(("km", Slot.DECIMAL),),
        required=("km",),
        scope=_ANY,
    ),
    Operator(
        "inside",
        (Slot.PLACE, Slot.NAME),
        Type.CONDITION,
        "the location lies in an area",
        scope=_ANY,
    ),
)
_FACT: Final = (
    Operator("event_hour", (), Type.NUMBER, "local hour of the fact, 0-23", scope=Scope.FACT),
    Operator("event_weekday", (), Type.NUMBER, "local weekday, Monday 1", scope=Scope.FACT),
)
_REFERENCES: Final = (
    Operator("score", (Slot.SCORE,), Type.NUMBER, "the value of a score"),
    Operator("trait", (Slot.TRAIT,), Type.ANY, "the value of a trait definition"),
    Operator("persona", (), Type.TEXT, "the name of the persona, missing when there is none"),
    Operator("in_segment", (Slot.SEGMENT,), Type.CONDITION, "is in a segment"),
    Operator(
        "percentile_rank", (_V,), Type.NUMBER, "rank among all people by the cut points in force"
    ),
)
_COUNTS: Final = (
    _aggregate("did", Type.CONDITION, "at least one such fact"),
    Operator(
        "count",
        (_E,),
        Type.NUMBER,
        "how many such facts; with by= of the largest group",
        keywords=(*WHERE, *WINDOW, ("by", Slot.FACT_VALUE)),
    ),
    Operator(
        "since",
        (Slot.MOMENT,),
        Type.DURATION,
        "time passed since the last such fact, or since an instant",
        keywords=WHERE + WINDOW,
    ),
    _aggregate("first_time", Type.INSTANT, "when such a fact happened first"),
    _aggregate("last_time", Type.INSTANT, "when such a fact happened last"),
    _aggregate("active_days", Type.NUMBER, "on how many local dates"),
)
_VALUES: Final = (
    _aggregate("sum", Type.NUMBER, "the sum of a value", _F),
    _aggregate("avg", Type.NUMBER, "the average of a value", _F),
    _aggregate("min", Type.NUMBER, "the smallest value", _F),
    _aggregate("max", Type.NUMBER, "the largest value", _F),
    _aggregate("stddev", Type.NUMBER, "the sample standard deviation of a value", _F),
    _aggregate("distinct", Type.NUMBER, "how many different values", _F),
    _aggregate("first", Type.ANY, "the value in the first such fact", _F),
    _aggregate("latest", Type.ANY, "the value in the latest such fact", _F),
    _aggregate("favourite", Type.ANY, "the most frequent value", _F),
    _aggregate("top", Type.LIST, "the most frequent values", _F, Slot.INTEGER),
    Operator(
        "percentile_of",
        (_E, Slot.INTEGER, _F),
        Type.NUMBER,
        "the value at a percentile of such facts, by nearest rank",
        keywords=WHERE + WINDOW,
    ),
)
_STORIES: Final = (
    Operator(
        "sequence",
        (Slot.STEP,),
        Type.CONDITION,
        "such facts in this order",
        more=Slot.STEP,
        keywords=SEQUENCE,
    ),
    Operator(
        "sequence_count",
        (Slot.STEP,),
        Type.NUMBER,
        "how often such facts followed each other in this order",
        more=Slot.STEP,
        keywords=SEQUENCE,
    ),
    Operator(
        "absent",
        (Slot.FILTERED,),
        Type.CONDITION,
        "such a fact has not followed another in time",
        keywords=(
            ("after", Slot.OCCASION),
            ("wait", Slot.DURATION),
            ("same", Slot.FACT_VALUE),
            ("last", Slot.DURATION),
            ("ever", Slot.FLAG),
        ),
        required=("after", "wait"),
    ),
    Operator("session_count", (), Type.NUMBER, "how many sessions", keywords=LAST),
    Operator("session_duration", (), Type.DURATION, "length of the latest session"),
    Operator("session_depth", (), Type.NUMBER, "pages and screens in the latest session"),
    Operator("bounced", (), Type.CONDITION, "the latest session has a single act"),
    Operator(
        "in_one_session",
        (_C,),
        Type.CONDITION,
        "there is a session within which the condition holds",
        keywords=LAST,
    ),
    Operator(
        "held",
        (_C,),
        Type.CONDITION,
        "the condition has held all the time",
        keywords=(("lasting", Slot.DURATION),),
        required=("lasting",),
    ),
    Operator("entered", (Slot.SEGMENT,), Type.CONDITION, "came into a segment", keywords=LAST),
    Operator("left", (Slot.SEGMENT,), Type.CONDITION, "went out of a segment", keywords=LAST),
    Operator(
        "smooth",
        (_E, _F),
        Type.NUMBER,
        "a value smoothed over its last occurrences",
        keywords=(
            *WHERE,
            ("alpha", Slot.DECIMAL),
            ("method", Slot.NAME),
            ("q", Slot.DECIMAL),
            ("r", Slot.DECIMAL),
        ),
    ),
    Operator(
        "trend",
        (_E,),
        Type.NUMBER,
        "recent frequency against that of a longer time",
        keywords=(*WHERE, ("short", Slot.DURATION), ("long", Slot.DURATION)),
    ),
    Operator("dwell_in", (Slot.NAME,), Type.DURATION, "time spent in an area", keywords=LAST),
    Operator("entered_area", (Slot.NAME,), Type.CONDITION, "came into an area", keywords=LAST),
    Operator("left_area", (Slot.NAME,), Type.CONDITION, "went out of an area", keywords=LAST),
)
_RESERVED: Final = (
    Operator("in_list", (Slot.NAME,), Type.CONDITION, "is on a list"),
    Operator(
        "in_experiment",
        (Slot.NAME, Slot.NAME),
        Type.CONDITION,
        "was assigned to an experiment, and to this variation of it",
        optional=1,
    ),
    Operator("bucket", (Slot.NAME,), Type.NUMBER, "a fixed pseudo-random number from 0 to 99.99"),
    Operator("predicted", (Slot.NAME,), Type.ANY, "the latest prediction of a model"),
    Operator("received", (Slot.NAME,), Type.CONDITION, "a message was delivered", keywords=LAST),
    Operator("opened", (Slot.NAME,), Type.CONDITION, "a message was opened", keywords=LAST),
    Operator("clicked", (Slot.NAME,), Type.CONDITION, "a message was clicked", keywords=LAST),
    Operator(
        "subscribed",
        (Slot.NAME,),
        Type.CONDITION,
        "the latest consent for a message group, or the default",
        keywords=(("default", Slot.FLAG),),
    ),
    Operator("consented", (Slot.NAME,), Type.CONDITION, "consent to a purpose is in force"),
    Operator(
        "fresh", (Slot.NAME, Slot.DURATION), Type.CONDITION, "a source has sent something lately"
    ),
)
_NOW: Final = (
    Operator(
        "anniversary",
        (_T,),
        Type.CONDITION,
        "the next anniversary of a date is near",
        keywords=(("within", Slot.DURATION),),
        required=("within",),
    ),
    Operator("hour", (), Type.NUMBER, "the local hour now", scope=Scope.NOW),
    Operator("weekday", (), Type.NUMBER, "the local weekday now, Monday 1", scope=Scope.NOW),
    Operator("date", (), Type.TEXT, "the local date now, as YYYY-MM-DD", scope=Scope.NOW),
)
_ARGUMENTS: Final = (
    Operator(
        "any_event",
        (),
        Type.ANY,
        "every act, or those whose name fits a pattern",
        keywords=(("name", Slot.NAME),),
        scope=_ARG,
    ),
    Operator("active_events", (), Type.ANY, "every act that shows intent", scope=_ARG),
    Operator("passive_events", (), Type.ANY, "every act that was only observed", scope=_ARG),
    Operator(
        "step",
        (_E,),
        Type.ANY,
        "an event as part of a sequence",
        keywords=(("where", Slot.WHERE), ("times", Slot.INTEGER), ("gap", Slot.GAP)),
        scope=_ARG,
    ),
)

OPERATORS: Final[dict[str, Operator]] = {
    operator.name: operator
    for operator in (
        _LOGIC
        + _COMPARISONS
        + _ARITHMETIC
        + _FUNCTIONS
        + _FACT
        + _REFERENCES
        + _COUNTS
        + _VALUES
        + _STORIES
        + _RESERVED
        + _NOW
        + _ARGUMENTS
    )
}

SYMBOLS: Final = frozenset(
    {"and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*", "/"}
)
"""Operators that are written between or before their arguments."""
WINDOWED: Final = frozenset(operator.name for operator in (*_COUNTS, *_VALUES))
"""Aggregates over facts: they take where= and a window."""
EACH: Final = frozenset({"any", "all", "sum"})
HISTORY: Final = frozenset({"held", "entered", "left"})
SESSIONS: Final = frozenset(
    {"session_count", "session_duration", "session_depth", "bounced", "in_one_session"}
)
IN_SESSION: Final = WINDOWED - {"since"} | {"sequence", "sequence_count"}
"""What may be asked about a single session; there without a window."""
FACT_ROOTS: Final = frozenset({"properties", "context", "prev", "item"})
ROOTS: Final = frozenset({"properties", "traits", "context", "request", "event", "item", "prev"})
