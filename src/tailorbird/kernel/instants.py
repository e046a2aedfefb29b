"""Instants, durations and calendars: integer microseconds of UTC and one pinned zone database.

An *instant* is a count of microseconds since 1970-01-01T00:00Z, a *duration* a count of
microseconds, a *date* a count of days since 1970-01-01. Zones come from the package ``tzdata``
alone, never from the machine, so that every machine gives the same answer.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

MICROSECOND: Final = 1
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 3_600 * SECOND
DAY: Final = 86_400 * SECOND
WEEK: Final = 7 * DAY

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_INSTANT: Final = -62_135_510_400 * SECOND
"""0001-01-02T00:00Z: every zone still has a date at this instant."""
LAST_INSTANT: Final = 253_402_128_000 * SECOND
"""9999-12-30T00:00Z, the end of time."""

Period = Literal["day", "week", "month", "quarter", "year"]
PERIODS: Final[tuple[Period, ...]] = get_args(Period)

_UNITS: Final = {
    "us": MICROSECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": WEEK,
}
_DURATION: Final = re.compile(r"(-?)(\d{1,17})(us|s|m|h|d|w)", re.ASCII)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_PRINTED_UNITS: Final = ("d", "h", "m", "s")
DURATION_BOUND: Final = 400 * 366 * DAY


def parse_duration(text: str) -> int | None:
    """Microseconds of a duration such as ``30d``, ``10m`` or ``250us``; None when it is none.

    >>> parse_duration("10m"), parse_duration("1 day")
    (600000000, None)
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length_us = int(match[2]) * _UNITS[match[3]]
    if length_us > DURATION_BOUND:
        return None
    return -length_us if match[1] else length_us


def format_duration(length_us: int) -> str:
    """The shortest text that `parse_duration` reads back; weeks are written as days.

    >>> format_duration(86_400_000_000), format_duration(90_000_000), format_duration(0)
    ('1d', '90s', '0s')
    """
    if length_us == 0:
        return "0s"
    for unit in _PRINTED_UNITS:
        if length_us % _UNITS[unit] == 0:
            return f"{length_us // _UNITS[unit]}{unit}"
    return f"{length_us}us"


_RFC3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d))?",
    re.ASCII,
)


def parse_instant(text: str, zone: ZoneInfo) -> int | None:
    """The instant of an RFC 3339 text, or of a date: its midnight in the zone.

    Digits beyond the microsecond are cut off. None when the text is neither, or out of range.

    >>> parse_instant("2024-01-01T05:00:00.25Z", zone("UTC"))
    1704085200250000
    >>> parse_instant("2024-07-01", zone("Europe/Berlin"))
    1719784800000000
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        local = date(int(year), int(month), int(day))
        if hour is None:
            return _in_range(start_of_date(_days(local), zone))
        wall = datetime(
            local.year, local.month, local.day, int(hour), int(minute), int(second or 0), tzinfo=UTC
        )
    except (ValueError, OverflowError):
        return None
    offset_us = _offset_us(offset)
    if offset_us is None:
        return None
    fraction_us = int((fraction or "0")[:6].ljust(6, "0"))
    return _in_range(_instant(wall) + fraction_us - offset_us)


def _offset_us(text: str) -> int | None:
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        return None
    length_us = hours * HOUR + minutes * MINUTE
    return -length_us if text[0] == "-" else length_us


def _in_range(instant_us: int) -> int | None:
    return instant_us if FIRST_INSTANT <= instant_us <= LAST_INSTANT else None


def format_instant(instant_us: int) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one.

    >>> format_instant(1_704_085_200_250_000)
    '2024-01-01T05:00:00.25Z'
    """
    seconds, fraction_us = divmod(instant_us, SECOND)
    text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    year, rest = text.split("-", 1)
    fraction = f".{fraction_us:06d}".rstrip("0") if fraction_us else ""
    return f"{year:0>4}-{rest}{fraction}Z"


def date_and_time(instant_us: int, in_zone: ZoneInfo) -> str:
    """An instant for people: the local date and time, with seconds where there are some.

    >>> date_and_time(1_304_416_800_000_000, zone("UTC"))
    '3 May 2011 10:00'
    >>> date_and_time(1_304_416_805_000_001, zone("Europe/Berlin"))
    '3 May 2011 12:00:05.000001 (Europe/Berlin)'
    """
    seconds, fraction_us = divmod(instant_us, SECOND)
    local = (EPOCH + timedelta(seconds=seconds)).astimezone(in_zone)
    text = f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H:%M}"
    if local.second or fraction_us:
        text += f":{local:%S}" + (f".{fraction_us:06d}".rstrip("0") if fraction_us else "")
    return text if in_zone.key == "UTC" else f"{text} ({in_zone.key})"


