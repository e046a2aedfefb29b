"""Cut points of a population: what value is reached by how many of all people."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from tailorbird.kernel.facts import FIGURE, WORKSPACE, Fact
from tailorbird.kernel.limits import POPULATION_MINIMUM
from tailorbird.language.world import CUT_POINTS

SOURCE: Final = "figures"

RECENCY: Final = 'since("Order Completed")'
FREQUENCY: Final = 'count("Order Completed")'
MONETARY: Final = 'sum("Order Completed", properties.revenue)'
RFM: Final = (RECENCY, FREQUENCY, MONETARY)
"""How recently, how often and how much people buy, as percentile_rank(...) asks for it."""


class Figure(NamedTuple):
    """The cut points of one expression at an instant."""

    name: str
    """What is ranked, as canonical text."""
    people: int
    """How many people have a value."""
    cuts: tuple[int, ...] | None
    """99 values; None when fewer than 100 people have one."""


def figure(name: str, ascending: Sequence[int]) -> Figure:
    """The cut points of values in ascending order.

    Of n values, cut point p is number ceil(p n / 100), for p from 1 to 99.

    >>> figure("x", range(1, 201)).cuts[:3]
    (2, 4, 6)
    >>> figure("x", range(99)).cuts is None
    True
    """
    count = len(ascending)
    if count < POPULATION_MINIMUM:
        return Figure(name, count, None)
    places = (-(-percent * count // 100) - 1 for percent in range(1, CUT_POINTS + 1))
    return Figure(name, count, tuple(int(ascending[place]) for place in places))


def figure_fact(found: Figure, at_us: int) -> Fact:
    """The fact that puts cut points into force; the same name and instant give the same id."""
    assert found.cuts is not None
    id_ = sha256(f"{found.name}\0{at_us}".encode()).hexdigest()[:32]
    properties = {"name": found.name, "cuts": list(found.cuts)}
    return Fact(WORKSPACE, at_us, id_, FIGURE, properties, {}, False, True, SOURCE, 0, at_us)
