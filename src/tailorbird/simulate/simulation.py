"""What to simulate: the size, the span and the shares, checked before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY, FIRST_INSTANT, LAST_INSTANT
from tailorbird.simulate.planted import rows_a_set

EVENTS_PER_PERSON: Final = 2.2
"""Of a shop's visitors most come once and look at one thing."""
EVENTS_PER_PLANTED: Final = 5_000
EVENTS_PER_BOT: Final = 20_000
REMARKS_PER_PERSON: Final = 0.15
"""Room kept for traits and consent."""
CROWDING: Final = 3
"""A chunk may hold so many times its share of planted rows and still has room for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A clickstream to be: equal values give equal rows.

    The number of events counts every row, delivered twice or not. Shares lie between 0 and
    0.2: late and duplicated of all rows, bots of all rows, merged of all people. People left
    out means one per 2.2 events, planted left out one set of behaviours per 5,000 events.
    """

    events: int
    start_us: int
    seed: int
    days: int = 60
    people: int | None = None
    late: float = 0.02
    duplicates: float = 0.01
    bots: float = 0.005
    merged: float = 0.01
    planted: int | None = None

    def __post_init__(self) -> None:
        self._check("events", self.events, 1, 10**11)
        self._check("days", self.days, 1, 3_660)
        self._check("seed", self.seed, 0, 2**63 - 1)
        self._check("start", self.start_us, FIRST_INSTANT, LAST_INSTANT - 4_000 * DAY)
        for name in ("late", "duplicates", "bots", "merged"):
            self._check(name, getattr(self, name), 0, 0.2)
        self._check("planted", self.planted_sets, 0, 10**6)
        self._check("people", self.population, 1, self.most_people)

    def _check(self, name: str, given: float, least: float, most: float) -> None:
        if not least <= given <= most:
            raise InputError(f"{name} is {given}: it must lie between {least} and {most}")

    @property
    def most_people(self) -> int:
        """How many people so many events have room for, each with her sure visit."""
        planted = CROWDING * rows_a_set(self.days)
        room = self.events - self.copied_rows - self.bot_rows - self.planted_sets * planted
        if room < 1:
            raise InputError(
                f"{self.planted_sets} planted sets of behaviours do not fit into {self.events} "
                f"events: give more events or at most {self.events // (2 * planted)} sets"
            )
        return max(1, int(room / (1 + REMARKS_PER_PERSON + 2 * self.merged)))

    @property
    def population(self) -> int:
        """How many ordinary people there are; each visits at least once."""
        return self.people or max(1, int(self.events / EVENTS_PER_PERSON))

    @property
    def planted_sets(self) -> int:
        """How many people behave in each planted way."""
        if self.planted is not None:
            return self.planted
        return min(100, max(self.events // EVENTS_PER_PLANTED, int(self.events >= 1_000)))

    @property
    def copied_rows(self) -> int:
        """How many rows are deliveries of a message that was delivered before."""
        return int(self.events * self.duplicates)

    @property
    def bot_rows(self) -> int:
        """How many rows are made by bots."""
        return int(self.events * self.bots)

    @property
    def bot_count(self) -> int:
        """How many bots there are."""
        return -(-self.bot_rows // EVENTS_PER_BOT)
