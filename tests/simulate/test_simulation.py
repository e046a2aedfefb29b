from __future__ import annotations

from typing import Any

import pytest

from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import LAST_INSTANT
from tailorbird.simulate.simulation import Simulation


def simulation(**given: Any) -> Simulation:
    return Simulation(**{"events": 10_000, "start_us": 0, "seed": 1, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"events": 0}, "events is 0: it must lie between 1 and 100000000000"),
        ({"days": 0}, "days is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"start_us": LAST_INSTANT}, "start is"),
        ({"late": 0.3}, "late is 0.3: it must lie between 0 and 0.2"),
        ({"duplicates": -0.1}, "duplicates is -0.1"),
        ({"bots": 2.0}, "bots is 2.0"),
        ({"merged": float("nan")}, "merged is nan"),
        ({"planted": -1}, "planted is -1"),
        ({"people": 9_000}, "people is 9000: it must lie between 1 and"),
        ({"planted": 500}, "500 planted sets of behaviours do not fit into 10000 events"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_what_can(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        simulation(**given)
    assert said in str(refused.value)


def test_people_and_planted_sets_follow_the_number_of_events() -> None:
    assert simulation().population == 4_545
    assert simulation().planted_sets == 2
    assert simulation(events=999).planted_sets == 0
    assert simulation(events=1_000).planted_sets == 1
    assert simulation(events=10**8).planted_sets == 100
    assert simulation(people=17, planted=0).population == 17


def test_bots_are_added_as_their_rows_grow() -> None:
    assert simulation(bots=0.0).bot_count == 0
    assert simulation().bot_count == 1
    assert simulation(events=10**8).bot_count == 25
