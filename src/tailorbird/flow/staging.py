"""Everybody's states under other definitions, made in a file of their own.

Computing them takes a second for some ten thousand people. Meanwhile those in force go on, and are
told; only the change from the ones to the others has to wait for nobody and be waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tailorbird.flow.adopting import Seeds, fill
from tailorbird.flow.advance import Live
from tailorbird.language import live
from tailorbird.ports.log import EventLog
from tailorbird.ports.states import StateStore

NEAR: Final = 2_000
"""With so few facts left to be taken in the change is quick."""


def stage(
    store: StateStore,
    log: EventLog,
    plan: live.Plan,
    given: Seeds,
    until: Callable[[], int],
    now_us: Callable[[], int],
) -> int:
    """Fill an empty store, and take in what comes meanwhile until it is near a position.

    ``until`` tells where those in force are. Gives the position of the states in the store, which
    may be ahead of that.
    """
    with store.transaction():
        fill(store, plan, given)
    people = Live(log, store, plan)
    while until() - people.position > NEAR:
        people.advance(now_us(), NEAR // 2)
    return people.position
