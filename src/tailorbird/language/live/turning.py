"""What a turn of answers means: which segments are entered and left, and which persona is it now.

Everything follows from the numbers of the definitions alone, and people turn in few different
ways. So each way is worked out once, and the sets of numbers are shared between people.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tailorbird.kernel.values import MISSING, Value
from tailorbird.language.definitions import PERSONAS, Key

_REMEMBERED: Final = 16_384
"""Ways of turning that are remembered; then they are forgotten and worked out again."""


class Change(NamedTuple):
    """Somebody entered or left a segment, or changed persona."""

    key: Key
    value: Any


class Turn(NamedTuple):
    """How somebody stands after a turn, and what changed with it."""

    turned: frozenset[int]
    """Numbers of the definitions that answer otherwise than of a stranger."""
    persona: Value
    """The persona's name, MISSING for none; None: as of a stranger."""
    changes: tuple[Change, ...]


class Turning:
    """The turns of one plan's segments and personas, which go by their numbers."""

    def __init__(
        self, tracked: tuple[Key, ...], blank: frozenset[int], personas: dict[int, str]
    ) -> None:
        self._tracked = tracked
        self._blank = blank
        self._personas = personas
        """Names of personas by number, those that come first first."""
        self.blank_persona = self._persona(frozenset())
        self._turns: dict[tuple[bool, frozenset[int], tuple[int, ...]], Turn] = {}

    def of(self, known: bool, turned: frozenset[int], numbers: tuple[int, ...]) -> Turn:
        """The turn of somebody of whom these definitions, each listed once, answer otherwise now.

        Whoever is not ``known`` yet begins to exist: she enters all that holds for her.
        """
        way = (known, turned, numbers)
        turn = self._turns.get(way)
        if turn is None:
            if len(self._turns) >= _REMEMBERED:
                self._turns.clear()
            turn = self._turns[way] = self._worked_out(known, turned, numbers)
        return turn

    def _worked_out(self, known: bool, turned: frozenset[int], numbers: tuple[int, ...]) -> Turn:
        after = turned.symmetric_difference(numbers)
        if known:
            changes = [Change(self._tracked[n], self._holds(n, after)) for n in numbers]
        else:
            changes = [Change(self._tracked[n], True) for n in sorted(self._blank ^ after)]
        before = self._persona(turned) if known else MISSING
        persona = self._persona(after)
        if persona != before:
            changes.append(Change(PERSONAS, persona))
        return Turn(after, None if persona == self.blank_persona else persona, tuple(changes))

    def _persona(self, turned: frozenset[int]) -> Value:
        holds = (name for n, name in self._personas.items() if self._holds(n, turned))
        return next(holds, MISSING)

    def _holds(self, number: int, turned: frozenset[int]) -> bool:
        return (number in self._blank) is not (number in turned)
