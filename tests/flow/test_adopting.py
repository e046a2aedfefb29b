"""Other definitions take over as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import PLAN, START, fact

from tailorbird.flow.adopting import fingerprint
from tailorbird.kernel.instants import DAY
from tailorbird.language import live
from tailorbird.language.files import load_text


@pytest.fixture
def running() -> Iterator[Service]:
    with service(live.plan(load_text(PLAN).definitions)) as made:
        yield made


def test_a_switch_that_fails_leaves_the_definitions_in_force(running: Service) -> None:
    running.accept(fact("ann"))
    running.run_to(START)
    other = live.plan(load_text("segments: {other: 'did(\"Seen\")'}").definitions)
    before = running.live.plan

    def failing() -> Iterator[Any]:
        yield from ()
        raise OSError

    with running.seeds(other, START, 0) as given, pytest.raises(OSError):
        running.live.adopt(other, given._replace(states=failing()))
    assert running.live.plan is before
    running.accept(fact("ann", at_us=START + 1))
    running.run_to(START + 1)
    assert running.live.members("keen", None, 9) == ["ann"]


def test_the_clock_does_not_go_back_with_other_definitions(running: Service) -> None:
    running.accept(fact("ann"))
    running.run_to(START + DAY)
    running.live.advance(START + DAY)
    running.accept(fact("ann", known_us=START + DAY), now_us=START + DAY)
    running.live.advance(START + DAY)
    running.adopt(running.plan, START)
    running.accept(fact("bob", known_us=START), fact("bob", known_us=START))
    found = running.live.advance(START + DAY)
    assert {entry.at_us for entry in found} == {START + DAY}


def test_states_belong_to_definitions_of_one_meaning() -> None:
    looker, shopper = '{Looker: in_segment("keen")}', '{Shopper: in_segment("buyer")}'
    texts = [
        PLAN,
        PLAN.replace("Seen: 2", "Seen: 3"),
        PLAN.replace("- Shopper:", "- Buyer:"),
        f"{PLAN.partition('personas:')[0]}personas: [{looker}, {shopper}]",
    ]
    found = [fingerprint(load_text(text).definitions) for text in (*texts, *texts)]
    assert len(set(found)) == len(texts)
