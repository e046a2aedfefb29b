"""Whole columns of times in the form that nearly all files have, read by arrays.

That form is a date, a blank or T, hours, minutes and seconds, at most six digits of a fraction, and
perhaps Z or UTC. What is written in any other way is left to `times.TimeReader`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from tailorbird.kernel.instants import SECOND

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_CLOCK_ENDS: Final = len("2024-01-31 23:59:59")
_LONGEST: Final = _CLOCK_ENDS + len(".123456 UTC")
_DIGITS: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_BETWEEN: Final = {4: "-", 7: "-", 10: " Tt", 13: ":", 16: ":"}
_FRACTION_DIGITS: Final = 6
_DAYS_IN: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def plain_instants(column: Sequence[str | None], *, is_utc: bool) -> tuple[Array, Array]:
    """Microseconds of UTC, and which rows they are told of.

    ``is_utc`` is whether a text without Z or UTC means UTC; otherwise only those with it are told.

    >>> plain_instants(["1970-01-01 00:00:01.5", "soon"], is_utc=True)[0][:1].tolist()
    [1500000]
    """
    texts = [text or "" for text in column]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = _codes(texts)
    ends, is_zoned = _without_zone(codes, lengths)
    digits = codes - ord("0")
    is_digit = (digits >= 0) & (digits <= 9)
    good = (lengths <= _LONGEST) & (is_zoned | is_utc)
    for place in _DIGITS:
        good &= is_digit[place]
    for place, allowed in _BETWEEN.items():
        good &= np.any([codes[place] == ord(character) for character in allowed], axis=0)
    fraction_us, has_fraction = _fraction(codes, digits, is_digit, ends)
    good &= (ends == _CLOCK_ENDS) | has_fraction
    century, of_century, month, day, hour, minute, second = (
        10 * digits[place].astype(np.int64) + digits[place + 1]
        for place in (0, 2, 5, 8, 11, 14, 17)
    )
    year = 100 * century + of_century
    good &= _is_date(year, month, day) & (hour <= 23) & (minute <= 59) & (second <= 59)
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * SECOND + fraction_us, good


def _codes(texts: Sequence[str]) -> Array:
    """The characters of all texts, one row a place; what is not ASCII is no plain time."""
    try:
        fixed = np.array(texts, f"S{_LONGEST + 1}")
    except UnicodeEncodeError:
        fixed = np.array([text if text.isascii() else "?" for text in texts], f"S{_LONGEST + 1}")
    return np.ascontiguousarray(fixed.view(np.uint8).reshape(-1, _LONGEST + 1).T).astype(np.int16)


def _without_zone(codes: Array, lengths: Array) -> tuple[Array, Array]:
    """Where each text ends but for Z or UTC, and whether it has one of these."""

    def last(back: int) -> Array:
        places = np.clip(lengths - back, 0, len(codes) - 1)
        found: Array = codes[places, np.arange(len(lengths))]
        return found

    is_z = (last(1) == ord("Z")) | (last(1) == ord("z"))
    is_utc = (last(3) == ord("U")) & (last(2) == ord("T")) & (last(1) == ord("C"))
    cut = np.where(is_z, 1, np.where(is_utc, 3, 0))
    has_blank = np.where(is_z, last(2), last(4)) == ord(" ")
    return lengths - cut - ((cut > 0) & has_blank), cut > 0


def _fraction(codes: Array, digits: Array, is_digit: Array, ends: Array) -> tuple[Array, Array]:
    """The microseconds after the point, and whether there is a point with digits up to the end."""
    count = ends - _CLOCK_ENDS - 1
    point = codes[_CLOCK_ENDS]
    has = ((point == ord(".")) | (point == ord(","))) & (count > 0) & (count <= _FRACTION_DIGITS)
    fraction_us = np.zeros(len(ends), np.int64)
    for number in range(_FRACTION_DIGITS):
        place, is_within = _CLOCK_ENDS + 1 + number, number < count
        has &= is_digit[place] | ~is_within
        fraction_us = 10 * fraction_us + np.where(is_within, digits[place], 0)
    return np.where(has, fraction_us, 0), has


def _is_date(year: Array, month: Array, day: Array) -> Array:
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS_IN[np.where((month >= 1) & (month <= 12), month, 0)]
    found: Array = (year >= 1) & (day >= 1) & (day <= last - ((month == 2) & ~is_leap))
    return found


def _days(year: Array, month: Array, day: Array) -> Array:
    """Days since 1970 of the proleptic Gregorian calendar, whose years here begin in March."""
    since_march = (month + 9) % 12
    years = year - (month <= 2)
    leap_days = years // 4 - years // 100 + years // 400
    days: Array = 365 * years + leap_days + (153 * since_march + 2) // 5 + day - 719_469
    return days
