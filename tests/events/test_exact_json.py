"""The quick reader of JSON gives what the slow one gives, or refuses what that refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.events.exact_json import _REMEMBERED, _Literals, read_stored
from tailorbird.events.json_values import fault_of_json
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value, read_json

_LITERALS = st.one_of(
    st.integers().map(str),
    st.integers(10**11, 10**40).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["-0", "-0.0", "0.0000005", "999999999999.9999995", "1e400", "1E-9", "NaN"]),
)
_TEXTS = st.text(max_size=5).map(json.dumps) | st.sampled_from(['"\\ud800"', '"\\u0000"', '"1.5"'])
_LEAVES = _LITERALS | _TEXTS | st.sampled_from(["null", "true", "false"])
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda some: "[" + ", ".join(some) + "]"),
        st.lists(st.tuples(_TEXTS, inner), max_size=4).map(
            lambda some: "{" + ",".join(f"{key}:{value}" for key, value in some) + "}"
        ),
    ),
    max_leaves=12,
)


Read = tuple[Value, str | None]


def read_slowly(text: str | bytes) -> Read:
    """The same in the obvious way."""
    written = text if isinstance(text, str) else text.decode()
    value = read_json(written)
    return value, fault_of_json(written, value)


def became(read: Callable[[str | bytes], Read], text: str | bytes) -> object:
    try:
        return "gives", repr(read(text))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


@given(_JSON)
@example('{"a": 1, "a": [2.5, 1000000000000, -999999999999]}')
@example("1" * 4_300)
@example("1" * 4_301)
def test_any_json_is_read_alike(text: str) -> None:
    assert became(read_stored, text) == became(read_slowly, text)
    data = text.encode("utf-8", "surrogatepass")
    assert became(read_stored, data) == became(read_slowly, data)


@given(_JSON, st.data())
def test_what_is_damaged_is_refused_alike(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    put = data.draw(
        st.sampled_from(["", ",", "}", '"', "\\", "\x00", "\ud800", ".", "e", "\ufeff"])
    )
    broken = text[:place] + put + text[place + 1 :]
    assert became(read_stored, broken) == became(read_slowly, broken)


@given(st.binary(max_size=20).map(lambda some: b'{"a":' + some + b"}") | st.binary(max_size=20))
def test_any_bytes_are_read_or_refused_alike(data: bytes) -> None:
    assert became(read_stored, data) == became(read_slowly, data)


@pytest.mark.parametrize("inner", ["", "1", '"\\u0000"', "{}", '{"a":1.5}'])
@pytest.mark.parametrize("depth", range(limits.FACT_DEPTH - 2, limits.FACT_DEPTH + 2))
def test_what_is_nested_too_deeply_is_told_alike(depth: int, inner: str) -> None:
    for opened, closed in (("[", "]"), ('{"a": ', "}"), ('[1, {"b": [', "]}]")):
        text = opened * depth + (inner or "null") + closed * depth
        assert became(read_stored, text) == became(read_slowly, text)


def test_without_end_nested_json_is_refused_alike() -> None:
    for deep in ("[" * 100_000, "[" * 100_000 + "]" * 100_000):
        for read in (read_stored, read_slowly):
            with pytest.raises(RecursionError):
                read(deep)


def test_few_literals_are_remembered_and_no_long_one() -> None:
    literals = _Literals()
    for number in range(_REMEMBERED + 5):
        literals[f"{number}.5"]
    assert len(literals) == 5
    assert literals["0." + "1" * 1_000] == (111_111,)
    assert len(literals) == 5
