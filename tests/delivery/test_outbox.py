from __future__ import annotations

import pytest

from tailorbird.delivery.outbox import (
    UNKNOWN,
    Message,
    claimed,
    given_up,
    interrupted,
    revived,
    tried,
)
from tailorbird.delivery.retry import Outcome
from tailorbird.kernel import limits
from tailorbird.kernel.instants import DAY, SECOND

NEW = Message("msg_1", "e1", "ann", "segment.entered", b"{}")
OK, BUSY, WRONG = Outcome(204, "ok"), Outcome(503, "busy"), Outcome(422, "wrong")


def test_a_message_that_arrives_goes_through_claimed_to_sent() -> None:
    assert tried(claimed(NEW, 5), OK, 6, 0.5).state == "sent"


def test_a_try_that_fails_is_repeated_later_and_says_why() -> None:
    failed = tried(claimed(NEW, 5), BUSY, 10, 0.5)
    assert (failed.state, failed.tries, failed.told) == ("failed", 1, "busy")
    assert failed.due_us == 10 + 5 * SECOND
    again = claimed(failed, failed.due_us)
    assert (again.tries, again.first_us) == (2, 5)


def test_the_receiver_says_when_to_come_again() -> None:
    asked = BUSY._replace(retry_after_us=60 * SECOND)
    assert tried(claimed(NEW, 5), asked, 10, 0.5).due_us == 10 + 60 * SECOND


def test_a_message_dies_of_a_final_answer_of_tries_or_of_age() -> None:
    assert tried(claimed(NEW, 5), WRONG, 6, 0.5).state == "dead"
    often = claimed(NEW, 5)._replace(tries=limits.MESSAGE_TRIES)
    assert tried(often, BUSY, 6, 0.5).state == "dead"
    assert tried(claimed(NEW, 5), BUSY, 4 + limits.MESSAGE_DAYS * DAY, 0.5).state == "failed"
    assert tried(claimed(NEW, 5), BUSY, 5 + limits.MESSAGE_DAYS * DAY, 0.5).state == "dead"


def test_an_unknown_outcome_is_told_as_such_and_keeps_the_id() -> None:
    found = interrupted(claimed(NEW, 5))
    assert (found.state, found.told, found.id, found.tries) == ("failed", UNKNOWN, "msg_1", 1)
    assert claimed(found, 0).tries == 2


def test_what_was_given_up_can_be_sent_again_with_all_its_tries() -> None:
    dead = given_up(tried(claimed(NEW, 5), BUSY, 10, 0.5), "the endpoint is disabled")
    assert (dead.state, dead.told) == ("dead", "busy")
    assert given_up(NEW, "the endpoint is disabled").told == "the endpoint is disabled"
    again = revived(dead)
    assert (again.state, again.tries, again.due_us, again.id) == ("pending", 0, 0, "msg_1")


def test_no_state_is_skipped_on_the_way() -> None:
    for wrong in (
        lambda: tried(NEW, OK, 5, 0.5),
        lambda: claimed(claimed(NEW, 5), 6),
        lambda: claimed(NEW._replace(due_us=7), 6),
        lambda: interrupted(NEW),
        lambda: revived(NEW),
        lambda: given_up(claimed(NEW, 5), ""),
    ):
        with pytest.raises(AssertionError):
            wrong()
