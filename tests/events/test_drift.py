"""What is far from usual is told with what it is, and weeks that vary by chance are not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tailorbird.events.drift import FEW, TEXTS, WEEKS, Alarm, Slot, of_properties, of_volume, usual
from tailorbird.kernel.values import UNIT

FACTS = 400


def week(chance: Random, change: Callable[[dict[str, Any], Random], None] | None = None) -> Slot:
    slot = Slot()
    for _ in range(FACTS):
        said: dict[str, Any] = {
            "id": f"p{chance.randrange(10**6)}",
            "size": chance.choice("SSSMML"),
            "price": int(chance.lognormvariate(3, 0.5) * UNIT),
            "new": chance.random() < 0.3,
        }
        if chance.random() < 0.2:
            del said["price"]
        if change is not None:
            change(said, chance)
        slot.add(said)
    return slot


def alarms(
    seed: int, change: Callable[[dict[str, Any], Random], None] | None = None
) -> list[Alarm]:
    chance = Random(seed)
    past = [week(chance) for _ in range(8)]
    return list(of_properties("Seen", week(chance, change), past))


def test_what_varies_by_chance_alone_is_no_alarm() -> None:
    assert [alarm for seed in range(20) for alarm in alarms(seed)] == []


def without_price(said: dict[str, Any], chance: Random) -> None:
    if chance.random() < 0.3:
        said.pop("price", None)


def price_as_text(said: dict[str, Any], chance: Random) -> None:
    if "price" in said and chance.random() < 0.5:
        said["price"] = "12.50"


def in_cents(said: dict[str, Any], _: Random) -> None:
    if "price" in said:
        said["price"] *= 100


def of_another_size(said: dict[str, Any], chance: Random) -> None:
    if chance.random() < 0.5:
        said["size"] = "undefined"


@pytest.mark.parametrize(
    ("change", "key", "what"),
    [
        (without_price, "price", "missing"),
        (price_as_text, "price", "types"),
        (in_cents, "price", "size"),
        (of_another_size, "size", "values"),
    ],
)
def test_each_change_is_told_as_what_it_is(change: Any, key: str, what: str) -> None:
    for seed in range(5):
        assert [(alarm.property, alarm.what) for alarm in alarms(seed, change)] == [(key, what)]


def test_a_value_that_has_won_is_named() -> None:
    (alarm,) = alarms(1, of_another_size)
    assert "'undefined'" in alarm.says


def test_a_new_property_that_is_always_there_is_told() -> None:
    (alarm,) = alarms(1, lambda said, _: said.update(colour="red"))
    assert (alarm.property, alarm.what, alarm.now, alarm.usual) == ("colour", "missing", 0, 1)


@pytest.mark.parametrize(
    ("now", "past", "is_told"),
    [
        (100, [100, 101, 99, 100], False),
        (0, [100, 101, 99, 100], True),
        (0, [100, 101, 99], False),
        (1_000, [100, 101, 99, 100], True),
        (150, [100, 200, 90, 120], False),
        (101, [100, 100, 100, 100], False),
        (109, [100, 100, 100, 100], False),
        (10_900, [10_000] * 4, False),
        (12_000, [10_000] * 4, True),
        (100, [100, 100, 100, 100, 5_000], False),
        (FEW - 1, [0, 0, 0, 0], False),
        (100, [0, 0, 0, 0], True),
        (0, [FEW - 1] * 4, False),
    ],
)
def test_how_many_there_are_is_compared_with_what_is_usual(
    now: int, past: list[int], is_told: bool
) -> None:
    assert (of_volume("Seen", now, past) is not None) == is_told


def test_without_enough_weeks_or_facts_nothing_is_said() -> None:
    chance = Random(1)
    past = [week(chance) for _ in range(WEEKS - 1)]
    assert list(of_properties("Seen", week(chance, in_cents), past)) == []
    small = Slot()
    small.add({"price": UNIT})
    assert list(of_properties("Seen", small, [week(chance) for _ in range(WEEKS)])) == []


def test_a_property_of_many_texts_is_not_compared_by_them() -> None:
    slot = Slot()
    for number in range(1_000):
        slot.add({"id": str(number)})
    assert len(slot.texts["id"]) == TEXTS + 1


def test_one_odd_week_does_not_move_what_is_usual() -> None:
    assert usual([5, 5, 5, 5, 900]).middle == 5
