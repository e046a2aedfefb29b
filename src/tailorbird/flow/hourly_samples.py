"""A uniform sample of the messages of each hour, for whoever looks at what really arrives.

Every message of an hour has the same chance to be in its sample, however many there are: a
reservoir (Vitter), which leaps over those that it does not take (Li, algorithm L), so that a
request costs next to nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import exp, floor, log, log1p
from typing import NamedTuple

from tailorbird.flow.seen_messages import Seen
from tailorbird.kernel import limits
from tailorbird.kernel.instants import HOUR


class Hour(NamedTuple):
    """The sample of an hour."""

    begin_us: int
    arrived: int
    """How many messages arrived."""
    seen: tuple[Seen, ...]
    """Some of them, in the order in which they arrived."""


class _Reservoir:
    """The sample of one hour as it fills."""

    def __init__(self, begin_us: int, most: int, chance: Callable[[], float]) -> None:
        self.begin_us = begin_us
        self.count = 0
        self._most = most
        self._chance = chance
        self._kept: list[Seen] = []
        self._next = 0
        self._weight = 1.0

    def note(self, count: int, seen: Callable[[int], Seen]) -> None:
        end = self.count + count
        while self._next < end:
            self._take(seen(self._next - self.count))
        self.count = end

    def _take(self, seen: Seen) -> None:
        if len(self._kept) < self._most:
            self._kept.append(seen)
        else:
            self._kept[floor(self._chance() * self._most)] = seen
        self._next += 1
        if len(self._kept) == self._most:
            self._leap()

    def _leap(self) -> None:
        """Pass over those that are not taken: as many as would not be, looked at one by one."""
        self._weight *= exp(log(1.0 - self._chance()) / self._most)
        if 0.0 < self._weight < 1.0:
            self._next += floor(log(1.0 - self._chance()) / log1p(-self._weight))

    def told(self) -> Hour:
        kept = sorted(self._kept, key=lambda seen: seen.number)
        return Hour(self.begin_us, self.count, tuple(kept))


class HourlySamples:
    """The samples of the last hours; the oldest goes when an hour begins."""

    def __init__(
        self,
        chance: Callable[[], float],
        most: int = limits.SAMPLES_PER_HOUR,
        hours: int = limits.SAMPLED_HOURS,
    ) -> None:
        """``chance`` gives numbers from 0 up to and without 1."""
        self._chance = chance
        self._most = most
        self._hours: deque[_Reservoir] = deque(maxlen=hours)
        self._end_us = -(10**18)

    def note(self, at_us: int, count: int, seen: Callable[[int], Seen]) -> None:
        """So many messages arrived; ``seen`` gives one of them by its place."""
        if at_us >= self._end_us:
            begin_us = at_us // HOUR * HOUR
            self._end_us = begin_us + HOUR
            self._hours.append(_Reservoir(begin_us, self._most, self._chance))
        self._hours[-1].note(count, seen)

    def hours(self) -> list[Hour]:
        """The samples, the newest first."""
        return [one.told() for one in reversed(self._hours)]
