"""How long a reading will work on one person: what a proof can afford to ask.

The reference reads without haste: sequences take it the square of the number of facts, and so do
timelines over scores that decay. The figures are rough; what they decide is only who is asked
how much, and a proof says what it left out.
"""

from __future__ import annotations

from typing import Final

from tailorbird.language.ast import Call, walk
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.operators import HISTORY

_FACT_US: Final = 4.0
"""One operator over one fact, in either reading."""
_SEQUENCE_US: Final = 3.0
"""The reference, for each pair of facts of a sequence."""
_TIMELINE_US: Final = 100.0
"""The reference, for each fact under a timeline."""
_DECAYING_US: Final = 15.0
"""The reference, for each pair of facts under a timeline over a decaying score."""
_FOLLOWED_US: Final = 0.06
"""The live engine, for each pair of facts under a timeline."""
_FOLLOWED_DECAYING_US: Final = 2.0
_STEPPED_US: Final = 15.0
"""The live engine, for each fact and operator, where it takes facts in one by one."""
_PAIRED_US: Final = 2.0
"""The live engine, for each pair of facts of a story, where it answers at every fact."""
_STORIES: Final = frozenset({"sequence", "sequence_count", "absent", "in_one_session"})
_SEQUENCES: Final = frozenset({"sequence", "sequence_count"})


class Effort:
    """Estimates for one definition with everything that it depends on."""

    def __init__(self, definitions: Definitions, key: Key) -> None:
        keys = {p.key for p in definitions.personas} if key == PERSONAS else {key}
        needed = definitions.closure(keys).ordered
        calls = [
            node.op
            for definition in needed
            if definition.body is not None
            for node in walk(definition.body)
            if isinstance(node, Call)
        ]
        self._calls = len(calls) + sum(len(definition.lines) for definition in needed)
        self._sequences = sum(op in _SEQUENCES for op in calls)
        self._stories = sum(op in _STORIES for op in calls)
        self._timelines = sum(op in HISTORY for op in calls)
        self._decays = any(definition.half_life_us is not None for definition in needed)

    def reference_us(self, facts: int) -> float:
        """What the reference takes to answer at one instant with so many facts before it."""
        square = facts * facts
        timeline = _DECAYING_US * square if self._decays else _TIMELINE_US * facts
        return (
            _FACT_US * self._calls * facts
            + _SEQUENCE_US * self._sequences * square
            + timeline * self._timelines
        )

    def live_us(self, facts: int) -> float:
        """What the live engine takes to fold so many facts and answer."""
        each = _FOLLOWED_DECAYING_US if self._decays else _FOLLOWED_US
        return _FACT_US * self._calls * facts + each * self._timelines * facts * facts

    def stepped_us(self, facts: int) -> float:
        """What the live engine takes to take in so many facts one by one, answering at each."""
        pairs = self._stories + (self._timelines if self._decays else 0)
        return _STEPPED_US * self._calls * facts + _PAIRED_US * pairs * facts * facts
