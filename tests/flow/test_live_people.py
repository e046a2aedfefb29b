"""What live people tell of the record and of figures that come late."""

from __future__ import annotations

from tests.flow.live_reading import Service, service
from tests.flow.test_advance import START, fact
from tests.flow.test_advance import running as running

from tailorbird.kernel.facts import FIGURE, WORKSPACE
from tailorbird.kernel.instants import HOUR
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text


def test_the_oldest_and_the_newest_entry_are_known(running: Service) -> None:
    def numbers() -> tuple[int, int]:
        return running.live.first_number, running.live.last_number

    assert numbers() == (0, 0)
    running.accept(fact("ann"), fact("ann"))
    running.run_to(START)
    assert numbers() == (1, 1)
    running.accept(fact("bob", "Bought"))
    running.run_to(START)
    assert numbers() == (1, 2)
    running.live.forget_record(START + 1, 1)
    assert numbers() == (2, 2)
    running.restart()
    assert numbers() == (2, 2)


def test_a_figure_that_comes_late_changes_what_was_entered_when() -> None:
    plan = live.plan(
        load_text("""
traits: {seen: count("Seen")}
segments:
  top: percentile_rank(trait("seen")) >= 50
  risen: entered("top", last="90m")
""").definitions
    )
    with service(plan) as running:
        running.accept(fact("ann"), fact("bob"), fact("bob"))
        running.run_to(START + HOUR)
        late = {"name": 'trait("seen")', "cuts": [2 * UNIT] * 99}
        running.accept(
            fact(WORKSPACE, FIGURE, START + 1, known_us=START + HOUR)._replace(properties=late)
        )
        running.run_to(START + HOUR)
        assert running.live.members("top", None, 9) == ["bob"]
        running.run_to(START + 2 * HOUR)
        assert running.live.members("risen", None, 9) == []
