"""Whether the events of the last hours are as they were at the same hours of past weeks."""

from __future__ import annotations

from typing import Final, NamedTuple

from tailorbird.events.columns import object_of
from tailorbird.events.drift import WEEKS, Alarm, Slot, of_properties, of_volume
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.ports.sampled_facts import SampledFacts

SAMPLE: Final = 2_000
"""Facts of each event and week that are looked at; how many there are is counted of all."""
EVENTS: Final = 200
"""Events whose properties are looked at: those that come most often."""
WEEK: Final = 7 * DAY


class Quality(NamedTuple):
    """What was compared, and what is not as usual."""

    begins_us: int
    ends_us: int
    weeks: int
    """Past weeks that there were to compare with."""
    events: int
    """Different events that were compared."""
    facts: int
    """Facts of the last hours."""
    alarms: list[Alarm]
    """The farthest from what is usual first."""

    @property
    def has_history(self) -> bool:
        """Whether there are enough past weeks to say anything."""
        return self.weeks >= WEEKS

    def says(self) -> str:
        """The outcome in one line, without any value of anybody."""
        if not self.has_history:
            return f"there are {self.weeks} past weeks; it takes {WEEKS}"
        if not self.alarms:
            return "everything is as usual"
        first = " ".join(filter(None, self.alarms[0][:3]))
        return f"{len(self.alarms)} not as usual, most of all: {first}"


def examine_quality(history: SampledFacts, now_us: int, *, hours: int, weeks: int) -> Quality:
    """Compare the last whole hours with the same hours of so many weeks before.

    Weeks before the first act are none.
    """
    end = now_us - now_us % HOUR
    begin = end - hours * HOUR
    first_us = history.first_time_us
    past = [
        (begin - week * WEEK, end - week * WEEK)
        for week in range(1, weeks + 1)
        if first_us is not None and begin - week * WEEK >= first_us
    ]
    spans = [(begin, end), *past]
    counts = history.counted(spans)
    totals = {name: sum(n for (one, _), n in counts.items() if one == name) for name, _ in counts}
    found: list[Alarm] = []
    for name in totals:
        before = [counts.get((name, week), 0) for week in range(1, len(spans))]
        alarm = of_volume(name, counts.get((name, 0), 0), before)
        if alarm is not None:
            found.append(alarm)
    looked_at = set(sorted(totals, key=lambda name: (-totals[name], name))[:EVENTS])
    if len(past) >= WEEKS:
        found += _alarms_of_properties(history, spans, looked_at)
    found.sort(key=lambda alarm: (-alarm.far, alarm))
    facts = sum(count for (_, span), count in counts.items() if not span)
    return Quality(begin, end, len(past), len(totals), facts, found)


def _alarms_of_properties(
    history: SampledFacts, spans: list[tuple[int, int]], names: set[str]
) -> list[Alarm]:
    slots: dict[str, list[Slot]] = {name: [Slot() for _ in spans] for name in sorted(names)}
    for fact in history.sampled(spans, SAMPLE):
        if fact.name in slots:
            slots[fact.name][fact.span].add(object_of(fact.properties))
    return [
        alarm for name, (now, *past) in slots.items() for alarm in of_properties(name, now, past)
    ]
