from __future__ import annotations

import pytest

from tailorbird.events.json_rows import read_object
from tailorbird.events.refusals import RefusedError
from tailorbird.kernel.values import MISSING, IdNumber


def test_numbers_are_read_exactly_and_what_is_none_is_missing() -> None:
    read = read_object('{"a": 0.1, "b": NaN, "c": 1e400, "d": 12345678901234567890}')
    assert read == {"a": 100_000, "b": MISSING, "c": MISSING, "d": IdNumber("12345678901234567890")}


def test_escapes_that_name_characters_are_read() -> None:
    assert read_object('{"a": "\\ud83d\\ude00 \\\\u0000"}') == {"a": "\U0001f600 \\u0000"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"a": 1', "no JSON"),
        ("[1]", "no JSON object"),
        ("5", "no JSON object"),
        ('{"a":' * 33 + "1" + "}" * 33, "deeper than 32"),
        ('{"a":' * 200_000, "nested too deep"),
        ('{"a": "x\\u0000y"}', "a NUL character"),
        ('{"a\\u0000": 1}', "a NUL character"),
        ('{"a": [{"b": "\\ud800"}]}', "half of a surrogate pair"),
        ('{"a": "\\udc00\\ud800"}', "half of a surrogate pair"),
    ],
)
def test_a_line_that_cannot_be_stored_is_refused(line: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read_object(line)


def test_a_line_at_the_depth_that_is_allowed_is_taken() -> None:
    assert read_object('{"a":' * 32 + "1" + "}" * 32)
    assert read_object('{"a":[' + "[]," * 40 + "{}]}")
