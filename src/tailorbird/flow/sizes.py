"""How many people are in each segment or persona, now and some time before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tailorbird.flow.answer import Answer, answer
from tailorbird.kernel.values import UNIT, divide_rounded
from tailorbird.language.batch.columns import as_coded
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.ports.history import Warehouse


class Size(NamedTuple):
    """The people in one segment at two instants."""

    segment: str
    size: int
    before: int


class Sizes(NamedTuple):
    """The people in all segments at an instant and at an earlier one."""

    people: int
    """Everybody who exists."""
    people_before: int
    segments: Sequence[Size]


class PersonaSizes(NamedTuple):
    """How many people have each persona."""

    people: int
    personas: Sequence[tuple[str, int]]
    """In the order in which they are tried."""
    without: int


def segment_sizes(
    history: Warehouse,
    definitions: Definitions,
    at_us: int,
    against_us: int,
    *,
    known_then: bool = False,
) -> Sizes:
    """The sizes of all segments, by name, at two instants."""
    names = [definition.name for definition in definitions.of_kind("segment")]
    keys: list[Key] = [("segment", name) for name in names]
    now, before = (
        answer(history, definitions, keys, instant_us, known_then=known_then)
        for instant_us in (at_us, against_us)
    )
    sizes = [Size(name, now.size(name), before.size(name)) for name in names]
    return Sizes(now.existing, before.existing, sizes)


def persona_sizes(
    history: Warehouse, definitions: Definitions, at_us: int, *, known_then: bool = False
) -> PersonaSizes:
    """How many people have each persona at an instant."""
    told = answer(history, definitions, [PERSONAS], at_us, known_then=known_then)
    counted = _counted(told)
    sizes = [(p.name, counted.get(p.name, 0)) for p in definitions.personas]
    return PersonaSizes(told.existing, sizes, told.existing - sum(size for _, size in sizes))


def _counted(told: Answer) -> dict[str, int]:
    coded = as_coded(told.columns[PERSONAS], told.listed)
    counts = np.bincount(coded.codes, minlength=len(coded.entries)).tolist()
    found: dict[str, int] = {}
    for entry, count in zip(coded.entries, counts, strict=True):
        if isinstance(entry, str):
            found[entry] = found.get(entry, 0) + count
    return found


def share(part: int, whole: int) -> int:
    """The share of a part in per cent, a number in millionths; 0 of nothing.

    >>> share(1, 3)
    33333333
    """
    return divide_rounded(part * 100 * UNIT, whole) if whole else 0
