"""Who visits: people as numbers, every trait of theirs from the number alone.

Ordinary people come first, then the bots, then the planted; nobody is kept in memory.
"""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailorbird.simulate.draws import Bools, Draws, Ints, ranks, scrambled
from tailorbird.simulate.rhythm import Rhythm
from tailorbird.simulate.simulation import Simulation

DEVICES: Final = ("mobile", "desktop", "tablet")
MOBILE: Final = 0
_DEVICE_OF_20: Final = np.array([0] * 11 + [1] * 7 + [2] * 2)

CITIES: Final = ("Berlin", "Hamburg", "Paris", "Lyon", "London", "New York", "Denver", "Mumbai")
COUNTRIES: Final = ("DE", "DE", "FR", "FR", "GB", "US", "US", "IN")
ZONES: Final = (
    *("Europe/Berlin", "Europe/Berlin", "Europe/Paris", "Europe/Paris", "Europe/London"),
    *("America/New_York", "America/Denver", "Asia/Kolkata"),
)
_LATITUDES: Final = np.array([52520, 53551, 48857, 45764, 51507, 40713, 39739, 19076]) * 1000
_LONGITUDES: Final = np.array([13405, 9993, 2352, 4836, -128, -74006, -104990, 72878]) * 1000
_AROUND: Final = 200_000
"""People live up to 0.1 degrees from the middle of their city."""

USERS: Final = 0.3
"""People who are signed in from the start."""
PROFILED: Final = 0.05
ASKED: Final = 0.05
LOCATED: Final = 0.2
"""Shares of people with traits, with an answer on consent, with a location."""
SIGN_IN_US: Final = 1_000
"""How long after the first act of her sure visit a merged person signs in."""

_FLAT: Final = 15
_FLAT_PEOPLE: Final = 7_500_000
"""The head of the ranks flattens with size: nobody human makes more than some ten thousand rows."""


def device(people: Ints) -> Ints:
    """The index of the device that a person uses."""
    devices: Ints = _DEVICE_OF_20[scrambled(people, 11) % np.uint64(20)]
    return devices


def city(people: Ints) -> Ints:
    """The index of the city that a person lives in."""
    return (scrambled(people, 12) % np.uint64(len(CITIES))).astype(np.int64)


def birthday(people: Ints) -> Ints:
    """The date that a person was born on, as days since 1970-01-01: from 1945 to 2005."""
    return (scrambled(people, 13) % np.uint64(22_000)).astype(np.int64) - 9_131


def located(people: Ints) -> Bools:
    """Whether a person's device tells its location."""
    return lot(people, 14, LOCATED)


def latitude(people: Ints) -> Ints:
    """Degrees north in millionths."""
    return _LATITUDES[city(people)] + _offset(people, 15)


def longitude(people: Ints) -> Ints:
    """Degrees east in millionths."""
    return _LONGITUDES[city(people)] + _offset(people, 16)


def _offset(people: Ints, salt: int) -> Ints:
    return (scrambled(people, salt) % np.uint64(_AROUND)).astype(np.int64) - _AROUND // 2


def lot(people: Ints, salt: int, share: float) -> Bools:
    """Whether a share of people, always the same ones, includes a person."""
    drawn: NDArray[np.uint64] = scrambled(people, salt) >> np.uint64(32)
    return drawn < np.uint64(round(share * 2**32))


class Population:
    """The ordinary people of a simulation: who returns how often, and when each signs in."""

    def __init__(self, simulation: Simulation, rhythm: Rhythm, chunks: int) -> None:
        self.count = simulation.population
        self._merged = int(simulation.population * simulation.merged)
        self._shift = simulation.seed % self.count
        self._rhythm = rhythm
        self._chunks = chunks
        self._ranks = ranks(self.count, max(_FLAT, _FLAT * self.count // _FLAT_PEOPLE))
        self._stride = _coprime(self.count, 0.618)
        self._merge_stride = _coprime(self.count, 0.382)

    def returning(self, draws: Draws, count: int) -> Ints:
        """People drawn for further visits: few come again and again, most rarely."""
        return draws.of(count, self._ranks) * self._stride % self.count

    def newcomers(self, chunk: int) -> Ints:
        """The people whose sure visit lies in a chunk; over all chunks everybody once."""
        first, end = (self.count * k // self._chunks for k in (chunk, chunk + 1))
        return np.arange(first, end, dtype=np.int64)

    def sure_visit_us(self, people: Ints) -> Ints:
        """When the visit begins that every person makes for sure, in order of the numbers."""
        chunk = ((people + 1) * self._chunks - 1) // self.count
        first = self.count * chunk // self._chunks
        newcomers = self.count * (chunk + 1) // self._chunks - first
        start = self._rhythm.length * chunk // self._chunks
        length = self._rhythm.length * (chunk + 1) // self._chunks - start
        return self._rhythm.instants_at(start + length * (people - first) // newcomers)

    def merged(self, people: Ints) -> Bools:
        """Whether a person is first anonymous and signs in later."""
        # Not a lot: every stretch of the numbers has its share, so chunks never overflow.
        place: Ints = (people * self._merge_stride + self._shift) % self.count
        return place < self._merged

    def known_at(self, people: Ints, times_us: Ints) -> Bools:
        """Whether a person is signed in at an instant."""
        known = lot(people, 18, USERS)
        merged = np.flatnonzero(self.merged(people))
        signed_in_us = self.sure_visit_us(people[merged]) + SIGN_IN_US
        known[merged] = times_us[merged] >= signed_in_us
        return known


def _coprime(count: int, section: float) -> int:
    """A stride near a section of so many numbers that visits each of them once."""
    stride = max(1, int(count * section))
    while gcd(stride, count) > 1:
        stride += 1
    return stride
