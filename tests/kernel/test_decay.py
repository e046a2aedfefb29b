"""Weights of points that age."""

from __future__ import annotations

from itertools import pairwise

from tailorbird.kernel.decay import HOPS, MANTISSAS, SHIFT, weight


def test_the_table_is_exact() -> None:
    """m = floor(2^(40 - j/64)) means m^64 <= 2^(2560 - j) < (m + 1)^64."""
    assert len(MANTISSAS) == HOPS
    for j, mantissa in enumerate(MANTISSAS):
        assert mantissa**HOPS <= 2 ** (SHIFT * HOPS - j) < (mantissa + 1) ** HOPS


def test_weights_fall_and_halve_once_a_half_life() -> None:
    weights = [weight(age) for age in range(1_300)]
    assert all(after <= before for before, after in pairwise(weights))
    assert all(weights[age + HOPS] == weights[age] >> 1 for age in range(1_280 - HOPS))


def test_weights_end_after_twenty_half_lives() -> None:
    assert weight(1_279) > 0
    assert weight(1_280) == weight(10**9) == 0
