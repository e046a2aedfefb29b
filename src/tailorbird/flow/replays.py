"""Histories that are read again: whose, and the states that they give.

Reading and folding a long history takes seconds, but it changes nothing: it may be done beside
what moves everybody along, and what comes of it is taken in when it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tailorbird.flow.viewing import PersonView, view
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.live import PersonState, Step
from tailorbird.language.world import World


class Wanted(NamedTuple):
    """Whose history is to be read again, up to a position."""

    person: int
    subjects: tuple[str, ...]
    position: int


class Refolded(NamedTuple):
    """What somebody's history says at an instant."""

    wanted: Wanted
    is_nobody: bool
    """Whether there was not one fact."""
    state: PersonState
    view: PersonView | None
    """Of somebody who is heavy: her state does not tell it."""
    now_us: int
    world: World


def refolded(
    plan: live.Plan, wanted: Wanted, facts: Sequence[Fact], at: tuple[int, World]
) -> Refolded:
    """Fold a history; of whoever is too large to be kept only what the record needs is a state."""
    told = live.fold(plan, facts, *at)
    if isinstance(told, Step):
        return Refolded(wanted, not facts, told.state, None, *at)
    whole = read_anew(plan, facts, *at)
    seen = view(plan, wanted.subjects, whole, at)._replace(as_of=wanted.position)
    return Refolded(wanted, False, _kept(whole), seen, *at)


def read_anew(plan: live.Plan, facts: Sequence[Fact], now_us: int, world: World) -> PersonState:
    """The state after a history, however large it is: for one answer, not to be kept."""
    told = live.fold(plan, facts, now_us, world, unbounded=True)
    assert isinstance(told, Step)
    return told.state


def _kept(whole: PersonState) -> PersonState:
    return PersonState(
        first_us=whole.first_us,
        first_act_us=whole.first_act_us,
        known=whole.known,
        turned=whole.turned,
        persona=whole.persona,
        wake_at=whole.wake_at,
        heavy=True,
    )
