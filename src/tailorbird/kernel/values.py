"""The closed set of values that a definition can see, and exact arithmetic on them.

A value is one of

- a *number*: a plain ``int`` counting millionths, so ``12.5`` is ``12_500_000``; ``|x| < 10**12``;
- an *id number*: an integer too large to be a number, known only by its digits;
- text (``str``), a boolean (``bool``), a ``list``, an object (``dict`` with text keys);
- ``None``: an explicit JSON null, which every operator treats as missing;
- ``MISSING``: nothing there.

``bool`` is a subclass of ``int`` in Python, therefore code that asks for a number asks
``type(x) is int``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from json.encoder import encode_basestring
from math import isqrt
from typing import Any, Final, TypeAlias

UNIT: Final = 1_000_000
"""How many millionths make one."""

NUMBER_BOUND: Final = 10**12 * UNIT
"""A number's absolute value in millionths stays below this."""

ID_NUMBER_DIGITS: Final = 38


class Missing:
    """The type of ``MISSING``; there is one instance."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


class IdNumber:
    """An integer beyond the range of numbers: it can only be compared for equality.

    It is no dataclass, because serializers would write one as an object with a key.

    >>> parse_number("12345678901234567890")
    IdNumber(digits='12345678901234567890')
    """

    __slots__ = ("digits",)

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdNumber) and self.digits == other.digits

    def __hash__(self) -> int:
        return hash((IdNumber, self.digits))

    def __repr__(self) -> str:
        return f"IdNumber(digits={self.digits!r})"


Value: TypeAlias = int | IdNumber | str | bool | list[Any] | dict[str, Any] | Missing | None

_SIX_PLACES: Final = Decimal("0.000001")
_EXACT: Final = Context(prec=80, Emax=999999, Emin=-999999)


def parse_number(text: str) -> int | IdNumber | Missing:
    """Read a decimal literal exactly, rounded half away from zero to six places.

    An integer whose value is out of the range of numbers becomes an `IdNumber` when it has at
    most 38 digits. Anything else that is out of range, or no number at all, is ``MISSING``.

    >>> parse_number("12.5"), parse_number("-0.0000005"), parse_number("1e400")
    (12500000, -1, MISSING)
    """
    units, _, places = text.partition(".")
    if len(units) <= 12 and len(places) <= 6 and units.isdigit() and text.isascii():
        if len(units) == len(text):
            return int(units) * UNIT
        if places.isdigit():
            return int(units + places.ljust(6, "0"))  # the form of nearly all prices
    try:
        exact = Decimal(text)
    except ArithmeticError:
        return MISSING
    if not exact.is_finite():
        return MISSING
    size = exact.adjusted()
    if not exact or size < -7:
        return 0
    if size > ID_NUMBER_DIGITS:
        return MISSING
    rounded = int(exact.quantize(_SIX_PLACES, ROUND_HALF_UP, context=_EXACT).scaleb(6, _EXACT))
    if abs(rounded) < NUMBER_BOUND:
        return rounded
    if rounded % UNIT == 0 and exact == rounded // UNIT:
        whole = rounded // UNIT
        if len(str(abs(whole))) <= ID_NUMBER_DIGITS:
            return IdNumber(str(whole))
    return MISSING


def format_number(number: int) -> str:
    """The shortest decimal text of a number given in millionths.

    >>> format_number(12_500_000), format_number(-1), format_number(3_000_000)
    ('12.5', '-0.000001', '3')
    """
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number), UNIT)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{rest:06d}".rstrip("0")


def bounded(number: int) -> int | Missing:
    """The number itself, or ``MISSING`` when it is out of range: nothing wraps around."""
    return number if -NUMBER_BOUND < number < NUMBER_BOUND else MISSING


def divide_rounded(numerator: int, denominator: int) -> int:
    """The integer nearest to a fraction, half away from zero; the denominator is not 0.

    >>> divide_rounded(5, 2), divide_rounded(-5, 2), divide_rounded(7, 3)
    (3, -3, 2)
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def multiply(a: int, b: int) -> int | Missing:
    """The product of two numbers, rounded once."""
    return bounded(divide_rounded(a * b, UNIT))


def divide(a: int, b: int) -> int | Missing:
    """The quotient of two numbers, rounded once; division by zero is missing."""
    return bounded(divide_rounded(a * UNIT, b)) if b else MISSING


def mean(total: int, count: int) -> int | Missing:
    """The average of ``count`` numbers with that sum, rounded once; over nothing it is missing."""
    return bounded(divide_rounded(total, count)) if count else MISSING


