"""When a shop is busy: the hours of a week, and instants spread over a span accordingly."""

from __future__ import annotations

from typing import Final

import numpy as np

from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.simulate.draws import Ints

_HOURS: Final = (
    *(14, 8, 5, 4, 4, 6, 12, 22, 34, 44, 50, 53),
    *(54, 53, 52, 52, 54, 58, 66, 76, 84, 82, 62, 34),
)
"""How busy each hour of a day is: a low before dawn, a plateau at noon, the top at 20 h UTC."""
_WEEKDAYS: Final = (100, 98, 96, 95, 92, 108, 118)
"""How busy each day of a week is, Monday first."""
_HOUR_S: Final = 3_600


class Rhythm:
    """A span cut into positions of equal busyness: position 0 is its start, `length` its end."""

    def __init__(self, start_us: int, days: int) -> None:
        hours = np.arange(days * 24, dtype=np.int64)
        self._starts_us = start_us + hours * HOUR
        hour_of_day = self._starts_us // HOUR % 24
        weekday = (self._starts_us // DAY + 3) % 7
        self._weights = np.array(_HOURS)[hour_of_day] * np.array(_WEEKDAYS)[weekday]
        self._sums = np.concatenate([[0], np.cumsum(self._weights * _HOUR_S)])
        self.length = int(self._sums[-1])

    def instants_at(self, positions: Ints) -> Ints:
        """The instants of positions, to the millisecond: what the clocks of devices give."""
        hour = np.searchsorted(self._sums, positions, side="right") - 1
        hour = np.minimum(hour, len(self._weights) - 1)
        within_ms = (positions - self._sums[hour]) * 1000 // self._weights[hour]
        instants: Ints = self._starts_us[hour] + within_ms * 1000
        return instants
