from __future__ import annotations

from tailorbird.delivery.health import TOLERATED, Health, after, is_given_up, slots
from tailorbird.delivery.retry import LONGEST_WAIT_US, Outcome
from tailorbird.kernel import limits
from tailorbird.kernel.instants import DAY, HOUR, SECOND

OK, BUSY = Outcome(200, "ok"), Outcome(500, "busy")


def failed(times: int, now_us: int = 1, step_us: int = 1) -> Health:
    health = Health()
    for number in range(times):
        health = after(health, BUSY, now_us + number * step_us, 0.5)
    return health


def test_single_failures_hold_nobody_else_up() -> None:
    assert slots(failed(TOLERATED - 1), 100) == limits.ENDPOINT_SENDS


def test_an_ill_endpoint_is_left_alone_and_then_asked_with_one_message() -> None:
    ill = failed(TOLERATED)
    assert slots(ill, ill.resume_us - 1) == 0
    assert slots(ill, ill.resume_us) == 1
    assert ill.resume_us == TOLERATED + 5 * SECOND
    well = after(ill, OK, ill.resume_us, 0.5)
    assert slots(well, ill.resume_us) == limits.ENDPOINT_SENDS
    assert (well.failures, well.sent, well.sent_us) == (0, 1, ill.resume_us)


def test_pauses_grow_with_each_question_and_not_with_what_was_under_way() -> None:
    ill = failed(TOLERATED)
    burst = after(ill, BUSY, ill.resume_us - 1, 0.5)
    assert burst.resume_us == ill.resume_us and burst.failures == ill.failures
    now_us, waits = ill.resume_us, []
    for _ in range(15):
        ill = after(ill, BUSY, now_us, 0.5)
        waits.append(ill.resume_us - now_us)
        now_us = ill.resume_us
    assert waits[0] == 10 * SECOND and waits[-1] == LONGEST_WAIT_US
    assert waits == sorted(waits)


def test_a_receiver_that_has_had_enough_is_left_alone_at_once() -> None:
    assert slots(after(Health(), Outcome(429, ""), 1, 0.5), 2) == 0
    asked = after(Health(), Outcome(503, "", 90 * SECOND), 1, 0.5)
    assert asked.resume_us == 1 + 90 * SECOND


def test_a_message_that_is_wrong_says_that_the_endpoint_is_well() -> None:
    told = after(failed(TOLERATED), Outcome(422, "wrong"), 20, 0.5)
    assert (told.failures, told.resume_us, told.sent) == (0, 0, 0)


def test_an_endpoint_is_given_up_after_days_without_anything_taken() -> None:
    often = 5 * DAY // HOUR
    ill = failed(often, step_us=HOUR)
    assert not is_given_up(ill, limits.FAILING_DAYS * DAY)
    assert is_given_up(ill, limits.FAILING_DAYS * DAY + 1)
    assert not is_given_up(failed(1), 30 * DAY)


def test_failures_with_long_quiet_between_are_no_row_of_failures() -> None:
    health = failed(TOLERATED)
    later = after(health, BUSY, 30 * DAY, 0.5)
    assert later.failures == 1 and later.failing_since_us == 30 * DAY
    assert not is_given_up(later, 30 * DAY)
