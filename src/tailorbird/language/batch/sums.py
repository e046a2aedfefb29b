"""Sums of many numbers that stay exact beyond 64 bits."""

from __future__ import annotations

from typing import Final

import numpy as np

from tailorbird.kernel.values import NUMBER_BOUND
from tailorbird.language.batch.columns import Array, Numbers

_SHIFT: Final = 31
_LIMIT: Final = 2**_SHIFT
"""Numbers are added up as two halves, which fit 64 bits for billions of summands."""


class Sums:
    """The sums of the first numbers of a list, for each length.

    >>> sums = Sums(np.array([5, -3, 10**18 - 1]))
    >>> sums.between(np.array([0, 0]), np.array([2, 3]))
    Numbers(values=array([2, 0]), present=array([ True, False]))
    """

    def __init__(self, amounts: Array) -> None:
        high = amounts >> _SHIFT
        self._high = np.append(0, np.cumsum(high))
        self._low = np.append(0, np.cumsum(amounts - (high << _SHIFT)))

    def between(self, first: Array, end: Array) -> Numbers:
        """The sums from some places to before others; missing where out of range."""
        high = self._high[end] - self._high[first]
        low = self._low[end] - self._low[first]
        high, low = high + (low >> _SHIFT), low & (_LIMIT - 1)
        fits = np.abs(high) < _LIMIT
        total = np.where(fits, (np.where(fits, high, 0) << _SHIFT) + low, NUMBER_BOUND)
        present = np.abs(total) < NUMBER_BOUND
        return Numbers(np.where(present, total, 0), present)
