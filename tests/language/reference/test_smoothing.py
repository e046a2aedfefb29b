"""Smoothed values and trends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, events, fact

from tailorbird.kernel.values import MISSING, UNIT


def smoothed(arguments: str, *values: Any) -> Any:
    facts = [fact(f"{hour}h", "A", {"x": x}) for hour, x in enumerate(values, 1)]
    return ask(f'smooth("A", properties.x{arguments})', facts, "90d")


def test_smoothing_moves_from_the_first_value_by_a_share() -> None:
    assert smoothed("", 10) == 10 * UNIT
    assert smoothed("", 10, 20) == 13 * UNIT
    assert smoothed("", 10, None, "x", 20, 20) == 15_100_000
    assert smoothed(", alpha=1", 10, 20, 7) == 7 * UNIT
    assert smoothed(", where=properties.x > 10", 10, 20) == 20 * UNIT
    assert smoothed("", None) is MISSING


def test_a_kalman_filter_begins_with_the_variance_of_a_measurement() -> None:
    kalman = ', method="kalman", q=1, r=1'
    assert smoothed(kalman, 10) == 10 * UNIT
    assert smoothed(kalman, 10, 20) == 16_666_667
    assert smoothed(kalman, 10, 20, 20) == 18_750_000
    assert smoothed(kalman, "x") is MISSING


@pytest.mark.parametrize(
    ("times", "at", "trend"),
    [
        (["21d"], "27d", 4 * UNIT),
        (["1d", "21d"], "27d", 2 * UNIT),
        (["0s", "0s 1us", "21d"], "28d -1us", 1_333_333),
        (["0s", "0s 1us", "21d"], "28d", 0),
        (["0s"], "27d", 0),
        (["0s"], "28d", None),
    ],
)
def test_a_trend_compares_frequencies(times: list[str], at: str, trend: int | None) -> None:
    assert ask('trend("A")', events("A", *times), at) == (MISSING if trend is None else trend)


def test_a_trend_is_rounded_once() -> None:
    facts = events("A", "1h", "2h", "30h")
    assert ask('trend("A", short="1d", long="7d")', facts, "31h") == 2_333_333
    assert (
        ask('trend("A", short="1d", long="7d", where=properties.x == 1)', facts, "31h") is MISSING
    )
