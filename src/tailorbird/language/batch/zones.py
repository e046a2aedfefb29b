"""Offsets of zones over time, for engines that must not do zone arithmetic themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tailorbird.kernel.instants import DAY, LAST_INSTANT, WEEK, offset_us

_FIRST_YEAR = 1840
"""Before it no zone of the database changes its offset."""


class Stretch(NamedTuple):
    """A time during which clocks are not changed."""

    start_us: int
    offset_us: int


def stretches(in_zone: ZoneInfo, first_us: int, last_us: int) -> list[Stretch]:
    """The offsets of a zone between two instants, in order; the first from the first instant."""
    found = [Stretch(first_us, offset_us(first_us, in_zone))]
    for year in range(max(_year(first_us), _FIRST_YEAR), _year(last_us) + 1):
        for change in _changes(in_zone.key, in_zone, year):
            if first_us < change.start_us <= last_us:
                found.append(change)
    return found


def _year(instant_us: int) -> int:
    # Weeks keep the count of seconds within what a time delta takes.
    return 1970 + instant_us // (52 * WEEK + DAY)


@lru_cache(maxsize=4096)
def _changes(_key: str, in_zone: ZoneInfo, number: int) -> Sequence[Stretch]:
    """The changes of offset in one of the stretches of 365 days that `_year` counts."""
    start_us = (number - 1970) * (52 * WEEK + DAY)
    days = [min(start_us + day * DAY, LAST_INSTANT) for day in range(366)]
    offsets = [offset_us(day_us, in_zone) for day_us in days]
    return tuple(
        _change(in_zone, days[i], days[i + 1]) for i in range(365) if offsets[i] != offsets[i + 1]
    )


def _change(in_zone: ZoneInfo, before_us: int, after_us: int) -> Stretch:
    """The first instant with the later of two offsets, found by halving."""
    later = offset_us(after_us, in_zone)
    while after_us - before_us > 1:
        middle_us = (before_us + after_us) // 2
        if offset_us(middle_us, in_zone) == later:
            after_us = middle_us
        else:
            before_us = middle_us
    return Stretch(after_us, later)
