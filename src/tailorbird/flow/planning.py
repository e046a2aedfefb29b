"""The facts that a project has, held against a tracking plan or made into a first draft of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, Protocol

from tailorbird.events.columns import object_of
from tailorbird.events.inferring import Inferring
from tailorbird.events.judging import judged_columns, said
from tailorbird.events.tracking_plan import TrackingPlan
from tailorbird.events.vocabulary import translated
from tailorbird.kernel.values import Value
from tailorbird.ports.log import LogChunk

_AT_ONCE: Final = 50_000
_LONGEST: Final = 200
REASONS: Final = 1_000
"""Different faults that are counted by themselves; those beyond are counted together."""


class StoredFacts(Protocol):
    """Facts in the order in which they were accepted."""

    @property
    def end_position(self) -> int:
        """The position behind the last."""

    def columns_from(self, position: int, most: int) -> LogChunk:
        """The facts at so many positions from one on."""


class Fit(NamedTuple):
    """How events fit a plan."""

    events: int
    unfit: int
    faults: Counter[tuple[str, str]]
    """By event and what is wrong, how often."""


def newest(stored: StoredFacts, since_us: int, most: int) -> Iterator[LogChunk]:
    """The last facts that were accepted, at most so many; others than those since an instant too.

    Whoever takes them looks at their times.
    """
    begin = max(stored.end_position - most, 0)
    for position in range(begin, stored.end_position, _AT_ONCE):
        chunk = stored.columns_from(position, min(_AT_ONCE, stored.end_position - position))
        late = {row for row, time_us in enumerate(chunk.columns.time_us) if time_us < since_us}
        yield chunk._replace(columns=chunk.columns.without(late))


def inferred(stored: StoredFacts, since_us: int, most: int) -> Inferring:
    """What the facts since an instant look like."""
    inferring = Inferring()
    for chunk in newest(stored, since_us, most):
        columns = chunk.columns
        for name, properties in zip(columns.name, columns.properties, strict=True):
            inferring.add(name, object_of(properties))
    return inferring


def fit_of_facts(stored: StoredFacts, plan: TrackingPlan, since_us: int, most: int) -> Fit:
    """How the facts since an instant fit a plan."""
    faults: Counter[tuple[str, str]] = Counter()
    events = 0
    for chunk in newest(stored, since_us, most):
        events += chunk.columns.length
        _, unfit, warned = judged_columns(chunk.columns, plan)
        for row, says in (unfit | warned).items():
            _count(faults, chunk.columns.name[row], says)
    return Fit(events, sum(faults.values()), faults)


def fit_of_messages(messages: Iterable[dict[str, Any]], plan: TrackingPlan) -> Fit:
    """How messages in the shape of Segment's interface fit a plan."""
    faults: Counter[tuple[str, str]] = Counter()
    events = 0
    for message in messages:
        events += 1
        message = translated(message)
        name, properties = said(message)
        context: Value = message.get("context")
        broken = plan.violation(name, properties, context if isinstance(context, dict) else {})
        if broken is not None and name:
            _count(faults, name, broken.says)
    return Fit(events, sum(faults.values()), faults)


def _count(faults: Counter[tuple[str, str]], name: str, says: str) -> None:
    key = name, says[:_LONGEST]
    faults[key if key in faults or len(faults) < REASONS else ("", "other faults")] += 1
