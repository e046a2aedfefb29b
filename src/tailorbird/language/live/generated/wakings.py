"""One function for all people with states of the same operations: what waking them asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from tailorbird.language.live.generated import patience
from tailorbird.language.live.generated.questions import Questions, Table
from tailorbird.language.live.generated.source import Source
from tailorbird.language.live.scene import Scene

_HEAD = "def wake(slots, turned, until_us, now_us, scene):"


class Waking(NamedTuple):
    """Which definitions turn by themselves, and when one may turn next."""

    numbers: frozenset[int]
    """The definitions that are asked."""
    function: Callable[
        [dict[int, Any], frozenset[int], int, int, Scene | None], tuple[list[int], int]
    ]
    uses_scene: bool


class Wakings:
    """The functions of one plan. What people do is much the same: they are few."""

    def __init__(self, table: Table, restless: frozenset[int]) -> None:
        self._table = table
        self._restless = restless
        """Definitions that are asked of everybody."""
        self._written: dict[frozenset[int], Waking | None] = {}
        self._seen: Counter[frozenset[int]] = Counter()

    def of(self, slots: dict[int, Any]) -> Waking | None:
        """The function for somebody with these states; None when there is none, or none yet."""
        operations = frozenset(slots)
        if operations not in self._written:
            self._seen[operations] += 1
            if self._seen[operations] <= patience.WRITTEN_AFTER:
                return None
            if len(self._written) >= patience.FUNCTIONS:
                self._written.clear()
                self._seen.clear()
            self._written[operations] = self._write(operations)
        return self._written[operations]

    def text(self, operations: frozenset[int]) -> str:
        """The text of a function, for reading."""
        return self._questions(operations)[0].text(_HEAD)

    def _numbers(self, operations: frozenset[int]) -> frozenset[int]:
        return self._restless.union(*(self._table.affected[index] for index in operations))

    def _questions(self, operations: frozenset[int]) -> tuple[Source, Questions]:
        source = Source()
        questions = Questions(source, self._table)
        source.line("turns = []")
        questions.turns(sorted(self._numbers(operations)))
        source.line("return turns, until_us")
        return source, questions

    def _write(self, operations: frozenset[int]) -> Waking | None:
        numbers = self._numbers(operations)
        if len(operations) + len(numbers) > patience.LARGEST:
            return None
        source, questions = self._questions(operations)
        return Waking(numbers, source.function(_HEAD, "wake"), questions.uses_scene)
