"""A key with a limit sends so many messages a minute and no more, in the long run exactly."""

from __future__ import annotations

import pytest

from tailorbird.flow.group_commit import OverloadedError
from tailorbird.flow.key_rates import KeyRates
from tailorbird.governance.api_keys import make_key
from tailorbird.kernel.instants import MINUTE, SECOND

KEY = make_key("web", "write", bytes(36), 0)[0]


class Clock:
    now_us = 0

    def __call__(self) -> int:
        return self.now_us


def test_a_key_without_a_limit_is_never_asked_to_wait() -> None:
    rates = KeyRates(Clock())
    for _ in range(100):
        rates.count(KEY, 5_000)


def test_in_the_long_run_no_more_comes_than_the_limit_says() -> None:
    clock, key, taken = Clock(), KEY._replace(per_minute=120), 0
    rates = KeyRates(clock)
    for _ in range(10 * 60 * 5):  # five times a second for ten minutes
        clock.now_us += SECOND // 5
        try:
            rates.count(key, 7)
        except OverloadedError:
            continue
        taken += 7
    assert 10 * 120 <= taken <= 11 * 120 + 7


def test_who_waits_as_long_as_told_may_send_again() -> None:
    clock, key = Clock(), KEY._replace(per_minute=30)
    rates = KeyRates(clock)
    rates.count(key, 45)
    with pytest.raises(OverloadedError) as told:
        rates.count(key, 1)
    assert told.value.retry_after_s == 32
    clock.now_us += told.value.retry_after_s * SECOND
    rates.count(key, 1)


def test_one_key_takes_nothing_from_another() -> None:
    rates = KeyRates(Clock())
    one, other = KEY._replace(per_minute=1), KEY._replace(id="other", per_minute=1)
    rates.count(one, 1)
    rates.count(other, 1)
    with pytest.raises(OverloadedError):
        rates.count(one, 1)


def test_a_clock_that_steps_back_gives_nothing_and_takes_nothing() -> None:
    clock, key = Clock(), KEY._replace(per_minute=60)
    rates = KeyRates(clock)
    rates.count(key, 30)
    clock.now_us -= MINUTE
    rates.count(key, 30)
    with pytest.raises(OverloadedError):
        rates.count(key, 1)
