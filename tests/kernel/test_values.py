from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tailorbird.kernel.values import (
    MISSING,
    NUMBER_BOUND,
    UNIT,
    IdNumber,
    Value,
    at_path,
    bounded,
    divide,
    divide_rounded,
    equal,
    format_number,
    from_double,
    is_missing,
    is_number,
    mean,
    multiply,
    parse_number,
    read_json,
    read_tagged,
    sample_deviation,
    write_json,
    write_tagged,
)

NUMBERS = some.integers(1 - NUMBER_BOUND, NUMBER_BOUND - 1)
KEYS = some.text(max_size=4) | some.sampled_from(["#", "##", "###", "a#", "#a", ""])
EMPTY: tuple[Value, ...] = (0, False, "", [], {})
LEAVES = (
    some.none()
    | some.booleans()
    | NUMBERS
    | some.text(max_size=8)
    | some.integers(10**12, 10**38 - 1).map(lambda n: IdNumber(str(n)))
)
VALUES: some.SearchStrategy[Any] = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def half_away(exact: Fraction) -> int:
    """Rounding as taught at school, in rational arithmetic."""
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


@pytest.mark.parametrize(
    ("text", "millionths"),
    [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1", UNIT),
        ("1.0", UNIT),
        ("1e0", UNIT),
        ("10e-1", UNIT),
        ("0.0000005", 1),
        ("0.00000049999999999999999999999", 0),
        ("-0.0000005", -1),
        ("0.1", 100_000),
        ("1e-400", 0),
        ("0e999", 0),
        ("999999999999", 999_999_999_999 * UNIT),
        ("999999999999.999999", NUMBER_BOUND - 1),
        ("-999999999999.9999994", 1 - NUMBER_BOUND),
    ],
)
def test_a_number_is_read_exactly_and_rounded_once(text: str, millionths: int) -> None:
    assert parse_number(text) == millionths


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1000000000000", "1000000000000"),
        ("-1000000000000", "-1000000000000"),
        ("1e12", "1000000000000"),
        ("12345678901234567890", "12345678901234567890"),
        ("9" * 38, "9" * 38),
    ],
)
def test_an_integer_out_of_range_keeps_its_digits(text: str, digits: str) -> None:
    assert parse_number(text) == IdNumber(digits)


@pytest.mark.parametrize(
    "text",
    ["9" * 39, "1e38", "1e400", "-1e400", "1000000000000.5", "999999999999.9999995",
     "NaN", "Infinity", "-inf", "sNaN", "", "12a", "1,5", "0x10"],
)  # fmt: skip
def test_what_is_no_number_or_out_of_range_is_missing(text: str) -> None:
    assert parse_number(text) is MISSING


@given(NUMBERS)
def test_a_printed_number_reads_back(number: int) -> None:
    assert parse_number(format_number(number)) == number
    assert Decimal(format_number(number)) * UNIT == number


@given(some.integers(), some.integers().filter(bool))
def test_a_fraction_is_rounded_half_away_from_zero(numerator: int, denominator: int) -> None:
    assert divide_rounded(numerator, denominator) == half_away(Fraction(numerator, denominator))


@given(NUMBERS, NUMBERS)
def test_products_and_quotients_are_rounded_once(a: int, b: int) -> None:
    assert multiply(a, b) == bounded(half_away(Fraction(a * b, UNIT)))
    expected: Value = bounded(half_away(Fraction(a * UNIT, b))) if b else MISSING
    assert divide(a, b) == expected


def test_dividing_by_zero_and_averaging_nothing_are_missing() -> None:
    assert divide(UNIT, 0) is MISSING
    assert mean(0, 0) is MISSING


def test_an_average_is_rounded_half_away_from_zero() -> None:
    assert mean(5, 2) == 3
    assert mean(-5, 2) == -3
    assert mean(10, 3) == 3


def test_nothing_wraps_around_at_the_bound() -> None:
    assert bounded(NUMBER_BOUND - 1) == NUMBER_BOUND - 1
    assert bounded(NUMBER_BOUND) is MISSING
    assert bounded(-NUMBER_BOUND) is MISSING
    assert multiply(10**6 * UNIT, 10**6 * UNIT) is MISSING


@given(some.lists(some.integers(-(10**14), 10**14), min_size=2, max_size=30))
def test_a_deviation_is_the_exact_root_rounded_half_away(numbers: list[int]) -> None:
    n, total = len(numbers), sum(numbers)
    variance = Fraction(n * sum(x * x for x in numbers) - total * total, n * (n - 1))
    root = sample_deviation(n, total, sum(x * x for x in numbers))
    assert isinstance(root, int)
    below, above = Fraction(2 * root - 1, 2), Fraction(2 * root + 1, 2)
    assert (below <= 0 or below * below <= variance) and variance < above * above


def test_a_deviation_of_fewer_than_two_numbers_is_missing() -> None:
    assert sample_deviation(1, UNIT, UNIT * UNIT) is MISSING
    assert sample_deviation(2, 2 * UNIT, 2 * UNIT * UNIT) == 0
    assert sample_deviation(2, 10, 58) == 3


@pytest.mark.parametrize(
    ("a", "b"),
    [(UNIT, True), (0, False), (UNIT, "1"), (None, None), (MISSING, MISSING), (MISSING, None),
     ([1], [1]), ({}, {}), (10**18, IdNumber(str(10**18)))],
)  # fmt: skip
def test_values_of_different_types_and_missing_ones_are_not_equal(a: Value, b: Value) -> None:
    assert not equal(a, b)
    assert not equal(b, a)


@pytest.mark.parametrize("value", [UNIT, "x", "", True, False, IdNumber("1" * 20)])
def test_a_value_equals_itself(value: Value) -> None:
    assert equal(value, value)


def test_a_boolean_is_no_number_and_false_is_not_missing() -> None:
    assert is_number(0) and not is_number(False)
    assert is_missing(None) and is_missing(MISSING)
    assert not any(map(is_missing, EMPTY))


@pytest.mark.parametrize(
    ("double", "number"),
    [(0.1, 100_000), (1e22, IdNumber("1" + "0" * 22)), (-2.5, -2_500_000),
     (0.1 + 0.2, 300_000), (float("nan"), MISSING), (float("inf"), MISSING)],
)  # fmt: skip
def test_a_double_counts_as_its_shortest_text(double: float, number: Value) -> None:
    assert from_double(double) == number


@given(VALUES)
def test_the_tagged_text_of_a_value_reads_back(value: Value) -> None:
    assert read_tagged(write_tagged(value)) == value


@given(VALUES)
def test_the_plain_text_of_a_value_reads_back(value: Value) -> None:
    assert read_json(write_json(value)) == value


@given(VALUES)
def test_both_texts_are_json_that_any_reader_accepts(value: Value) -> None:
    json.loads(write_json(value))
    json.loads(write_tagged(value))


def test_json_without_a_number_is_missing_and_keeps_the_rest() -> None:
    found = read_json('{"a": NaN, "b": -Infinity, "c": 1e999999999, "d": 1}')
    assert found == {"a": MISSING, "b": MISSING, "c": MISSING, "d": UNIT}


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        read_json("{'a': 1}")


def test_a_path_ends_in_missing_where_there_is_no_object() -> None:
    value: Value = {"a": {"b": UNIT}, "c": None}
    assert at_path(value, ["a", "b"]) == UNIT
    assert at_path(value, []) == value
    assert at_path(value, ["a", "x"]) is MISSING
    assert at_path(value, ["c", "b"]) is MISSING
    assert at_path("text", ["b"]) is MISSING
