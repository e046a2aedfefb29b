"""Each message of an hour has the same chance to be in the sample, whatever came with it."""

from __future__ import annotations

from collections import Counter
from random import Random

from tailorbird.flow.hourly_samples import HourlySamples
from tailorbird.flow.seen_messages import Seen
from tailorbird.kernel.instants import HOUR


def message(number: int) -> Seen:
    nothing = (None, None, None, None, None, None)
    return Seen(number, 0, "accepted", "track", "k", "web", *nothing, b"{}", 2)


def filled(samples: HourlySamples, sizes: list[int], at_us: int = 0) -> None:
    first = 0
    for size in sizes:
        samples.note(at_us, size, lambda place, first=first: message(first + place))
        first += size


def test_of_few_messages_all_are_in_the_sample() -> None:
    samples = HourlySamples(Random(1).random, most=10)
    filled(samples, [3, 1, 2])
    [hour] = samples.hours()
    assert [one.number for one in hour.seen] == [0, 1, 2, 3, 4, 5]
    assert hour.arrived == 6


def test_each_message_has_the_same_chance_however_requests_are_cut() -> None:
    taken: Counter[int] = Counter()
    rounds, most, arrived = 6_000, 4, 40
    for seed in range(rounds):
        random = Random(seed)
        samples = HourlySamples(random.random, most=most)
        sizes = [1] * 10 + [20] + [5, 5]
        random.shuffle(sizes)
        filled(samples, sizes)
        [hour] = samples.hours()
        assert len(hour.seen) == most and hour.arrived == arrived
        taken.update(one.number for one in hour.seen)
    expected = rounds * most / arrived
    spread = (expected * (1 - most / arrived)) ** 0.5
    assert len(taken) == arrived
    assert max(abs(count - expected) for count in taken.values()) < 4.5 * spread


def test_most_requests_have_nothing_looked_at() -> None:
    looked = 0

    def seen(place: int) -> Seen:
        nonlocal looked
        looked += 1
        return message(place)

    samples = HourlySamples(Random(1).random, most=20)
    for _ in range(100_000):
        samples.note(0, 1, seen)
    assert looked < 400


def test_an_hour_begins_anew_and_the_oldest_goes() -> None:
    samples = HourlySamples(Random(1).random, most=2, hours=2)
    for number in range(3):
        filled(samples, [number + 1], at_us=number * HOUR + 5)
    assert [(one.begin_us // HOUR, one.arrived) for one in samples.hours()] == [(2, 3), (1, 2)]


def test_a_chance_at_its_ends_breaks_nothing() -> None:
    for chance in (0.0, 1.0 - 2**-53):
        samples = HourlySamples(lambda chance=chance: chance, most=2)
        filled(samples, [5, 5])
        assert len(samples.hours()[0].seen) == 2
