"""Chance in whole numbers: no floating point, so every machine draws the same.

The words come straight from the bit generator, whose stream NumPy keeps stable across
versions; distributions are tables of whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp
from statistics import NormalDist
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_KNOT_BITS: Final = 12
_REST_BITS: Final = 20


class Quantiles:
    """A distribution as whole numbers at equally likely steps, straight lines between them."""

    def __init__(self, quantile: Callable[[float], float]) -> None:
        steps = 1 << _KNOT_BITS
        # The ends of an unbounded distribution are cut half a step inside.
        shares = [min(max(step / steps, 0.5 / steps), 1 - 0.5 / steps) for step in range(steps + 1)]
        knots = np.array([int(quantile(share)) for share in shares], dtype=np.int64)
        self._from = knots[:-1]
        self._width = np.diff(knots)

    @property
    def mean(self) -> float:
        """The average value."""
        return float(np.mean(self._from + self._width / 2))

    def at(self, words: NDArray[np.uint32]) -> Ints:
        """The values at shares given as 32-bit words."""
        step = words >> np.uint32(_REST_BITS)
        rest = (words & np.uint32((1 << _REST_BITS) - 1)).astype(np.int64)
        values: Ints = self._from[step] + ((self._width[step] * rest) >> _REST_BITS)
        return values


class Draws:
    """Vectors of chance from one generator."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._bits = generator.bit_generator

    def _longs(self, count: int) -> NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def words(self, count: int) -> NDArray[np.uint32]:
        """Uniform 32-bit words."""
        return self._longs((count + 1) // 2).view(np.uint32)[:count]

    def below(self, count: int, bound: int) -> Ints:
        """Uniform whole numbers from 0 up to, not including, the bound."""
        return ((self._longs(count) >> np.uint64(1)) % np.uint64(bound)).astype(np.int64)

    def chance(self, count: int, share: float) -> Bools:
        """True with the given probability."""
        return self.words(count) < np.uint64(round(share * 2**32))

    def of(self, count: int, table: Quantiles) -> Ints:
        """Values of a distribution."""
        return table.at(self.words(count))

    def choice(self, count: int, shares: Sequence[float]) -> NDArray[np.uint8]:
        """Indices into shares that add up to one."""
        bounds = np.round(np.cumsum(shares) * 2**32).astype(np.uint64)[:-1]
        return np.searchsorted(bounds, self.words(count), side="right").astype(np.uint8)


def lognormal(median: float, spread: float, longest: int, shortest: int = 1) -> Quantiles:
    """A lognormal distribution between two bounds; spread is the deviation of the logarithm."""
    normal = NormalDist()
    return Quantiles(
        lambda share: min(max(median * exp(spread * normal.inv_cdf(share)), shortest), longest)
    )


def ranks(count: int, flat: int) -> Quantiles:
    """Ranks 0 to count - 1 with a weight of 1 / (rank + flat): few are met often, most rarely."""
    return Quantiles(lambda share: min(flat * (((count + flat) / flat) ** share - 1), count - 1))


def scrambled(numbers: Ints, salt: int) -> NDArray[np.uint64]:
    """A bijective hash of 64-bit numbers (the finisher of splitmix64)."""
    word = numbers.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) & (2**64 - 1))
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
