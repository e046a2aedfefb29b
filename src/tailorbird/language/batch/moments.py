"""Where the rows of a query come from, and at which instant they are asked about.

Either everybody is asked about at one instant, or a table lists the questions: then the
instant, the limits of calendar windows and the zone are columns. Queries are written over the
relation ``seen``, whose ``who`` is the person or the question's number, and whose ``subject`` is
the number of the subject that a fact was accepted under.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from tailorbird.kernel.instants import DAY, Period, parse_instant, start_of_period
from tailorbird.language.batch.columns import Array
from tailorbird.language.batch.literals import whole
from tailorbird.language.batch.typed import Path
from tailorbird.language.batch.zones import stretches

SHIFT_DAYS: Final = 719_169
"""Added to local dates so that none is negative and a Monday is divisible by seven."""
ASKED: Final = "asked"
"""The table of questions: ``who`` their number, ``now_us``, and what `Questions.columns` says."""
MEMBERS: Final = "members"
"""The table of the subjects that each question is about: ``question``, ``member``."""
UNITED: Final = "united"
"""The table of subjects that are one person: ``member``, and ``person``, one of its members."""
BOTS: Final = "bots"
"""The table of message ids that do not count for a question: ``question``, ``bot``."""


class Moment(Protocol):
    """The rows that are seen and the instant at which they are."""

    @property
    def hot(self) -> Mapping[Path, int]:
        """The properties with typed columns."""

    @property
    def shared_us(self) -> int | None:
        """T where it is the same for all; None where it differs."""

    @property
    def now(self) -> str:
        """T as SQL."""

    @property
    def seen(self) -> str:
        """A relation of the facts that count at T."""

    def since(self, length_us: int) -> str:
        """The instant so long before T, as SQL."""

    def period_start(self, period: Period) -> str:
        """The first instant of the local period of T, as SQL."""

    def instant(self, text: str) -> str:
        """An instant or date in text, as SQL; null when it is neither."""

    @property
    def shared_gap_us(self) -> int | None:
        """The longest pause within a session where it is the same for all."""

    def session_gap(self) -> str:
        """The longest pause within a session, as SQL."""

    def local_us(self, time_us: str) -> str:
        """The wall clock at an instant, from the day `SHIFT_DAYS` before 1970 on, as SQL."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """Everybody at one instant."""

    now_us: int
    zone: ZoneInfo
    gap_us: int
    first_us: int
    """No fact is earlier."""
    known_us: int | None = None
    position: int | None = None
    hot: Mapping[Path, int] = field(default_factory=dict)
    with_united: bool = False
    """Whether the table `UNITED` says which subjects are one person."""

    @property
    def shared_us(self) -> int:
        """T."""
        return self.now_us

    @property
    def now(self) -> str:
        """T as a literal."""
        return whole(self.now_us)

    @property
    def seen(self) -> str:
        """The facts up to T of all subjects; those that are not united are persons."""
        limits = ["who > 0", f"time_us <= {self.now}"]
        if self.known_us is not None:
            limits.append(f"known_us <= {whole(self.known_us)}")
        if self.position is not None:
            limits.append(f"position <= {self.position}")
        if not self.with_united:
            return f"(SELECT *, who AS subject FROM facts WHERE {' AND '.join(limits)})"
        return (
            f"(SELECT facts.* REPLACE (coalesce({UNITED}.person, who) AS who), who AS subject "
            f"FROM facts LEFT JOIN {UNITED} ON who = {UNITED}.member WHERE {' AND '.join(limits)})"
        )

    def since(self, length_us: int) -> str:
        """The instant so long before T."""
        return whole(self.now_us - length_us)

    def period_start(self, period: Period) -> str:
        """The first instant of the local period of T."""
        return whole(start_of_period(self.now_us, period, self.zone))

    def instant(self, text: str) -> str:
        """An instant or date in text."""
        found = parse_instant(text, self.zone)
        return "NULL" if found is None else whole(found)

    @property
    def shared_gap_us(self) -> int:
        """The longest pause within a session."""
        return self.gap_us

    def session_gap(self) -> str:
        """The longest pause within a session."""
        return whole(self.gap_us)

    def local_us(self, time_us: str) -> str:
        """The wall clock at an instant."""
        return f"({time_us} + {_offset(self.zone, time_us, self.first_us, self.now_us)})"


@dataclass
class Questions:
    """Some people, each at an instant of her own."""

    now_us: Sequence[int]
    zones: Sequence[ZoneInfo]
    """The zone in force for each question."""
    gaps_us: Sequence[int]
    first_us: int
    known_then: bool = False
    position: int | None = None
    with_bots: bool = False
    hot: Mapping[Path, int] = field(default_factory=dict)
    columns: dict[str, Array] = field(default_factory=dict)
    """The columns of `ASKED` that queries written so far read, besides ``who``."""

    def __post_init__(self) -> None:
        self.columns["now_us"] = np.array(self.now_us, np.int64)

    @cached_property
    def shared_us(self) -> int | None:
        """T where it is the same for all."""
        instants = set(self.now_us)
        return instants.pop() if len(instants) == 1 else None

    @property
    def now(self) -> str:
        """T as a literal where it is shared, else its column."""
        return "now_us" if self.shared_us is None else whole(self.shared_us)

    @property
    def seen(self) -> str:
        """The facts that count for each question."""
        limits = [f"time_us <= {self.now}"]
        if self.known_then:
            limits.append(f"known_us <= {self.now}")
        if self.position is not None:
            limits.append(f"position <= {self.position}")
        bots = ""
        if self.with_bots:
            bots = f" ANTI JOIN {BOTS} ON facts.id = {BOTS}.bot AND {ASKED}.who = {BOTS}.question"
        return (
            f"(SELECT {ASKED}.*, facts.* EXCLUDE (who), facts.who AS subject FROM facts "
            f"JOIN {MEMBERS} ON facts.who = {MEMBERS}.member "
            f"JOIN {ASKED} ON {ASKED}.who = {MEMBERS}.question{bots} "
            f"WHERE {' AND '.join(limits)})"
        )

    def since(self, length_us: int) -> str:
        """The instant so long before T."""
        if self.shared_us is not None:
            return whole(self.shared_us - length_us)
        return f"(now_us - {whole(length_us)})"

    def period_start(self, period: Period) -> str:
        """The column of the first instant of the local period of T."""
        return self._column(
            f"start_of_{period}",
            lambda number: start_of_period(self.now_us[number], period, self.zones[number]),
        )

    def instant(self, text: str) -> str:
        """The column of an instant or date in text."""
        known = [name for name in self.columns if name.startswith("instant_")]
        found = [parse_instant(text, in_zone) for in_zone in self.zones]
        if found and found[0] is None:
            return "NULL"
        for name in known:
            if self.columns[name].tolist() == found:
                return name
        return self._column(f"instant_{len(known)}", lambda number: found[number] or 0)

    @cached_property
    def shared_gap_us(self) -> int | None:
        """The longest pause within a session where it is the same for all."""
        gaps = set(self.gaps_us)
        return gaps.pop() if len(gaps) == 1 else None

    def session_gap(self) -> str:
        """The column of the longest pause within a session."""
        return self._column("gap_us", lambda number: self.gaps_us[number])

    def local_us(self, time_us: str) -> str:
        """The wall clock at an instant."""
        zones = list({in_zone.key: in_zone for in_zone in self.zones}.values())
        last_us = max(self.now_us, default=0)
        offsets = [_offset(in_zone, time_us, self.first_us, last_us) for in_zone in zones]
        if len(set(offsets)) == 1:
            return f"({time_us} + {offsets[0]})"
        numbers = {in_zone.key: number for number, in_zone in enumerate(zones)}
        column = self._column("zone_no", lambda number: numbers[self.zones[number].key])
        cases = " ".join(f"WHEN {i} THEN {offset}" for i, offset in enumerate(offsets))
        return f"({time_us} + CASE {column} {cases} END)"

    def _column(self, name: str, of: Callable[[int], Any]) -> str:
        if name not in self.columns:
            values = (of(number) for number in range(len(self.now_us)))
            self.columns[name] = np.fromiter(values, np.int64, len(self.now_us))
        return name


def _offset(in_zone: ZoneInfo, time_us: str, first_us: int, last_us: int) -> str:
    """What to add to an instant to read the wall clock, shifted to be positive."""
    latest_first = stretches(in_zone, first_us, max(first_us, last_us))[::-1]
    *cases, earliest = [(s.start_us, s.offset_us + SHIFT_DAYS * DAY) for s in latest_first]
    if not cases:
        return str(earliest[1])
    whens = " ".join(f"WHEN {time_us} >= {whole(start)} THEN {offset}" for start, offset in cases)
    return f"CASE {whens} ELSE {earliest[1]} END"
