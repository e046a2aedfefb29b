"""Offsets are those of the zone at every instant, also at the changes of clocks."""

from __future__ import annotations

from bisect import bisect_right

import pytest

from tailorbird.kernel.instants import DAY, FIRST_INSTANT, LAST_INSTANT, offset_us, zone
from tailorbird.language.batch.zones import stretches

NAMES = [
    "UTC",
    "Europe/Berlin",
    "America/Havana",
    "Pacific/Apia",
    "Africa/Monrovia",
    "Asia/Kolkata",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_offset_of_a_stretch_is_the_zones_up_to_the_next_change(name: str) -> None:
    found = stretches(zone(name), FIRST_INSTANT, 1_800_000_000_000_000)
    starts = [stretch.start_us for stretch in found]
    assert starts == sorted(set(starts))
    probes = [t for start in starts for t in (start - 1, start, start + 1)]
    probes += range(-(10**16), 18 * 10**14, 101 * DAY + 12_345)
    for at_us in (max(probe, FIRST_INSTANT) for probe in probes):
        stretch = found[bisect_right(starts, at_us) - 1]
        assert stretch.offset_us == offset_us(at_us, zone(name)), at_us


def test_stretches_begin_where_they_are_asked_for() -> None:
    (only,) = stretches(zone("Europe/Berlin"), 1_704_085_200_000_000, 1_704_085_200_000_001)
    assert only == (1_704_085_200_000_000, 3_600_000_000)
    assert stretches(zone("UTC"), FIRST_INSTANT, LAST_INSTANT) == [(FIRST_INSTANT, 0)]
