"""Many random worlds in a row: how many cases agreed, and every disagreement, shrunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import (
    Disagreement,
    Failure,
    Size,
    World,
    disagreements,
    random_world,
)
from tailorbird.language.laws.readings import Reading
from tailorbird.language.laws.shrink import as_case, shrunk

ENOUGH: Final = 5
"""After so many disagreements a campaign stops by itself: the rest would say the same."""


@dataclass(slots=True)
class Report:
    """What a campaign has seen so far."""

    seed: int
    worlds: int = 0
    cases: int = 0
    found: list[Disagreement] = field(default_factory=list)
    """Shrunk disagreements, one for each definition of a world."""

    def __str__(self) -> str:
        counted = f"{self.cases:,} cases in {self.worlds:,} worlds from seed {self.seed}"
        if not self.found:
            return f"{counted}: 0 disagreements"
        shown = "\n---\n".join(as_case(f, f"disagreement {i}") for i, f in enumerate(self.found, 1))
        return f"{counted}: {len(self.found)} definitions read differently\n\n{shown}"


def worlds(seed: int, size: Size) -> Iterator[World]:
    """Worlds without end; world number n of a seed is always the same."""
    number = 0
    while True:
        yield random_world(Chance((seed << 32) + number), size)
        number += 1


def campaign(
    readings: Sequence[Reading],
    seed: int,
    cases: int,
    size: Size | None = None,
    progress: Callable[[Report], None] = lambda _: None,
    *,
    most: int = ENOUGH,
    shrinking: bool = True,
) -> Report:
    """Compare readings until so many cases are counted, or so many disagreements found."""
    report = Report(seed)
    for world in worlds(seed, size or Size()):
        if report.cases >= cases or len(report.found) >= most:
            return report
        different = _one_of_each(disagreements(readings, world))
        report.worlds += 1
        report.cases += world.cases
        report.found += [
            shrunk(readings, found) if shrinking else found
            for found in different[: most - len(report.found)]
        ]
        progress(report)
    raise AssertionError("worlds do not end")


def _one_of_each(found: Sequence[Disagreement]) -> list[Disagreement]:
    """One of each definition; a single one where a reading failed, which spoils all answers."""
    for first in found:
        if any(isinstance(answer, Failure) for answer in first.answers.values()):
            return [first]
    return list({one.key: one for one in reversed(found)}.values())
