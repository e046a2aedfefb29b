"""The record: who entered and left which segment, or changed persona, when and why.

An entry says what was found true at an instant (``at_us``, the T) by all facts below a place in
the log (``position``, the P). What becomes known later changes no entry; it adds others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple, get_args

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


def differences(before: dict[Key, Value], after: dict[Key, Value]) -> list[Change]:
    """The changes that make one standing of another, in the order of the definitions."""
    keys = [*after, *(key for key in before if key not in after)]
    return [
        Change(key, after.get(key, MISSING if key == PERSONAS else False))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def told_changes(changes: Iterable[Change]) -> list[Change]:
    """Of an engine's changes those that belong in the record: single personas do not."""
    return [change for change in changes if change.key[0] == "segment" or change.key == PERSONAS]


def cause_of(fact: Fact) -> Cause:
    """Why something turned when a fact was taken in."""
    return "late" if fact.known_us - fact.time_us > LATE_US else "event"
