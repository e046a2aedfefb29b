"""What never became a message is counted by address and answer, and by nothing else."""

from __future__ import annotations

from itertools import count

from tailorbird.flow.turned_away import TurnedAway
from tailorbird.kernel import limits


def test_like_ones_are_counted_together_and_the_newest_come_first() -> None:
    times = count(1)
    away = TurnedAway(lambda: next(times))
    for path in ("/v1/track", "/v1/batch", "/v1/track"):
        away.note(path, 401, "no key")
    away.note("/v1/track", 429, "too much")
    assert [(one.kind.path, one.kind.status, one.times, one.last_us) for one in away.newest()] == [
        ("/v1/track", 429, 1, 4),
        ("/v1/track", 401, 2, 3),
        ("/v1/batch", 401, 1, 2),
    ]


def test_they_are_bounded_and_the_one_seen_longest_ago_goes() -> None:
    away = TurnedAway(lambda: 0)
    for number in range(limits.TURNED_AWAY):
        away.note(f"/{number}", 401, "")
    away.note("/0", 401, "")
    away.note("/new", 401, "")
    paths = [one.kind.path for one in away.newest()]
    assert len(paths) == limits.TURNED_AWAY
    assert paths[:2] == ["/new", "/0"] and "/1" not in paths
