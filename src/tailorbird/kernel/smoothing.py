"""Smoothing of a series of numbers in doubles, the same for every reading.

The results of doubles depend on the order of operations, so that this one function computes
them wherever they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from tailorbird.kernel.limits import SMOOTHED_VALUES
from tailorbird.kernel.values import MISSING, UNIT, Missing, bounded, divide_rounded


def exponential(values: Sequence[int], alpha: int) -> int | Missing:
    """Exponentially weighted average of numbers in order; all in millionths.

    The first value, then moved by the share ``alpha`` towards each further one. Only the last
    1,000 values count; over none it is missing.

    >>> exponential([1_000_000, 2_000_000], 300_000)
    1300000
    """
    smoothed, *further = _doubles(values) or [float("nan")]
    share = alpha / UNIT
    for value in further:
        smoothed = smoothed + share * (value - smoothed)
    return _rounded(smoothed)


def kalman(values: Sequence[int], q: int, r: int) -> int | Missing:
    """One-dimensional Kalman filter of a constant; all in millionths.

    It begins with the first value and the variance ``r`` of a measurement; before each further
    value the variance grows by ``q``. Only the last 1,000 values count; over none it is missing.

    >>> kalman([1_000_000, 2_000_000], 1_000_000, 1_000_000)
    1666667
    """
    smoothed, *further = _doubles(values) or [float("nan")]
    noise, drift = r / UNIT, q / UNIT
    variance = noise
    for value in further:
        variance = variance + drift
        gain = variance / (variance + noise)
        smoothed = smoothed + gain * (value - smoothed)
        variance = (1.0 - gain) * variance
    return _rounded(smoothed)


def _doubles(values: Sequence[int]) -> list[float]:
    return [value / UNIT for value in values[-SMOOTHED_VALUES:]]


def _rounded(value: float) -> int | Missing:
    """A double to six places, half away from zero; missing when it is not finite."""
    if not isfinite(value):
        return MISSING
    numerator, denominator = value.as_integer_ratio()
    return bounded(divide_rounded(numerator * UNIT, denominator))
