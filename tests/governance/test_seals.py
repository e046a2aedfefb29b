"""What is sealed can be read with its key, in its place, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.governance.seals import (
    BrokenSealError,
    OtherKeyError,
    keyed_hash,
    keyed_hashes,
    open_seal,
    seal,
)

KEY, NONCE = bytes(range(36)), bytes(12)
SECRET = bytes(range(32))


def test_what_was_sealed_is_opened_with_its_key_in_its_place() -> None:
    assert open_seal(KEY, seal(KEY, NONCE, b"ann bought", b"7"), b"7") == b"ann bought"


def test_another_key_opens_nothing() -> None:
    with pytest.raises(BrokenSealError):
        open_seal(KEY[:4] + bytes(32), seal(KEY, NONCE, b"ann bought", b"7"), b"7")


def test_the_seal_of_an_earlier_key_is_known_as_such() -> None:
    with pytest.raises(OtherKeyError):
        open_seal(bytes(36), seal(KEY, NONCE, b"ann bought", b"7"), b"7")


def test_a_seal_does_not_open_in_another_place() -> None:
    with pytest.raises(BrokenSealError):
        open_seal(KEY, seal(KEY, NONCE, b"ann bought", b"7"), b"8")


@pytest.mark.parametrize("at", [0, 4, 16, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(seal(KEY, NONCE, b"ann bought", b"7"))
    sealed[at] ^= 1
    with pytest.raises(BrokenSealError):
        open_seal(KEY, bytes(sealed), b"7")


def test_too_few_bytes_are_a_broken_seal() -> None:
    with pytest.raises(BrokenSealError):
        open_seal(KEY, b"short", b"")


def test_a_sealed_text_cannot_be_seen() -> None:
    assert b"ann" not in seal(KEY, NONCE, b"ann bought", b"7")


def test_hashes_of_another_secret_differ() -> None:
    assert keyed_hash(SECRET, "ann") == keyed_hash(SECRET, "ann")
    assert keyed_hash(SECRET, "ann") != keyed_hash(bytes(32), "ann")
    assert keyed_hash(SECRET, "\ud800") != keyed_hash(SECRET, "?")


@given(st.lists(st.text() | st.just("\ud800") | st.text(min_size=120, max_size=300), max_size=5))
def test_hashes_of_many_are_those_of_each(texts: list[str]) -> None:
    assert keyed_hashes(SECRET, texts) == [keyed_hash(SECRET, text) for text in texts]
