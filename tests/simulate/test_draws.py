from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.simulate.draws import Draws, Quantiles, lognormal, ranks, scrambled


def draws(seed: int = 1) -> Draws:
    return Draws(np.random.Generator(np.random.PCG64(seed)))


def test_equal_seeds_draw_equal_words_on_every_machine() -> None:
    assert draws(1).words(3).tolist() == [2032329983, 2198257139, 3243419750]
    assert draws(2).words(3).tolist() != draws(1).words(3).tolist()


def test_chance_is_met_as_often_as_it_says() -> None:
    assert abs(draws().chance(100_000, 0.03).mean() - 0.03) < 0.003
    assert not draws().chance(100_000, 0.0).any()
    assert draws().chance(100_000, 1.0).all()


def test_choices_follow_their_shares() -> None:
    counts = np.bincount(draws().choice(100_000, (0.7, 0.2, 0.1)))
    assert np.allclose(counts / 100_000, (0.7, 0.2, 0.1), atol=0.01)


def test_whole_numbers_below_a_bound_are_all_met() -> None:
    assert set(draws().below(1_000, 7).tolist()) == set(range(7))


def test_a_lognormal_has_its_median_and_keeps_its_bounds() -> None:
    values = draws().of(100_000, lognormal(1_000, 1.2, 20_000, 50))
    assert 950 < np.median(values) < 1_050
    assert values.min() >= 50
    assert values.max() <= 20_000
    assert np.quantile(values, 0.9) > 4_000


def test_ranks_reach_everybody_and_favour_the_first() -> None:
    values = draws().of(500_000, ranks(1_000, 30))
    counts = np.bincount(values, minlength=1_000)
    assert len(counts) == 1_000
    assert counts.min() > 0
    # The weight of rank 0 to that of rank 970 is 1000 to 30.
    assert 25 < counts[:5].mean() / counts[965:975].mean() < 42


@given(st.integers(1, 10**8))
def test_a_rank_never_leaves_its_range(count: int) -> None:
    table = ranks(count, 15)
    ends = table.at(np.array([0, 2**32 - 1], dtype=np.uint32))
    assert 0 <= ends[0] <= ends[1] < count


def test_quantiles_lie_on_straight_lines_between_the_steps() -> None:
    table = Quantiles(lambda share: share * 4_096_000)
    words = np.array([0x40000000, 0x40080000], dtype=np.uint32)
    assert table.at(words).tolist() == [1_024_000, 1_024_500]
    assert abs(table.mean - 2_048_000) < 1_000


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, min_size=2), st.integers(0, 2**63))
def test_scrambling_keeps_different_numbers_different(numbers: list[int], salt: int) -> None:
    assert len(set(scrambled(np.array(numbers, dtype=np.int64), salt).tolist())) == len(numbers)
