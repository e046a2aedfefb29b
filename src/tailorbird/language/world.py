"""What the workspace's own facts say at an instant: zone, session gap, cut points, areas."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from tailorbird.kernel.facts import AREA, FIGURE, SETTING, Fact
from tailorbird.kernel.geometry import Area, read_area
from tailorbird.kernel.instants import LAST_INSTANT, MINUTE, find_zone, parse_duration, zone
from tailorbird.kernel.values import Value

DEFAULT_GAP_US: Final = 30 * MINUTE
CUT_POINTS: Final = 99
FOREVER: Final = LAST_INSTANT + 1
"""Later than any instant: nothing changes by itself."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace's settings in force at an instant."""

    zone: ZoneInfo
    session_gap_us: int
    figures: dict[str, tuple[int, ...]]
    areas: dict[str, Area]


class World:
    """The workspace's facts over time, for looking up what is in force at an instant.

    ``known_us`` and ``position`` narrow the facts to those known then.
    """

    def __init__(
        self,
        facts: Iterable[Fact] = (),
        *,
        known_us: int | None = None,
        position: int | None = None,
    ) -> None:
        kept = {
            fact.id: fact
            for fact in facts
            if fact.name in (SETTING, FIGURE, AREA)
            and (known_us is None or fact.known_us <= known_us)
            and (position is None or fact.position <= position)
        }
        self._facts = sorted(kept.values(), key=lambda fact: fact.key)
        self._times = sorted({fact.time_us for fact in self._facts})
        self._states: dict[int, Workspace] = {}
        self.is_still = not self._times
        """Whether the defaults are always in force."""

    def at(self, instant_us: int) -> Workspace:
        """What is in force at an instant."""
        return self.of(self.version(instant_us))

    def version(self, instant_us: int) -> int:
        """The number of the settings in force at an instant: 0 before the first fact."""
        return bisect_right(self._times, instant_us) if self._times else 0

    def of(self, version: int) -> Workspace:
        """The settings with a number that `version` gave."""
        found = self._states.get(version)
        if found is None:
            end_us = self._times[version - 1] if version else None
            seen = [f for f in self._facts if end_us is not None and f.time_us <= end_us]
            found = self._states[version] = _in_force(seen)
        return found

    def changes(self, after_us: int, to_us: int) -> list[int]:
        """The instants in (after, to] with a workspace fact."""
        return self._times[self.version(after_us) : self.version(to_us)]

    def next_change(self, instant_us: int) -> int:
        """The first later instant with a workspace fact; `FOREVER` when there is none."""
        if not self._times:
            return FOREVER
        index = bisect_right(self._times, instant_us)
        return self._times[index] if index < len(self._times) else FOREVER


def _in_force(facts: list[Fact]) -> Workspace:
    """Facts that cannot be read change nothing: what was in force before stays so."""
    workspace = Workspace(zone("UTC"), DEFAULT_GAP_US, {}, {})
    in_zone, gap_us = workspace.zone, workspace.session_gap_us
    named: dict[str, tuple[int, int]] = {}
    for fact in facts:
        name, value = fact.properties.get("name"), fact.properties.get("value")
        if not isinstance(name, str):
            continue
        if fact.name == SETTING and name == "zone":
            in_zone = (find_zone(value) if isinstance(value, str) else None) or in_zone
        elif fact.name == SETTING and name == "session_gap":
            found_us = _gap(value)
            gap_us = gap_us if found_us is None else found_us
        elif fact.name == AREA:
            area = read_area(fact.properties.get("geometry"))
            if area is not None:
                workspace.areas[name] = area
        elif fact.name == FIGURE:
            _set_figure(workspace.figures, named, name, fact)
    return Workspace(in_zone, gap_us, workspace.figures, workspace.areas)


def _gap(value: Value) -> int | None:
    length_us = parse_duration(value) if isinstance(value, str) else None
    return length_us if length_us is not None and length_us >= 0 else None


def _set_figure(
    figures: dict[str, tuple[int, ...]],
    named: dict[str, tuple[int, int]],
    name: str,
    fact: Fact,
) -> None:
    """The latest instant counts; of several facts for one instant the first in the log."""
    cuts = fact.properties.get("cuts")
    numbers = tuple(cut for cut in cuts if type(cut) is int) if isinstance(cuts, list) else ()
    earlier = named.get(name)
    if len(numbers) != CUT_POINTS or list(numbers) != sorted(numbers):
        return
    if earlier is not None and earlier[0] == fact.time_us and earlier[1] <= fact.position:
        return
    named[name] = (fact.time_us, fact.position)
    figures[name] = numbers
