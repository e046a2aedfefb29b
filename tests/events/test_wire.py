"""Bodies are told by their first bytes, are bounded, and one bad message harms no other."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.wire import (
    Body,
    TooLargeError,
    UnreadableError,
    read_batch,
    read_single,
    unpacked,
)
from tailorbird.kernel import limits
from tailorbird.kernel.values import MISSING, IdNumber


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress])
def test_a_body_is_unpacked_by_its_first_bytes(pack: object) -> None:
    assert callable(pack)
    assert unpacked(pack(b'{"a":1}')) == b'{"a":1}'


def test_a_body_of_several_packed_parts_is_all_of_them() -> None:
    assert unpacked(gzip.compress(b'{"a"', mtime=0) + gzip.compress(b":1}")) == b'{"a":1}'


def test_a_mark_of_the_byte_order_is_left_out() -> None:
    assert unpacked(b"\xef\xbb\xbf{}") == b"{}"


def test_a_small_body_that_unpacks_to_a_large_one_is_refused_before_it_does() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 1)
    assert len(bomb) < limits.BODY_BYTES
    with pytest.raises(TooLargeError, match="when unpacked"):
        unpacked(bomb)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(b"{}", mtime=0)[:-4], "cut off"),
        (b"\x1f\x8bnonsense", "cannot be unpacked"),
        (b"\x28\xb5\x2f\xfd....", "zstd"),
    ],
)
def test_a_body_that_cannot_be_unpacked_says_why(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        unpacked(data)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty$"),
        (b" \n", "empty$"),
        (b"\x0b\x00\x80{}", "byte 2 is no UTF-8; what is packed has to be gzip or zlib"),
        ('{"a":"é"}'.encode("latin-1"), "byte 6 is no UTF-8"),
        (b'{"a":1} x', "no JSON: Extra data"),
    ],
)
def test_a_body_that_is_no_json_says_why(text: bytes, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        read_single(text)
    with pytest.raises(UnreadableError, match=says):
        read_batch(text)


def test_numbers_are_read_from_the_text_and_never_through_a_double() -> None:
    text = b'{"batch":[{"p":[12.50,0.1,12345678901234567890,1e400,1234567890.123456]}]}'
    [(message, fault)] = read_batch(text).messages
    assert fault is None
    assert message == {
        "p": [
            12_500_000,
            100_000,
            IdNumber("12345678901234567890"),
            MISSING,
            1_234_567_890_123_456,
        ]
    }


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b'{"a":"\\u0000"}', "NUL"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":"\xed\xa0\x80"}', "no JSON"),
        (b'{"a":"\xff"}', "no JSON"),
        (b"[" * 100 + b"]" * 100, "nested deeper"),
        (b'{"a":"' + b"x" * limits.FACT_BYTES + b'"}', "bytes"),
    ],
)
def test_one_bad_message_harms_no_other(bad: bytes, says: str) -> None:
    body = read_batch(b'{"batch":[{"a":1},' + bad + b',{"a":2}],"sentAt":"x"}')
    faults = [fault for _, fault in body.messages]
    assert faults[0] is faults[2] is None
    assert faults[1] is not None
    assert says in faults[1].says
    assert body.shared["sentAt"] == "x"


def test_json_with_nan_is_read_all_the_same() -> None:
    body = read_batch(b'{"batch":[{"a":NaN}],"writeKey":"k"}')
    assert body.messages == [({"a": MISSING}, None)]
    assert body.shared["writeKey"] == "k"


@pytest.mark.parametrize("deep", [b"[" * 1_000_000, b'{"batch":[' + b"[" * 1_000_000])
def test_what_is_nested_without_end_is_refused(deep: bytes) -> None:
    for read in (read_batch, read_single):
        with pytest.raises(UnreadableError):
            read(deep)


def test_a_batch_has_messages_but_not_too_many() -> None:
    with pytest.raises(UnreadableError, match="empty"):
        read_batch(b'{"batch":[]}')
    many = json.dumps({"batch": [{}] * (limits.BATCH_ITEMS + 1)}).encode()
    with pytest.raises(TooLargeError, match="at most"):
        read_batch(many)


@given(
    st.binary(max_size=200)
    | st.binary(max_size=60).map(gzip.compress)
    | st.binary(max_size=60).map(lambda some: b'{"batch":[' + some + b"]}")
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_batch, read_single):
        try:
            assert isinstance(read(unpacked(data)), Body)
        except UnreadableError as reason:
            assert str(reason)
