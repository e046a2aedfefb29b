"""A slice of the fuzzing of decoders; `wire` has the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.fuzz import wire

TEXTS = st.text(max_size=8) | st.sampled_from(
    ["ann", "track", "identify", "alias", "2024-01-01T00:00:00Z", "$consent", "\0", "\ud800", ""]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    *("type", "event", "name", "userId", "anonymousId", "previousId", "groupId", "messageId"),
    *("timestamp", "sentAt", "originalTimestamp", "properties", "traits", "context", "batch"),
)
NAMES = st.sampled_from(KEYS)
MESSAGES = st.dictionaries(NAMES | TEXTS, VALUES, max_size=8)
BODIES = MESSAGES | st.fixed_dictionaries({"batch": st.lists(MESSAGES | VALUES, max_size=4)})


@given(body=BODIES, packs=st.booleans(), cut=st.integers(0, 3))
def test_no_message_breaks_a_decoder(body: Any, packs: bool, cut: int) -> None:
    data = json.dumps(body).encode()
    data = data[: len(data) - cut]
    wire.decode(wire.packed(data) if packs else data)


@given(start=st.sampled_from(wire.SEEDS), place=st.integers(0, 200), bits=st.binary(max_size=3))
def test_no_bytes_put_into_a_message_break_a_decoder(start: bytes, place: int, bits: bytes) -> None:
    wire.decode(start[:place] + bits + start[place + 1 :])


@given(st.binary(max_size=64))
@example(b"\x1f\x8b")
@example(b"[" * 5_000)
@example(b'{"batch":' + b"[" * 5_000)
def test_no_bytes_break_a_decoder(data: bytes) -> None:
    wire.decode(data)


@pytest.mark.parametrize("seed", wire.SEEDS[:-1])
def test_what_it_begins_with_is_taken(seed: bytes) -> None:
    assert wire.decode(seed) > 0
    assert wire.decode(wire.packed(seed)) == wire.decode(seed)
