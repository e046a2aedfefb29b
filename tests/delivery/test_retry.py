from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.delivery.retry import (
    LONGEST_ASKED_US,
    LONGEST_WAIT_US,
    Outcome,
    gives_up,
    retry_after_us,
    verdict,
    wait_us,
)
from tailorbird.kernel import limits
from tailorbird.kernel.instants import DAY, HOUR, SECOND

CHANCE = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), CHANCE)
def test_waiting_is_never_much_shorter_or_longer_than_planned(tries: int, chance: float) -> None:
    planned = min(5 * SECOND * 2 ** min(tries - 1, 60), LONGEST_WAIT_US)
    assert 0.79 * planned <= wait_us(tries, chance) <= 1.21 * planned


@given(st.integers(1, 99), CHANCE, st.integers(0, 400 * DAY))
def test_what_the_receiver_asks_for_is_waited_up_to_a_day(
    tries: int, chance: float, asked_us: int
) -> None:
    waited = wait_us(tries, chance, asked_us)
    assert waited >= min(asked_us, LONGEST_ASKED_US)
    assert waited == max(wait_us(tries, chance), min(asked_us, LONGEST_ASKED_US))


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_a_receiver_that_is_away_for_three_days_misses_nothing(chance: float) -> None:
    now_us, tries = 1, 1
    while not gives_up(tries, 1, now_us):
        now_us += wait_us(tries, chance)
        tries += 1
    assert now_us >= 4 * DAY - 2 * HOUR
    assert tries <= limits.MESSAGE_TRIES


def test_an_answer_that_may_be_another_one_later_is_not_final() -> None:
    final = {status for status in range(100, 600) if verdict(Outcome(status, "")) == "never"}
    assert final == {413, 415, 422}
    done = {status for status in range(100, 600) if verdict(Outcome(status, "")) == "done"}
    assert done == set(range(200, 300))


@given(st.text(max_size=40), st.integers(0, 10**15))
def test_any_header_is_read_or_ignored(text: str, now_us: int) -> None:
    found = retry_after_us(text, now_us)
    assert found is None or 0 <= found <= LONGEST_ASKED_US


def test_a_date_in_the_past_asks_for_nothing() -> None:
    assert retry_after_us("Thu, 01 Jan 1970 00:00:00 GMT", 5 * DAY) == 0
    assert retry_after_us("Thu, 01 Jan 1970 00:00:00", 5) is None
