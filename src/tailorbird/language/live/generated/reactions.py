"""One function for each kind of fact that comes often: its additions, then the definitions.

A kind is a name, and whether the person did it. Names that no definition mentions are one kind.
Where a whole history is taken in, nobody asks before its end: then there are additions alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.language.live.generated import patience
from tailorbird.language.live.generated.additions import Additions
from tailorbird.language.live.generated.filters import ALWAYS, NEVER, Filters
from tailorbird.language.live.generated.questions import Questions, Table
from tailorbird.language.live.generated.source import Source
from tailorbird.language.live.state import PersonState
from tailorbird.language.operations import Operation
from tailorbird.language.world import World

_HEAD: Final = "def react(state, fact, now_us, world):"

Kind = tuple[str | None, bool]
Function = Callable[[PersonState, Fact, int, World], tuple[list[int], int]]
"""From a state and a fact, the numbers that turn now and the instant to wake at then."""

Special = Callable[[dict[str, Any]], bool]


class Reaction(NamedTuple):
    """What a kind of fact does to a person."""

    function: Function
    is_special: Special | None
    """Properties with which such a fact goes the long way."""

    def is_not_for(self, fact: Fact) -> bool:
        """Whether a fact of the kind goes it."""
        return self.is_special is not None and self.is_special(fact.properties)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan says about its operations and definitions."""

    operations: list[Operation]
    table: Table
    readers: Mapping[str | None, tuple[int, ...]]
    """By each name that definitions mention, the operations that may read such a fact."""
    special: Mapping[str | None, Special]
    """By name, which properties make a fact special: further operations may read it."""


class Reactions:
    """The functions of one plan, written when a kind of fact has come often enough."""

    def __init__(self, rules: Rules, *, asks: bool = True) -> None:
        """``asks``: what the definitions answer then; else functions add, and tell nothing."""
        self._rules = rules
        self._asks = asks
        self._written: dict[Kind, Reaction | None] = {}
        self._seen: Counter[Kind] = Counter()

    def to(self, fact: Fact) -> Reaction | None:
        """The reaction to a fact; None when there is none, or none yet."""
        kind: Kind = fact.name, fact.act
        if kind in self._written:
            return self._written[kind]
        if fact.name == VERDICT:
            return None
        if fact.name not in self._rules.readers:
            kind = None, fact.act
            if kind in self._written:
                return self._written[kind]
        self._seen[kind] += 1
        if self._seen[kind] <= patience.WRITTEN_AFTER:
            return None
        made = self._written[kind] = self._write(*kind)
        return made

    def limited_to(self, operations: frozenset[int]) -> Reactions:
        """Those in which no other operation takes part."""
        readers = {
            name: tuple(index for index in some if index in operations)
            for name, some in self._rules.readers.items()
        }
        return Reactions(replace(self._rules, readers=readers), asks=self._asks)

    def text(self, name: str | None, act: bool) -> str:
        """The text of a function, for reading."""
        return _Writer(self._rules, name, act, self._asks).source.text(_HEAD)

    def _write(self, name: str | None, act: bool) -> Reaction | None:
        readers = self._rules.readers[name]
        touched = {number for index in readers for number in self._rules.table.affected[index]}
        if len(readers) + len(touched) > patience.LARGEST:
            return None
        writer = _Writer(self._rules, name, act, self._asks)
        function = writer.source.function(_HEAD, "react")
        return Reaction(function, self._rules.special.get(name))


class _Writer:
    """Writes one function."""

    def __init__(self, rules: Rules, name: str | None, act: bool, asks: bool) -> None:
        self.source = Source()
        self._rules = rules
        self._readers = rules.readers[name]
        self._filters = Filters(self.source, name, act)
        self._additions = Additions(self.source, self._filters)
        self._questions = Questions(self.source, rules.table)
        self.source.line("slots, turned, until_us = state.slots, state.turned, state.wake_at")
        self.source.line("time_us, properties, view = fact.time_us, fact.properties, None")
        touched = self._add_all()
        self._questions.begin()
        if asks:
            self._ask_all(touched)
        self._questions.end()

    def _add_all(self) -> dict[int, str]:
        """Write the additions; gives for each definition that they touch under which condition."""
        touched: dict[int, list[str]] = {}
        table = self._rules.table.operations
        for index in self._readers:
            taken = self._additions.add(index, self._rules.operations[index], table[index])
            if taken == ALWAYS:
                self._questions.added(index)
            for number in self._rules.table.affected[index] if taken != NEVER else ():
                touched.setdefault(number, []).append(taken)
        return {n: ALWAYS if ALWAYS in c else " or ".join(c) for n, c in touched.items()}

    def _ask_all(self, touched: dict[int, str]) -> None:
        by_condition: dict[str, list[int]] = {ALWAYS: []}
        for number, condition in sorted(touched.items()):
            by_condition.setdefault(condition, []).append(number)
        self._questions.turns(by_condition.pop(ALWAYS))
        for condition, numbers in by_condition.items():
            with self._questions.block(f"if {condition}:"):
                self._questions.turns(numbers)
