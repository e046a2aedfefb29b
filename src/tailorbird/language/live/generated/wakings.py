"""One function for all people with states of the same operations: what waking them asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tailorbird.language.live.generated import patience
from tailorbird.language.live.generated.questions import Questions, Table
from tailorbird.language.live.generated.source import Source
from tailorbird.language.live.state import PersonState
from tailorbird.language.world import World

_HEAD = "def wake(state, until_us, now_us, world):"

Prune = Callable[[Any, int], Any]


class Waking(NamedTuple):
    """Which definitions turn by themselves, and when one may turn next."""

    prunes: tuple[tuple[int, Prune], ...]
    """The operations of whose states time makes something useless, and what takes it away."""
    numbers: frozenset[int]
    """The definitions that are asked."""
    function: Callable[[PersonState, int, int, World], tuple[list[int], int]]
    """From a state and the instant to wake at in any case, the numbers that turn at an instant and
    the next one to wake at."""


class Wakings:
    """The functions of one plan. What people do is much the same: they are few."""

    def __init__(
        self, table: Table, restless: frozenset[int], prunes: Sequence[Prune | None]
    ) -> None:
        """``restless``: definitions that are asked of everybody; ``prunes``: see `Plan`."""
        self._table = table
        self._restless = restless
        self._prunes = prunes
        self._written: dict[frozenset[int], Waking | None] = {}
        self._seen: Counter[frozenset[int]] = Counter()

    def of(self, slots: dict[int, Any]) -> Waking | None:
        """The function for somebody with these states; None when there is none, or none yet."""
        operations = frozenset(slots)
        found = self._written.get(operations)
        if found is None and operations not in self._written:
            self._seen[operations] += 1
            if self._seen[operations] <= patience.WRITTEN_AFTER:
                return None
            if len(self._written) >= patience.FUNCTIONS:
                self._written.clear()
                self._seen.clear()
            found = self._written[operations] = self._write(operations)
        return found

    def text(self, operations: frozenset[int]) -> str:
        """The text of a function, for reading."""
        return self._source(operations).text(_HEAD)

    def _numbers(self, operations: frozenset[int]) -> frozenset[int]:
        return self._restless.union(*(self._table.affected[index] for index in operations))

    def _source(self, operations: frozenset[int]) -> Source:
        source = Source()
        questions = Questions(source, self._table)
        source.line("slots, turned = state.slots, state.turned")
        questions.begin()
        questions.turns(sorted(self._numbers(operations)))
        questions.end()
        return source

    def _write(self, operations: frozenset[int]) -> Waking | None:
        numbers = self._numbers(operations)
        if len(operations) + len(numbers) > patience.LARGEST:
            return None
        each = ((index, self._prunes[index]) for index in sorted(operations))
        prunes = tuple((index, prune) for index, prune in each if prune is not None)
        return Waking(prunes, numbers, self._source(operations).function(_HEAD, "wake"))
