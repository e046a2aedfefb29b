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


@pytest.mark.parametrize("seed", wire.DIALECT_SEEDS)
def test_what_a_dialect_begins_with_is_taken(seed: bytes) -> None:
    assert wire.decode_dialects(seed) > 0


PARTS = st.sampled_from(
    b" ".join(wire.DIALECT_SEEDS).replace(b'"', b" ").replace(b":", b" ").decode().split()
)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | PARTS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PARTS | TEXTS, inner, max_size=5),
    max_leaves=14,
)


@given(TREES)
def test_no_tree_of_known_words_breaks_a_dialect(tree: Any) -> None:
    wire.decode_dialects(json.dumps(tree).encode())


@given(
    seed=st.sampled_from(wire.DIALECT_SEEDS), place=st.integers(0, 300), bits=st.binary(max_size=3)
)
def test_no_bytes_put_into_a_body_break_a_dialect(seed: bytes, place: int, bits: bytes) -> None:
    wire.decode_dialects(seed[:place] + bits + seed[place + len(bits) :])


@given(seed=st.sampled_from(wire.DIALECT_SEEDS[:4]), tree=TREES, word=PARTS)
def test_no_value_in_the_place_of_another_breaks_a_dialect(
    seed: bytes, tree: Any, word: str
) -> None:
    whole = json.loads(seed)
    wire.decode_dialects(json.dumps(_with(whole, word, tree)).encode())


def _with(value: Any, word: str, tree: Any) -> Any:
    """A tree in which every value under a name is another one."""
    if isinstance(value, dict):
        return {key: tree if key == word else _with(one, word, tree) for key, one in value.items()}
    return [_with(one, word, tree) for one in value] if isinstance(value, list) else value


POSTED = [json.dumps(body).encode() for name in wire.GIVEN for body in wire.bodies(name)]


@pytest.mark.parametrize("posted", POSTED)
def test_what_a_provider_posts_is_read(posted: bytes) -> None:
    assert wire.decode_hooks(posted) >= 0


def test_some_of_what_providers_post_is_taken() -> None:
    assert sum(map(wire.decode_hooks, POSTED)) >= len(wire.GIVEN)


@given(seed=st.sampled_from(POSTED), place=st.integers(0, 400), bits=st.binary(max_size=3))
def test_no_bytes_put_into_a_post_break_a_provider(seed: bytes, place: int, bits: bytes) -> None:
    wire.decode_hooks(seed[:place] + bits + seed[place + len(bits) :])
