"""Times as files write them: text in some zone, or a count of units since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tailorbird.events.memo import Memo
from tailorbird.events.plain_times import plain_instants
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND, from_datetime

Unit = Literal["text", "s", "ms", "us"]
UNITS: Final[dict[str, int]] = {"s": SECOND, "ms": 1_000, "us": 1}

PLAUSIBLE_FROM_US: Final = from_datetime(datetime(1990, 1, 1, tzinfo=UTC))
PLAUSIBLE_UNTIL_US: Final = from_datetime(datetime(2100, 1, 1, tzinfo=UTC))
"""An event before or after these is taken for a wrong unit, not for a time."""

_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_CLOCK: Final = re.compile(r"[Tt ](\d\d):(\d\d):(\d\d)", re.ASCII)
_ENDING: Final = re.compile(r"(?:[.,](\d{1,9}))?(?: ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?", re.ASCII)


def pattern_fault(pattern: str) -> str:
    """Why a text is no pattern of ``strptime``; empty when it is one.

    >>> pattern_fault("%d/%m/%Y"), pattern_fault("%Q")
    ('', "'Q' is a bad directive in format '%Q'")
    """
    try:
        datetime.strptime("", pattern)  # noqa: DTZ007 - no time is read
    except ValueError as error:
        return "" if "does not match format" in str(error) else str(error)
    except re.error:
        return "it asks for the same part of a time twice"
    return "it asks for nothing"


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How a column writes times.

    A text without an offset is local time in the zone; of a local time that comes twice the
    first is meant, and one that is skipped counts on from the clock's former setting. ``pattern``
    is one of Python's ``strptime``; without it ISO 8601 is read.
    """

    unit: Unit = "text"
    zone: ZoneInfo | None = None
    """None is UTC."""
    pattern: str | None = None


class TimeReader:
    """Reads a column of times to microseconds of UTC; None for what is none or not plausible.

    >>> TimeReader(TimeForm()).column(["2019-10-01 00:00:01 UTC", "soon", None])
    [1569888001000000, None, None]
    """

    def __init__(self, form: TimeForm) -> None:
        self._form = form
        read = self._text if form.unit == "text" else self._count
        self._memo: Memo[str | None, int | None] = Memo(read)
        self._dates: Memo[str, int | None] = Memo(_date_us)
        self._clocks: Memo[str, int | None] = Memo(_clock_us)
        self._endings: Memo[str, tuple[int, int | None] | None] = Memo(_ending)

    def column(self, column: Sequence[str | None]) -> list[int | None]:
        """The instants of a whole column."""
        self.forget_if_large()
        if self._form.unit != "text" or self._form.pattern is not None:
            return self._memo.column(column)
        instants, is_plain = plain_instants(column, is_utc=self._form.zone is None)
        is_plain &= (instants >= PLAUSIBLE_FROM_US) & (instants < PLAUSIBLE_UNTIL_US)
        found: list[int | None] = instants.tolist()
        for row in (~is_plain).nonzero()[0].tolist():
            found[row] = self._memo[column[row]]
        return found

    def instant(self, text: str | None) -> int | None:
        """The instant that one text names."""
        return self._memo[text]

    def forget_if_large(self) -> None:
        """Keep memory bounded; `column` does it by itself."""
        for memo in (self._memo, self._dates, self._clocks, self._endings):
            memo.forget_if_large()

    def _count(self, text: str | None) -> int | None:
        if not text:
            return None
        scale = UNITS[self._form.unit]
        if text.isdigit() and text.isascii() and len(text) < 20:
            return _plausible(int(text) * scale)
        try:
            exact = Decimal(text)
        except InvalidOperation:
            return None
        if not exact.is_finite() or exact.adjusted() > 20:
            return None
        return _plausible(int((exact * scale).to_integral_value("ROUND_FLOOR")))

    def _text(self, text: str | None) -> int | None:
        if not text:
            return None
        if self._form.pattern is not None:
            return self._by_pattern(text, self._form.pattern)
        # Each part repeats itself far more often than the whole text does.
        text = text.strip()
        day_us, clock_us = self._dates[text[:10]], self._clocks[text[10:19]]
        ending = self._endings[text[19:]]
        if day_us is None:
            return None
        if clock_us is None or ending is None:
            return self._without_seconds(text[10:], day_us)
        return _plausible(self._shifted(day_us + clock_us + ending[0], ending[1]))

    def _without_seconds(self, rest: str, day_us: int) -> int | None:
        """A date alone, or with hours and minutes."""
        if not rest:
            return _plausible(self._shifted(day_us, None))
        clock_us, ending = self._clocks[rest[:6] + ":00"], self._endings[rest[6:]]
        if clock_us is None or ending is None or ending[0]:
            return None
        return _plausible(self._shifted(day_us + clock_us, ending[1]))

    def _by_pattern(self, text: str, pattern: str) -> int | None:
        try:
            moment = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 - the zone follows
        except ValueError:
            return None
        if moment.tzinfo is not None:
            return _plausible(from_datetime(moment))
        return _plausible(self._shifted(from_datetime(moment.replace(tzinfo=UTC)), None))

    def _shifted(self, wall_us: int, offset_us: int | None) -> int | None:
        """From what a clock on the wall shows, counted as if it were UTC, to the instant."""
        if offset_us is not None:
            return wall_us - offset_us
        if self._form.zone is None:
            return wall_us
        seconds, rest_us = divmod(wall_us, SECOND)
        try:
            wall = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=self._form.zone)
            return from_datetime(wall.astimezone(UTC)) + rest_us
        except (OverflowError, ValueError):
            return None


def _date_us(text: str) -> int | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return (day - date(1970, 1, 1)).days * DAY


def _clock_us(text: str) -> int | None:
    """A blank or T, hours, minutes and seconds."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3])
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * HOUR + minute * MINUTE + second * SECOND


def _ending(text: str) -> tuple[int, int | None] | None:
    """A fraction of a second and the offset, None without one."""
    match = _ENDING.fullmatch(text)
    if match is None:
        return None
    fraction_us = int((match[1] or "0")[:6].ljust(6, "0"))
    if match[2] is None:
        return fraction_us, None
    offset_us = _offset_us(match[2])
    return None if offset_us is None else (fraction_us, offset_us)


def _offset_us(text: str) -> int | None:
    if text[0] not in "+-":
        return 0
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    length_us = hours * HOUR + minutes * MINUTE
    return -length_us if text[0] == "-" else length_us


def _plausible(instant_us: int | None) -> int | None:
    if instant_us is None or not PLAUSIBLE_FROM_US <= instant_us < PLAUSIBLE_UNTIL_US:
        return None
    return instant_us
