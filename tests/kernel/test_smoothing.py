"""Smoothing of a series of numbers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.kernel import limits
from tailorbird.kernel.smoothing import exponential, kalman
from tailorbird.kernel.values import MISSING, UNIT

NUMBERS = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=30)


def test_over_nothing_there_is_nothing() -> None:
    assert exponential([], UNIT) is MISSING
    assert kalman([], UNIT, UNIT) is MISSING


@given(NUMBERS, st.integers(1, UNIT))
def test_the_average_stays_within_a_millionth_of_exact_fractions(
    values: list[int], alpha: int
) -> None:
    share, exact = Fraction(alpha, UNIT), Fraction(values[0])
    for value in values[1:]:
        exact += share * (value - exact)
    found = exponential(values, alpha)
    assert isinstance(found, int)
    assert abs(found - exact) <= 1


@given(NUMBERS, st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_filter_stays_within_two_millionths_of_exact_fractions(
    values: list[int], q: int, r: int
) -> None:
    exact, variance = Fraction(values[0]), Fraction(r)
    for value in values[1:]:
        variance += q
        gain = variance / (variance + r)
        exact += gain * (value - exact)
        variance *= 1 - gain
    found = kalman(values, q, r)
    assert isinstance(found, int)
    assert abs(found - exact) <= 2


def test_only_the_last_thousand_values_count() -> None:
    values = [10**9] + [UNIT] * limits.SMOOTHED_VALUES
    assert exponential(values, 1) == UNIT
    assert kalman(values, 1, UNIT) == UNIT
    assert exponential(values[:-1], 1) != UNIT


def test_half_a_millionth_is_rounded_away_from_zero() -> None:
    """1 and 2 millionths, halfway between: 1.5 is exact neither as decimal nor as double."""
    assert exponential([2 * 10**6, 3 * 10**6], 500_000) == 2_500_000
    assert exponential([-(10**12), 10**12 - 1], UNIT) == 10**12 - 1