STDDEV_BOUND: Final = 10**9 * UNIT
"""`sample_deviation` is missing when a value reaches this, so that squares fit 128 bits."""


def sample_deviation(count: int, total: int, squares: int) -> int | Missing:
    """The sample standard deviation of ``count`` numbers from their sum and sum of squares.

    The root of (n S2 - S1^2) / (n (n - 1)), rounded half away from zero to a millionth;
    missing for fewer than two numbers.

    >>> sample_deviation(2, 4_000_000, 10_000_000_000_000)
    1414214
    """
    if count < 2:
        return MISSING
    numerator = count * squares - total * total
    denominator = count * (count - 1)
    root = isqrt(numerator // denominator)
    if (2 * root + 1) ** 2 * denominator <= 4 * numerator:
        root += 1
    return bounded(root)


def is_number(value: Value) -> bool:
    """Whether a value is a number (and not a boolean)."""
    return type(value) is int


def equal(a: Value, b: Value) -> bool:
    """Equality without coercion: false when the types differ or either side is missing.

    Lists and objects have no equality: they are missing here.
    """
    kind = type(a)
    return kind is type(b) and kind in _COMPARED and a == b


_COMPARED: Final = frozenset({int, str, bool, IdNumber})


def is_missing(value: Value) -> bool:
    """Whether a value is absent or an explicit null."""
    return value is None or value is MISSING


def from_double(value: float) -> int | IdNumber | Missing:
    """A double from Parquet or a database: its shortest round-trip text, read as a number."""
    return parse_number(repr(value))


def read_json(text: str | bytes) -> Value:
    """Read JSON with exact numbers; raises ``ValueError`` when it is not JSON.

    >>> read_json('{"price": 12.50, "big": 12345678901234567890, "bad": 1e400}')
    {'price': 12500000, 'big': IdNumber(digits='12345678901234567890'), 'bad': MISSING}
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    value: Value = _EXACT_JSON.decode(text)
    return value


def _no_number(_text: str) -> Missing:
    """NaN and the infinities are missing wherever they come from."""
    return MISSING


_EXACT_JSON: Final = json.JSONDecoder(
    parse_int=parse_number, parse_float=parse_number, parse_constant=_no_number
)


def write_json(value: Value) -> str:
    """The JSON text of a value, numbers as decimals; missing is written as null.

    >>> write_json({"price": 12500000})
    '{"price":12.5}'
    """
    return _written(value, format_number, lambda big: big.digits)


def write_tagged(value: Value) -> str:
    """The JSON text in which a number is its integer count of millionths.

    Stores keep this form, because a query engine compares integers exactly. An id number is an
    object with the single key ``#``; a user's object with that key gets one more ``#``.

    >>> write_tagged({"price": 12500000, "id": IdNumber("12345678901234567890")})
    '{"price":12500000,"id":{"#":"12345678901234567890"}}'
    """
    return _written(value, str, lambda big: f'{{"#":"{big.digits}"}}', _escape_key)


def _escape_key(key: str) -> str:
    return "#" + key if key and not key.strip("#") else key


def _written(
    value: Value,
    number: Callable[[int], str],
    id_number: Callable[[IdNumber], str],
    key: Callable[[str], str] = str,
) -> str:
    if value is None or value is MISSING:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return number(value)
    if isinstance(value, IdNumber):
        return id_number(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list):
        return "[" + ",".join(_written(item, number, id_number, key) for item in value) + "]"
    assert isinstance(value, dict)
    pairs = (
        encode_basestring(key(name)) + ":" + _written(item, number, id_number, key)
        for name, item in value.items()
        if item is not MISSING
    )
    return "{" + ",".join(pairs) + "}"


def read_tagged(text: str | bytes) -> Value:
    """The inverse of `write_tagged`.

    >>> read_tagged('{"price":12500000,"id":{"#":"12345678901234567890"}}')
    {'price': 12500000, 'id': IdNumber(digits='12345678901234567890')}
    """
    value: Value = json.loads(text, object_pairs_hook=_untagged)
    return value


def _untagged(pairs: list[tuple[str, Any]]) -> Any:
    if len(pairs) == 1 and pairs[0][0] == "#":
        return IdNumber(pairs[0][1])
    return {_unescape_key(key): value for key, value in pairs}


def _unescape_key(key: str) -> str:
    return key[1:] if key.startswith("##") and not key.strip("#") else key


def at_path(value: Value, path: Iterable[str]) -> Value:
    """Follow text keys through nested objects; ``MISSING`` where the way ends."""
    for key in path:
        if not isinstance(value, dict):
            return MISSING
        value = value.get(key, MISSING)
    return value