def from_datetime(moment: datetime) -> int:
    """The instant of an aware datetime; a naive one raises ``ValueError``."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a zone names no instant")
    return _instant(moment)


def _instant(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """A zone of the pinned database by its IANA name; None when it has no such zone."""
    if not re.fullmatch(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+){0,3}", name):
        return None
    file = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        try:
            return ZoneInfo.from_file(stream, key=name)
        except ValueError:
            return None


def zone(name: str) -> ZoneInfo:
    """Like `find_zone`, for names that were checked before."""
    found = find_zone(name)
    if found is None:
        raise ValueError(f"the zone database has no zone {name!r}")
    return found


def offset_us(instant_us: int, in_zone: ZoneInfo) -> int:
    """How far the zone's wall clock is ahead of UTC at an instant."""
    seconds = instant_us // SECOND
    ahead = (EPOCH + timedelta(seconds=seconds)).astimezone(in_zone).utcoffset()
    assert ahead is not None
    return ahead // timedelta(microseconds=1)


def local_date(instant_us: int, in_zone: ZoneInfo) -> int:
    """The local date at an instant, as days since 1970-01-01."""
    return (instant_us + offset_us(instant_us, in_zone)) // DAY


def local_hour(instant_us: int, in_zone: ZoneInfo) -> int:
    """The hour of the local wall clock, 0 to 23."""
    return (instant_us + offset_us(instant_us, in_zone)) // HOUR % 24


def local_weekday(instant_us: int, in_zone: ZoneInfo) -> int:
    """The local weekday after ISO 8601: Monday is 1, Sunday is 7."""
    return (local_date(instant_us, in_zone) + 3) % 7 + 1


def start_of_date(days: int, in_zone: ZoneInfo) -> int:
    """The first instant of a local date, also where its midnight is skipped or comes twice."""
    day = date(1970, 1, 1) + timedelta(days=days)
    return _instant(datetime(day.year, day.month, day.day, tzinfo=in_zone).astimezone(UTC))


def start_of_period(instant_us: int, period: Period, in_zone: ZoneInfo) -> int:
    """The first instant of the local day, ISO week, month, quarter or year around an instant.

    >>> format_instant(start_of_period(1_704_085_200_000_000, "week", zone("UTC")))
    '2024-01-01T00:00:00Z'
    """
    return start_of_date(first_date(local_date(instant_us, in_zone), period), in_zone)


def next_period(instant_us: int, period: Period, in_zone: ZoneInfo) -> int:
    """The first instant after the local period around an instant; later than the instant."""
    days = next_first_date(local_date(instant_us, in_zone), period)
    following = start_of_date(days, in_zone)
    if following <= instant_us:  # the clocks went back over midnight
        following = start_of_date(next_first_date(days, period), in_zone)
    return following


def first_date(days: int, period: Period) -> int:
    """The first date of the period that a date lies in."""
    day = to_date(days)
    if period == "day":
        return days
    if period == "week":
        return days - day.weekday()
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period]
    return _days(date(day.year, month, 1))


def next_first_date(days: int, period: Period) -> int:
    """The first date of the period after the one that a date lies in."""
    first = to_date(first_date(days, period))
    if period == "day":
        return days + 1
    if period == "week":
        return _days(first) + 7
    months = first.year * 12 + first.month - 1 + {"month": 1, "quarter": 3, "year": 12}[period]
    return _days(date(months // 12, months % 12 + 1, 1))


def to_date(days: int) -> date:
    """The calendar date of a count of days."""
    return date(1970, 1, 1) + timedelta(days=days)


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def days_to_anniversary(born: int, today: int) -> int:
    """Whole days from a date to the next anniversary of another, 0 on the day itself.

    Somebody born on 29 February celebrates on 1 March in years without that day.
    """
    birth, now = to_date(born), to_date(today)
    for year in (now.year, now.year + 1):
        try:
            day = birth.replace(year=year)
        except ValueError:
            day = date(year, 3, 1)
        if day >= now:
            return (day - now).days
    raise AssertionError("an anniversary comes every year")
