"""Where a query is read on: a little before the last value, because rows may appear late.

Whoever writes rows in transactions may finish one later that began earlier: then a row appears
behind one with a larger number or a later time. What is read twice counts once by its message id.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from tailorbird.kernel.instants import HOUR, parse_duration

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


class Overlap(NamedTuple):
    """How far before the last value is read again."""

    time_us: int = HOUR
    """Of a column of times."""
    number: int = 1_000
    """Of a column of numbers."""


USUAL: Final = Overlap()
"""What is read again where nobody says anything else."""


def parse_overlap(text: str) -> Overlap | None:
    """A duration such as 1h for times, or a whole number for numbers; None for neither.

    >>> parse_overlap("2h").time_us // HOUR, parse_overlap("50").number, parse_overlap("soon")
    (2, 50, None)
    """
    if text.isascii() and text.isdigit() and len(text) < 16:
        return Overlap(number=int(text))
    length_us = parse_duration(text)
    return None if length_us is None or length_us < 0 else Overlap(time_us=length_us)


def number_before(text: str, overlap: Overlap) -> str:
    """A number so much lower.

    >>> number_before("1500", Overlap()), number_before("2.5", Overlap(number=1))
    ('500', '1.5')
    """
    try:
        return format(Decimal(text) - overlap.number, "f")
    except InvalidOperation:
        return text


def text_before(text: str, overlap: Overlap) -> str:
    """A time so much earlier, written in the same form; any other text as it is.

    >>> text_before("2024-05-01 00:30:00.25+02:00", Overlap())
    '2024-04-30 23:30:00.25+02:00'
    >>> text_before("2024-05-01", Overlap()), text_before("order-12", Overlap())
    ('2024-04-30', 'order-12')
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    day, between, clock, fraction, offset = match.groups("")
    try:
        wall = datetime.fromisoformat(f"{day} {clock or '00:00:00'}").replace(tzinfo=UTC)
        # Parts of seconds stay, so that nothing is rounded to a later time.
        earlier = wall - timedelta(seconds=-(-overlap.time_us // 1_000_000))
    except (ValueError, OverflowError):
        return text
    if not clock:
        return earlier.strftime("%Y-%m-%d")
    return earlier.strftime(f"%Y-%m-%d{between}%H:%M:%S") + fraction + offset
