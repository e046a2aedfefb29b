"""What is known of one person, as a page or a system asks for it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tailorbird.kernel.values import Value
from tailorbird.language import live
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.live import PersonState, Plan, Step
from tailorbird.language.operations import TraitValue
from tailorbird.language.world import World


class PersonView(NamedTuple):
    """A person at an instant, by the facts up to a place in the log."""

    name: str
    """The smallest of her identifiers."""
    identifiers: tuple[str, ...]
    exists: bool
    """Whether any fact of hers counts at the instant."""
    traits: dict[str, Value]
    """The defined ones, and of those sent with her facts the ones that definitions read."""
    scores: dict[str, Value]
    segments: tuple[str, ...]
    persona: str | None
    at_us: int
    as_of: int
    """The position of the log below which her facts are taken in."""
    is_pending: bool
    """Whether her history is being read again, so that ``as_of`` is an older place."""
    definitions: Definitions
    """Those that the values are of."""
    users: frozenset[str] = frozenset()
    """Of her identifiers those with which others were linked, as a user is with a visitor; told to
    whoever follows her alone."""


def moved(plan: Plan, state: PersonState, now_us: int, world: World) -> PersonState | None:
    """A state as it is at an instant, without touching the one that is kept.

    None when only the person's history tells.
    """
    if state.heavy:
        return None
    if state.wake_at > now_us:
        return live.decode(live.encode(state))
    told = live.wake(plan, live.decode(live.encode(state)), now_us, world)
    return told.state if isinstance(told, Step) else None


def answered(plan: Plan, state: PersonState, now_us: int, world: World) -> dict[Key, Any]:
    """Traits and scores by their values, segments and personas as they were noted."""
    given = live.answers(plan, state, now_us, world)
    held = live.membership(plan, state)
    return {key: key in held if key[0] == "segment" else v for key, v in given.items()}


def view(
    plan: Plan, identifiers: tuple[str, ...], state: PersonState, at: tuple[int, World]
) -> PersonView:
    """The view of somebody with a state; as of the place 0, which the caller knows better."""
    now_us, world = at
    given = answered(plan, state, now_us, world)
    persona = live.persona_of(plan, state)
    return PersonView(
        min(identifiers),
        identifiers,
        live.exists(state, now_us),
        {
            **_raw(plan, state),
            **{name: value for (kind, name), value in given.items() if kind == "trait"},
        },
        {name: value for (kind, name), value in given.items() if kind == "score"},
        tuple(sorted(n for (kind, n), holds in given.items() if kind == "segment" and holds)),
        persona if isinstance(persona, str) else None,
        now_us,
        0,
        False,
        plan.definitions,
    )


def _raw(plan: Plan, state: PersonState) -> dict[str, Value]:
    """The latest values of sent traits, as far as a state remembers them."""
    found: dict[str, Value] = {}
    for index, operation in enumerate(plan.operations):
        entry = state.slots.get(index) if isinstance(operation, TraitValue) else None
        if entry is not None and entry[2] is not None and isinstance(operation, TraitValue):
            found[operation.key] = entry[2]
    return found
