"""How the segments of a project lie to each other at an instant."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from tailorbird.flow.answer import answer
from tailorbird.flow.timeline import sizes_over
from tailorbird.language.batch.columns import as_flags
from tailorbird.language.definitions import Definitions, Key
from tailorbird.ports.history import Warehouse
from tailorbird.segments.contradictions import Contradiction, contradictions
from tailorbird.segments.health import Health, Overlap, health


class Examined(NamedTuple):
    """The overlap of all segments, what it shows, and what cannot be at all."""

    overlap: Overlap
    health: Health
    contradictions: list[Contradiction]
    never: list[str] | None
    """Of the dead segments those that nobody was ever in; None where nobody looked."""


def examine(
    history: Warehouse,
    definitions: Definitions,
    at_us: int,
    *,
    minimum: int,
    known_then: bool = False,
    since_us: int | None = None,
) -> Examined:
    """Examine every segment at an instant.

    With ``since_us`` it is looked, in hindsight, whether anybody was in a dead segment at any
    instant from then on.
    """
    segments = definitions.of_kind("segment")
    overlap = overlap_at(
        history, definitions, [segment.key for segment in segments], at_us, known_then=known_then
    )
    parents = {s.name: s.parent for s in segments if s.parent is not None}
    found = health(overlap, parents, minimum)
    never = None
    if since_us is not None:
        never = [s for s in found.dead if not _was_alive(history, definitions, s, since_us, at_us)]
    return Examined(overlap, found, contradictions(definitions), never)


def _was_alive(
    history: Warehouse, definitions: Definitions, segment: str, since_us: int, at_us: int
) -> bool:
    sizes = sizes_over(history, definitions, segment, [min(since_us, at_us), at_us])
    return any(size.size or size.entered for size in sizes)


def overlap_at(
    history: Warehouse,
    definitions: Definitions,
    keys: list[Key],
    at_us: int,
    *,
    known_then: bool = False,
) -> Overlap:
    """Sizes of segments and of their intersections at an instant."""
    told = answer(history, definitions, keys, at_us, known_then=known_then)
    flags = {key[1]: as_flags(told.columns[key], told.listed) for key in keys}
    sizes = {name: int(members.sum()) for name, members in flags.items()}
    # A bit a person: counting the common ones of two segments reads an eighth of a byte each.
    packed = {name: np.packbits(members) for name, members in flags.items() if sizes[name]}
    shared = {
        (one, other): int(np.bitwise_count(packed[one] & packed[other]).sum())
        for one, other in combinations(packed, 2)
    }
    return Overlap(told.existing, sizes, {pair: count for pair, count in shared.items() if count})
