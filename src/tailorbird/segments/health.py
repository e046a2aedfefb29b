"""What is wrong with a set of segments, as far as their members and conditions show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

MERGE_SHARE: Final = 80
"""Two segments are proposed for merging from this share of common members on, in per cent."""


class Overlap(NamedTuple):
    """How many people each segment has, and each pair of segments together."""

    people: int
    sizes: Mapping[str, int]
    shared: Mapping[tuple[str, str], int]
    """By pair, in the order of ``sizes``; pairs without common members may be left out."""

    def together(self, one: str, other: str) -> int:
        """How many people are in both."""
        if one == other:
            return self.sizes[one]
        return self.shared.get((one, other), self.shared.get((other, one), 0))


class Proposal(NamedTuple):
    """Two segments that might as well be one, and how many people speak for it."""

    one: str
    other: str
    together: int
    either: int


class Containment(NamedTuple):
    """Everybody in a segment is in a larger one too; ``declared``: it says so by parent."""

    segment: str
    within: str
    declared: bool


class Health(NamedTuple):
    """All findings; each list is empty where nothing is wrong."""

    dead: Sequence[str]
    small: Sequence[str]
    duplicates: Sequence[Sequence[str]]
    proposals: Sequence[Proposal]
    hierarchy: Sequence[Containment]


def health(overlap: Overlap, parents: Mapping[str, str], minimum: int) -> Health:
    """Judge segments by their members.

    ``minimum`` is the number of people below which a segment is small. Dead segments, which
    nobody is in, are in no other finding.
    """
    alive = [name for name, size in overlap.sizes.items() if size]
    duplicates = _duplicates(alive, overlap)
    return Health(
        dead=[name for name, size in overlap.sizes.items() if not size],
        small=[name for name in alive if overlap.sizes[name] < minimum],
        duplicates=duplicates,
        proposals=_proposals(alive, overlap),
        hierarchy=_hierarchy(alive, overlap, parents),
    )


def _duplicates(alive: Sequence[str], overlap: Overlap) -> list[list[str]]:
    groups: list[list[str]] = []
    for name in alive:
        for group in groups:
            if _share(group[0], name, overlap) == (overlap.sizes[name], overlap.sizes[name]):
                group.append(name)
                break
        else:
            groups.append([name])
    return [group for group in groups if len(group) > 1]


def _share(one: str, other: str, overlap: Overlap) -> tuple[int, int]:
    """How many are in both, and how many in one of the two."""
    together = overlap.together(one, other)
    return together, overlap.sizes[one] + overlap.sizes[other] - together


def _proposals(alive: Sequence[str], overlap: Overlap) -> list[Proposal]:
    found = []
    for one, other in combinations(alive, 2):
        together, either = _share(one, other, overlap)
        if together < either and together * 100 >= either * MERGE_SHARE:
            found.append(Proposal(one, other, together, either))
    return sorted(found, key=lambda p: (-p.together / p.either, p.one, p.other))


def _hierarchy(
    alive: Sequence[str], overlap: Overlap, parents: Mapping[str, str]
) -> list[Containment]:
    """For each segment its declared parent, else the smallest larger one that holds it all."""
    found = []
    for name in alive:
        parent = parents.get(name)
        if parent is not None:
            found.append(Containment(name, parent, declared=True))
            continue
        size = overlap.sizes[name]
        larger = [
            other
            for other in alive
            if overlap.sizes[other] > size and overlap.together(name, other) == size
        ]
        if larger:
            smallest = min(larger, key=lambda other: (overlap.sizes[other], other))
            found.append(Containment(name, smallest, declared=False))
    return found
