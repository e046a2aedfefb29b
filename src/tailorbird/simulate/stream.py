"""The stream: chunk after chunk of equal size, each drawn by itself, in order of arrival.

A chunk draws the rows that happen in one stretch of the span. Rows that arrive after the
stretch wait for the chunk in which they arrive, so the whole stream is in order of arrival
while only one chunk and the waiting rows are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from tailorbird.kernel.instants import FIRST_INSTANT, LAST_INSTANT
from tailorbird.simulate.arrival import delivered, with_copies
from tailorbird.simulate.cast import play
from tailorbird.simulate.crowd import Crowd
from tailorbird.simulate.draws import Draws, Ints
from tailorbird.simulate.population import Population
from tailorbird.simulate.rhythm import Rhythm
from tailorbird.simulate.rows import Rows, joined
from tailorbird.simulate.simulation import Simulation

CHUNK_ROWS: Final = 1 << 17
"""Part of what a seed means: another size draws other rows."""
_CHUNK_BITS: Final = 24
"""A chunk has its own range of so many bits of session and message numbers."""


def simulated_rows(simulation: Simulation) -> Iterator[Rows]:
    """All rows, exactly as many as asked for, in order of the instant they are received."""
    chunks = _Chunks(simulation)
    waiting: list[Rows] = []
    for chunk in range(chunks.count):
        rows = joined([*waiting, chunks.draw(chunk)])
        rows = rows.take(np.argsort(rows.received_us, kind="stable"))
        arrived = int(np.searchsorted(rows.received_us, chunks.start_us(chunk + 1)))
        yield rows.take(slice(0, arrived))
        waiting = [rows.take(slice(arrived, None))]


class _Chunks:
    """One simulation, ready to draw any of its chunks."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.count = -(-simulation.events // CHUNK_ROWS)
        self._rhythm = Rhythm(simulation.start_us, simulation.days)
        self._population = Population(simulation, self._rhythm, self.count)
        self._planted, self._twice = play(simulation)

    def start_us(self, chunk: int) -> int:
        """When a chunk's stretch begins; nothing precedes the first nor follows the last."""
        if chunk in (0, self.count):
            return FIRST_INSTANT if chunk == 0 else LAST_INSTANT
        return int(self._rhythm.instants_at(np.array([self._part(chunk, self._rhythm.length)]))[0])

    def _part(self, chunk: int, total: int) -> int:
        """How much of a total comes before a chunk."""
        return total * chunk // self.count

    def _share(self, chunk: int, total: int) -> range:
        """The numbers of a total that fall to a chunk."""
        return range(self._part(chunk, total), self._part(chunk + 1, total))

    def draw(self, chunk: int) -> Rows:
        """The rows that happen in a chunk's stretch, in no order."""
        asked = self._simulation
        draws = Draws(np.random.Generator(np.random.PCG64([asked.seed, chunk])))
        planted, twice = self._planted_in(chunk)
        copies = max(len(self._share(chunk, asked.copied_rows)), len(twice))
        room = len(self._share(chunk, asked.events)) - copies - len(planted)
        first_number = chunk << _CHUNK_BITS
        stretch = self._share(chunk, self._rhythm.length)
        crowd = Crowd(draws, self._population, self._rhythm, stretch, first_number)
        bot_rows = len(self._share(chunk, asked.bot_rows))
        rows = joined([planted, *crowd.rows(chunk, room, bot_rows, asked.bot_count)])
        again = np.concatenate([twice, draws.below(copies - len(twice), len(rows))])
        rows = delivered(draws, rows, asked.late, asked.seed, first_number)
        return with_copies(draws, rows, again)

    def _planted_in(self, chunk: int) -> tuple[Rows, Ints]:
        ends_us = [self.start_us(chunk), self.start_us(chunk + 1)]
        first, end = np.searchsorted(self._planted.time_us, ends_us)
        return self._planted.take(slice(first, end)), np.flatnonzero(self._twice[first:end])
