"""JSON with exact numbers, quicker than `read_json`, which says what it has to give.

Decoded at once, with whole numbers as they come; these are counted in millionths afterwards. What
the quick decoder does not take is left to the slow one, which takes it or says why not.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tailorbird.events.json_values import fault_of_json
from tailorbird.kernel import limits
from tailorbird.kernel.values import NUMBER_BOUND, UNIT, Value, parse_number, read_json

_WHOLE: Final = NUMBER_BOUND // UNIT
"""Whole numbers below this are numbers, whatever their sign."""
_REMEMBERED: Final = 10_000
_LONGEST: Final = 24
"""A longer literal is worked out each time, so that memory is bounded in bytes too."""


class _Literals(dict[str, tuple[Value]]):
    """What literals with places stand for, each in a tuple, which nothing in JSON is."""

    def __missing__(self, text: str) -> tuple[Value]:
        found = (parse_number(text),)
        if len(text) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = found
        return found


_decode: Final = msgspec.json.Decoder(float_hook=_Literals().__getitem__).decode


class _TooDeepError(Exception):
    """More is nested than can be stored."""


def read_stored(text: str | bytes) -> tuple[Value, str | None]:
    """What JSON says, and why that cannot be stored, if so; bytes are UTF-8.

    The same as `read_json` and `fault_of_json` say, or raise.

    >>> read_stored('{"price": 12.50, "big": 12345678901234567890, "bad": 1e400}')[0]
    {'price': 12500000, 'big': IdNumber(digits='12345678901234567890'), 'bad': MISSING}
    """
    try:
        whole = [_decode(text)]
        _count(whole, limits.FACT_DEPTH + 1)
    except (msgspec.DecodeError, UnicodeError, _TooDeepError):
        return _slowly(text)
    value: Value = whole[0]
    if isinstance(text, str):
        has_escapes = "\\" in text and "\\u" in text
    else:
        has_escapes = b"\\" in text and b"\\u" in text
    return value, fault_of_json(_written(text), value) if has_escapes else None


def _slowly(text: str | bytes) -> tuple[Value, str | None]:
    written = _written(text)
    value = read_json(written)
    return value, fault_of_json(written, value)


def _written(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode()


def _count(held: Any, room: int) -> None:
    """Count the numbers of an object or a list in millionths, in their places."""
    for place, value in held.items() if type(held) is dict else enumerate(held):
        kind = type(value)
        if kind is str:
            continue
        if kind is dict or kind is list:
            if room == 1:
                raise _TooDeepError
            _count(value, room - 1)
        elif kind is int:
            held[place] = value * UNIT if -_WHOLE < value < _WHOLE else parse_number(str(value))
        elif kind is tuple:
            (held[place],) = value
