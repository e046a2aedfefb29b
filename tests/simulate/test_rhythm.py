from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.simulate.rhythm import Rhythm

START = 1_717_200_000_000_000  # a Saturday, midnight


@given(st.integers(1, 400), st.integers(0, 10**6))
def test_instants_stay_in_the_span_and_in_order(days: int, step: int) -> None:
    rhythm = Rhythm(START, days)
    positions = np.unique(np.linspace(0, rhythm.length - 1, 50 + step % 50).astype(np.int64))
    instants = rhythm.instants_at(positions)
    assert instants[0] == START
    assert instants[-1] < START + days * DAY
    assert (np.diff(instants) >= 0).all()
    assert (instants % 1_000 == 0).all()


def test_equal_stretches_of_positions_are_short_where_it_is_busy() -> None:
    rhythm = Rhythm(START, 7)
    instants = rhythm.instants_at(np.linspace(0, rhythm.length - 1, 10_001).astype(np.int64))
    lengths, hours = np.diff(instants), instants[:-1] // HOUR % 24
    assert lengths[hours == 20].mean() < lengths[hours == 4].mean() / 15


def test_half_of_the_positions_lie_in_the_first_half_of_two_equal_weeks() -> None:
    rhythm = Rhythm(START, 14)
    middle = rhythm.instants_at(np.array([rhythm.length // 2]))
    assert abs(int(middle[0]) - (START + 7 * DAY)) < 1_000_000
