"""What conditions were over time, when facts come one by one."""

from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, SECOND
from tailorbird.language import live
from tailorbird.language.definitions import Key
from tailorbird.language.files import load_text
from tailorbird.language.live import PersonState, Step
from tailorbird.language.world import World

BEGIN_US = 1_700_000_000 * SECOND
LOYAL: Key = ("segment", "loyal")
PLAN = live.plan(
    load_text(
        """
segments:
  loyal: held(latest("Set", properties.plan) == "basic", lasting="2d")
  recent: did("Set", last="1d")
"""
    ).definitions
)


def test_what_another_fact_of_the_same_instant_undoes_has_not_happened() -> None:
    """Also when time turns something at that very instant, and old turns are let go."""
    state, world = PersonState(), World([])
    for day, id_, bought in ((0, "1", "basic"), (1, "2", "pro"), (1, "3", "basic")):
        at_us = BEGIN_US + day * DAY
        fact = Fact("ann", at_us, id_, "Set", {"plan": bought}, {}, True, True, "", 0, at_us)
        told = live.step(PLAN, state, fact, at_us, world)
        assert isinstance(told, Step)
        state = told.state
    before = live.answers(PLAN, state, BEGIN_US + 2 * DAY - 1, world)
    assert (before[LOYAL], live.answers(PLAN, state, BEGIN_US + 2 * DAY, world)[LOYAL]) == (
        False,
        True,
    )
