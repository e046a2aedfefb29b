"""The live engine announces the next change of every answer exactly, and wakes in time."""

from __future__ import annotations

from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.first_changes import wrong_changes


def test_next_changes_are_those_of_the_reference(seed: int) -> None:
    size = Size(households=5, instants=3)
    for _, world in zip(range(30), worlds(seed, size), strict=False):
        assert list(wrong_changes(world)) == []
