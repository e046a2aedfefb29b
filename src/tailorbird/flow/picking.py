"""What says something of consent, picked out of a history by the names of its facts.

A log is sealed and has to be opened to be read; a history holds the same facts by column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from tailorbird.events.columns import columns_of
from tailorbird.flow.consenting import NAMES
from tailorbird.language.batch.literals import text_list
from tailorbird.ports.history import Warehouse
from tailorbird.ports.log import LogChunk

POSITIONS: Final = 500_000
"""Each look goes over so many positions of the log."""
FACTS: Final = 20_000
"""At most so many facts are given together."""


class Placed(Warehouse, Protocol):
    """A history that knows how much of a log it has."""

    @property
    def end_position(self) -> int:
        """The position of the log that it reflects."""


def picked(
    history: Placed, position: int, *, positions: int = POSITIONS, most: int = FACTS
) -> Iterator[LogChunk]:
    """The facts that a gate has to know, from a position on as far as the history reaches.

    Each part also stands for all that lies between the one before and its ``next_position``.
    """
    end = history.end_position
    named = f"name IN {text_list(NAMES)}"
    for begin in range(position, end, positions):
        following = min(begin + positions, end)
        found = history.facts_where(f"{named} AND position >= {begin} AND position < {following}")
        found.sort(key=lambda fact: fact.position)
        for start in range(0, len(found) or 1, most):
            some = found[start : start + most]
            is_last = start + most >= len(found)
            told = [fact.position for fact in some]
            yield LogChunk(columns_of(some), told, following if is_last else told[-1] + 1)
