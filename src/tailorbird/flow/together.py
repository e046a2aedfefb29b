"""Facts of one person that are taken in together, when one commit has many of them.

An answer costs more the more is remembered of a person, and the record compares what holds after a
commit with what held before. So whoever sends hundreds of facts at once, a phone that was offline
or somebody who means harm, is answered once for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tailorbird.kernel.facts import AREA, FIGURE, MERGE, SETTING, UNMERGE, Fact

FEW: Final = 8
"""So many facts of one subject in a commit are answered one by one."""
ABOUT_OTHERS: Final = frozenset({MERGE, UNMERGE, SETTING, FIGURE, AREA})
"""Facts that change who is who, or what is in force: all before them have to be taken in."""


class Together:
    """The facts of one commit that wait for each other, by person."""

    def __init__(self, subjects: Sequence[str]) -> None:
        """``subjects``: those of all facts of the commit."""
        many = len(subjects) > FEW
        self.crowded = {s for s, n in Counter(subjects).items() if n > FEW} if many else set()
        """The subjects whose facts need not be answered one by one."""
        self._held: dict[int, list[Fact]] = {}

    def hold(self, person: int, fact: Fact) -> bool:
        """Keep a fact until all are taken; whether it is the first one of its person."""
        held = self._held.setdefault(person, [])
        held.append(fact)
        return len(held) == 1

    def taken(self) -> list[tuple[int, list[Fact]]]:
        """Everybody's facts, which are then no longer here."""
        held, self._held = self._held, {}
        return list(held.items())

    def taken_of(self, person: int) -> list[tuple[int, list[Fact]]]:
        """One person's facts, if there are any."""
        held = self._held.pop(person, None)
        return [] if held is None else [(person, held)]
