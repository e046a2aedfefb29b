"""Why a definition has its value for one person of the history."""

from __future__ import annotations

from typing import Final, NamedTuple

from tailorbird.flow.asking import Asking, as_of_now
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.kernel.instants import DAY, LAST_INSTANT
from tailorbird.language.definitions import PERSONAS, Definitions, Key, Kind
from tailorbird.language.explain import Explanation, explain
from tailorbird.ports.history import Warehouse

LOOK_AHEAD_US: Final = 5 * 366 * DAY
"""So far ahead of its instant an explanation looks for the next change."""
_FIRST: Final[tuple[Kind, ...]] = ("segment", "score", "trait", "persona")


class Explained(NamedTuple):
    """An explanation, and whom it is about."""

    person: str
    """The person's name: the smallest of her subjects."""
    subjects: tuple[str, ...]
    explanation: Explanation


@as_of_now
def explained(
    history: Warehouse,
    definitions: Definitions,
    key: Key,
    subject: str,
    at_us: int,
    *,
    known_then: bool = False,
) -> Explained:
    """The tree of reasons for the person that a subject belongs to; raises for an unknown one.

    Facts after the instant decide when the answer changes next; known then, none do that became
    known later.
    """
    asking = Asking(history, known_then=known_then)
    (person,) = asking.persons([subject], asking.linked(at_us))
    facts = history.history_of(person.subjects)
    if not facts:
        raise InputError(
            f"the history has no fact of {subject!r}; ids are compared exactly, "
            "also upper and lower case"
        )
    known = [fact for fact in facts if not known_then or fact.known_us <= at_us]
    horizon_us = min(at_us + LOOK_AHEAD_US, LAST_INSTANT)
    told = explain(definitions, key, known, asking.world(at_us), at_us=at_us, horizon_us=horizon_us)
    return Explained(person.name, person.subjects, told)


def named(definitions: Definitions, name: str, kind: Kind | None = None) -> Key:
    """The definition with a name; ``persona`` alone is the list of personas.

    Raises `UnknownNameError` for an unknown name, `InputError` for one that several kinds have.
    """
    if name == "persona" and definitions.personas and kind in (None, "persona"):
        return PERSONAS
    kinds = _FIRST if kind is None else (kind,)
    there = definitions.by_key()
    found: list[Key] = [(k, name) for k in kinds if (k, name) in there]
    if not found:
        known = [definition.name for definition in definitions.ordered if definition.kind in kinds]
        raise UnknownNameError("definition" if kind is None else kind, name, known)
    if len(found) > 1:
        shown = " and a ".join(k for k, _ in found)
        raise InputError(f"{name!r} is a {shown}: say which with --kind")
    return found[0]
