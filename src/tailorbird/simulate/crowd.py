"""The crowd of a chunk: everybody's sure visit, the visits of those who return, and the bots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from tailorbird.simulate.bots import BURST_SIZES, bursts
from tailorbird.simulate.draws import Draws, Ints, Quantiles
from tailorbird.simulate.population import ASKED, PROFILED, SIGN_IN_US, Population, lot
from tailorbird.simulate.rhythm import Rhythm
from tailorbird.simulate.rows import CONSENT, MERGE, TRAITS, Codes, Rows, joined, new_rows
from tailorbird.simulate.visits import RETURN_SIZES, SURE_SIZES, visits

_AGREES: Final = 0.8
_TICK_US: Final = 1_000


class Crowd:
    """Draws the rows of one chunk, until its room is used up."""

    def __init__(
        self, draws: Draws, population: Population, rhythm: Rhythm, stretch: range, session: int
    ) -> None:
        self._draws = draws
        self._population = population
        self._rhythm = rhythm
        self._stretch = stretch
        self._session = session

    def rows(self, chunk: int, room: int, bot_rows: int, bots: int) -> Iterator[Rows]:
        """Exactly so many rows in all; bots come after the newcomers, the rest is returns."""
        for part in self._newcomers(chunk, room):
            room -= len(part)
            yield part
        bot_rows = min(bot_rows, room)
        if bot_rows:
            yield self._bots(bot_rows, bots)
        if room > bot_rows:
            yield self._returns(room - bot_rows)

    def _newcomers(self, chunk: int, room: int) -> Iterator[Rows]:
        people = self._population.newcomers(chunk)
        starts_us = self._population.sure_visit_us(people)
        merged = self._population.merged(people)
        least = 1 + merged.astype(np.int64)  # who signs in does something before and after
        remarks = _remarks(people, starts_us, self._session)
        links = _remark(people, starts_us + SIGN_IN_US, self._session, MERGE).take(merged)
        room -= int(least.sum()) + len(links)
        remarks = self._signed(remarks.take(slice(0, room)))
        extra = np.maximum(self._draws.of(len(people), SURE_SIZES) - least, 0)
        extra[np.cumsum(extra) > room - len(remarks)] = 0
        yield remarks
        yield links.with_columns(known=np.ones(len(links), dtype=np.bool_))
        yield self._visits(people, starts_us, least + extra)

    def _returns(self, count: int) -> Rows:
        sizes = self._sizes(RETURN_SIZES, count)
        people = self._population.returning(self._draws, len(sizes))
        return self._visits(people, self._starts_us(len(sizes)), sizes)

    def _bots(self, count: int, bots: int) -> Rows:
        sizes = self._sizes(BURST_SIZES, count)
        people = self._population.count + self._draws.below(len(sizes), bots)
        starts_us = self._starts_us(len(sizes))
        rows = bursts(self._draws, people, starts_us, sizes, self._session)
        self._session += len(sizes)
        return rows

    def _visits(self, people: Ints, starts_us: Ints, sizes: Ints) -> Rows:
        rows = visits(self._draws, people, starts_us, sizes, self._session)
        self._session += len(sizes)
        return self._signed(rows)

    def _signed(self, rows: Rows) -> Rows:
        """The rows with the user id where a person is signed in."""
        return rows.with_columns(known=self._population.known_at(rows.person, rows.time_us))

    def _sizes(self, table: Quantiles, total: int) -> Ints:
        """Sizes that add up to a total."""
        mean = int(table.mean) + 1
        sizes = self._draws.of(total // mean + 16, table)
        while sizes.sum() < total:
            sizes = np.concatenate([sizes, self._draws.of(len(sizes), table)])
        ends = np.cumsum(sizes)
        last = int(np.searchsorted(ends, total))
        sizes = sizes[: last + 1]
        sizes[last] -= int(ends[last]) - total
        return sizes

    def _starts_us(self, count: int) -> Ints:
        positions = self._stretch.start + self._draws.below(count, len(self._stretch))
        return self._rhythm.instants_at(positions)


def _remarks(people: Ints, starts_us: Ints, session: int) -> Rows:
    """Some people say who they are, some what may be done with their data."""
    told = _remark(people, starts_us + 2 * _TICK_US, session, TRAITS)
    asked = _remark(people, starts_us + 3 * _TICK_US, session, CONSENT).with_columns(
        amount=lot(people, 21, _AGREES).astype(np.int64)
    )
    return joined([told.take(lot(people, 19, PROFILED)), asked.take(lot(people, 20, ASKED))])


def _remark(people: Ints, times_us: Ints, session: int, event: int) -> Rows:
    events: Codes = np.full(len(people), event, dtype=np.uint8)
    return new_rows(events, people, times_us, session + np.arange(len(people)))
