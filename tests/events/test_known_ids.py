"""The compact index of message ids answers as a set would."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events import known_ids
from tailorbird.events.known_ids import KnownIds

# Few different parts, so that many ids are alike in their beginnings.
PART = st.sampled_from([bytes(4), b"\xff" * 4, b"abcd"])
HASH = st.tuples(PART, PART, PART).map(lambda parts: b"".join(parts) + bytes(4))


@given(st.lists(st.tuples(st.booleans(), st.lists(HASH, max_size=12)), max_size=8), st.lists(HASH))
def test_it_knows_what_a_set_knows(
    steps: list[tuple[bool, list[bytes]]], asked: list[bytes]
) -> None:
    asked_together = asked * (1 + 20 // max(len(asked), 1))
    known, plain = KnownIds(), set[bytes]()
    for many, hashes in steps:
        others = KnownIds()
        if many:
            others.add_many(b"".join(hashes))
        else:
            others.add(hashes)
        known.absorb(others)
        plain.update(hashes)
    for some in (asked[:3], asked_together):
        assert known.among(some) == [hash_ in plain for hash_ in some]


def test_ids_are_held_in_twelve_bytes_each() -> None:
    known, count = KnownIds(), known_ids.RECENT * 3
    known.add([number.to_bytes(16, "little") for number in range(count)])
    assert known.bytes_held == 12 * count
    numbers = [0, count - 1, count]
    asked = [number.to_bytes(16, "little") for number in numbers]
    assert known.among(asked) == [True, True, False]


def test_no_run_grows_beyond_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_ids, "LARGEST", 100)
    known, chance = KnownIds(), Random(1)
    hashes = [chance.randbytes(16) for _ in range(1_000)]
    for begin in range(0, 1_000, 10):
        known.add_many(b"".join(hashes[begin : begin + 10]))
    assert max(len(run.first) for run in known._runs) <= 100
    assert len(known._runs) < 30
    assert known.among(hashes) == [True] * 1_000
    assert known.among([chance.randbytes(16) for _ in range(1_000)]) == [False] * 1_000
