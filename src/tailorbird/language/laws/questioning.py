"""What a proof asks about one person: instants at the edges of her windows, as many as it can.

People with very many facts are asked at fewer instants, and there first about the definitions
that are answered swiftly; nothing is left out that is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.edges import instants
from tailorbird.language.laws.effort import Effort
from tailorbird.language.laws.readings import Question, asked
from tailorbird.language.world import World

LIVE_US: Final = 120_000.0
"""About so long the folds of one person may take."""
STEPPED_US: Final = 120_000.0
"""About so long taking her facts in one by one may take."""
EARLY_FACTS: Final = 60
"""Half of the instants lie among so many of a person's first facts, which all readings can."""
AHEAD_FACTS: Final = 500
"""Whoever has more facts is not asked when her answers change next."""
_AHEAD_US: Final = 400 * DAY
_TYPICAL: Final = 1_000
"""With so many facts definitions are told apart into swift ones and others."""


@dataclass(frozen=True, slots=True)
class Round:
    """Questions about one person that are asked of the same definitions."""

    definitions: Definitions
    questions: list[Question]


class Asked(NamedTuple):
    """What is asked about one person, and what is not."""

    rounds: list[Round]
    left_out: int
    """Cases, definitions times instants, that would have taken too long."""


class Questioning:
    """Chooses questions about person after person."""

    def __init__(self, definitions: Definitions, chance: Chance, count: int) -> None:
        self._definitions = definitions
        self._chance = chance
        self._count = count
        self._keys = asked(definitions)
        self._efforts = {key: Effort(definitions, key) for key in self._keys}
        self._swiftest = sorted(self._keys, key=lambda key: self._efforts[key].live_us(_TYPICAL))
        self._closures: dict[frozenset[Key], Definitions] = {}
        self._plans: dict[Key, live.Plan] = {}

    def about(
        self, subject: str, facts: Sequence[Fact], world: World, also: Sequence[int]
    ) -> Asked:
        """The questions about a person with some facts; ``also`` are instants that all share."""
        chosen = sorted({*also, *self._instants(facts, world)})
        spare_us, left_out = LIVE_US, 0
        by_keys: dict[frozenset[Key], list[Question]] = {}
        for number, at_us in enumerate(chosen):
            before = sum(fact.time_us <= at_us for fact in facts)
            keys = self._affordable(before, spare_us / (len(chosen) - number))
            left_out += len(self._keys) - len(keys)
            spare_us -= self._live_us(keys, before)
            if keys:
                by_keys.setdefault(keys, []).append(Question(subject, at_us))
        rounds = [Round(self.closure(keys), asked_at) for keys, asked_at in by_keys.items()]
        return Asked(rounds, left_out)

    def reference_us(self, key: Key, facts: int) -> float:
        """How long the reference would take to answer one of the questions."""
        return self._efforts[key].reference_us(facts)

    def stepped(self, keys: Sequence[Key], facts: int) -> frozenset[Key]:
        """Of some definitions those that so many facts can be taken in for one by one."""
        spare_us = STEPPED_US
        kept: list[Key] = []
        for key in sorted(keys, key=lambda key: self._efforts[key].stepped_us(facts)):
            spare_us -= self._efforts[key].stepped_us(facts)
            if spare_us < 0:
                break
            kept.append(key)
        return frozenset(kept)

    def _instants(self, facts: Sequence[Fact], world: World) -> list[int]:
        """Edges of the person's facts, half of them early ones, and instants of change."""
        if not facts:
            return []
        changes = self._count // 4 if len(facts) <= AHEAD_FACTS else 0
        early = (self._count - changes) // 2 if len(facts) > EARLY_FACTS else 0
        found = set(instants(self._chance, self._definitions, facts[:EARLY_FACTS], early))
        late = self._count - changes - len(found)
        found.update(instants(self._chance, self._definitions, facts, late))
        found.update(self._changes(facts, world, sorted(found), changes))
        return sorted(found)

    def _changes(
        self, facts: Sequence[Fact], world: World, after: Sequence[int], count: int
    ) -> set[int]:
        """So many instants at which an answer changes, or the microsecond before."""
        found: set[int] = set()
        for at_us in self._chance.sample(after, count):
            key = self._chance.choice(self._keys)
            ahead = live.Ahead(self._compiled(key), facts, at_us, world)
            turn = ahead.changes([key], at_us + _AHEAD_US).at.get(key, at_us)
            if turn > at_us + 1:
                found.update((turn, turn - 1))
        return set(sorted(found)[:count])

    def _compiled(self, key: Key) -> live.Plan:
        """The plan of one definition, which nothing else slows down."""
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = live.plan(self.closure(frozenset({key})))
        return found

    def _affordable(self, facts: int, spare_us: float) -> frozenset[Key]:
        """The definitions that the live engine answers in time, the swiftest first.

        All, or so many quarters of them: batch asks each such set by itself.
        """
        kept = len(self._keys)
        while kept and self._live_us(self._swiftest[:kept], facts) > spare_us:
            kept -= -(-len(self._keys) // 4)
        return frozenset(self._swiftest[: max(kept, 0)])

    def _live_us(self, keys: Iterable[Key], facts: int) -> float:
        return sum(self._efforts[key].live_us(facts) for key in keys)

    def closure(self, keys: frozenset[Key]) -> Definitions:
        """The definitions that some keys need; the same object for the same keys."""
        found = self._closures.get(keys)
        if found is None:
            wanted = {key for key in keys if key != PERSONAS}
            if PERSONAS in keys:
                wanted.update(persona.key for persona in self._definitions.personas)
            found = self._definitions.closure(wanted)
            if len(keys) == len(self._keys):
                found = self._definitions  # as they are, whatever nobody asks about included
            self._closures[keys] = found
        return found
