"""The record: who entered and left which segment, or changed persona, when and why.

An entry says what was found true at an instant (``at_us``, the T) by all facts below a place in
the log (``position``, the P). What becomes known later changes no entry; it adds others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args, overload

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import MINUTE
from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.live import Change, PersonState, Plan, membership, persona_of

Cause = Literal["event", "time", "definition", "merge", "late", "erasure"]
"""A fact in time, the passing of time, another published version or setting, people who were
joined or parted, a fact that came late, or facts that were erased."""
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)

LATE_US: Final = 5 * MINUTE
"""A fact that becomes known longer after its time is called late in the record."""


class Turned(NamedTuple):
    """One entry of the record."""

    subject: str
    """The person's name: the smallest of her identifiers."""
    key: Key
    value: Any
    """Whether she is in the segment now; of `PERSONAS` the persona's name."""
    at_us: int
    position: int
    cause: Cause
    number: int = 0
    """Entries are numbered upwards as they are stored; those of one step share a number."""


class Turns(NamedTuple):
    """All that turned for one person in one step: entries of the record before they are told."""

    subject: str
    changes: tuple[Change, ...]
    """At least one; people turn in few different ways, so that steps share these tuples."""
    at_us: int
    position: int
    cause: Cause
    number: int

    def entries(self) -> Iterator[Turned]:
        """One entry for each change."""
        subject, changes, at_us, position, cause, number = self
        return (
            Turned(subject, key, value, at_us, position, cause, number) for key, value in changes
        )


class Entries(Sequence[Turned]):
    """The entries of some steps, which are only made when somebody looks at them.

    >>> step = Turns("ann", (Change(("segment", "keen"), True),), 5, 2, "event", 1)
    >>> entries = Entries([step])
    >>> len(entries), entries[0].key
    (1, ('segment', 'keen'))
    """

    __slots__ = ("_entries", "steps")

    def __init__(self, steps: Sequence[Turns] = ()) -> None:
        self.steps = steps
        self._entries: list[Turned] | None = None

    def __len__(self) -> int:
        return sum(len(step.changes) for step in self.steps)

    def _told(self) -> list[Turned]:
        if self._entries is None:
            self._entries = [entry for step in self.steps for entry in step.entries()]
        return self._entries

    def __iter__(self) -> Iterator[Turned]:
        return iter(self._told())

    @overload
    def __getitem__(self, place: int) -> Turned: ...
    @overload
    def __getitem__(self, place: slice) -> list[Turned]: ...
    def __getitem__(self, place: int | slice) -> Turned | list[Turned]:
        return self._told()[place]

    def __add__(self, others: Entries) -> Entries:
        return Entries([*self.steps, *others.steps])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._told() == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self._told()))


def standing(plan: Plan, state: PersonState) -> dict[Key, Value]:
    """What the record says of a person with a state: her segments, and her persona if any.

    Personas are there as one: the name of the first that holds.
    """
    found: dict[Key, Value] = {
        key: True for key in plan.tracked if key[0] == "segment" and key in _held(plan, state)
    }
    persona = persona_of(plan, state)
    if persona is not MISSING:
        found[PERSONAS] = persona
    return found


def _held(plan: Plan, state: PersonState) -> frozenset[Key]:
    return membership(plan, state)


def differences(before: dict[Key, Value], after: dict[Key, Value]) -> tuple[Change, ...]:
    """The changes that make one standing of another, in the order of the definitions."""
    keys = [*after, *(key for key in before if key not in after)]
    return tuple(
        Change(key, after.get(key, MISSING if key == PERSONAS else False))
        for key in keys
        if before.get(key) != after.get(key)
    )


def told_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Of an engine's changes those that belong in the record: single personas do not."""
    return tuple(
        change for change in changes if change.key[0] == "segment" or change.key == PERSONAS
    )


def cause_of(fact: Fact) -> Cause:
    """Why something turned when a fact was taken in."""
    return "late" if fact.known_us - fact.time_us > LATE_US else "event"
