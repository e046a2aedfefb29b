"""What a fact says about a purpose: a clear yes is a grant, everything else is none."""

from __future__ import annotations

from typing import Any

import pytest

from tailorbird.governance.consent import statement_of, verdict_of
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import parse_instant, zone


def fact(name: str = "$consent", subject: str = "ann", **said: Any) -> Fact:
    return Fact(subject, 5, "m", name, said, {}, False, True, "web", 7, 5)


def test_a_statement_says_who_when_and_where_in_the_log() -> None:
    told = statement_of(fact(purpose="ads", granted=True))
    assert told is not None
    assert told == ("ann", "ads", 5, True, None, 7, "m")


@pytest.mark.parametrize("granted", [False, None, "true", 1, [True]])
def test_only_true_is_a_grant(granted: Any) -> None:
    told = statement_of(fact(purpose="ads", granted=granted))
    assert told is not None and not told.granted


@pytest.mark.parametrize("expires", ["soon", 5, "", True, []])
def test_a_grant_whose_end_cannot_be_read_is_none(expires: Any) -> None:
    told = statement_of(fact(purpose="ads", granted=True, expires=expires))
    assert told is not None and not told.granted


def test_a_grant_until_a_date_is_over_where_that_day_begins_first() -> None:
    told = statement_of(fact(purpose="ads", granted=True, expires="2024-05-01"))
    assert told is not None
    assert told.until_us == parse_instant("2024-04-30T10:00:00Z", zone("UTC"))
    told = statement_of(fact(purpose="ads", granted=True, expires="2024-05-01T00:00:00Z"))
    assert told is not None
    assert told.until_us == parse_instant("2024-05-01T00:00:00Z", zone("UTC"))


def test_other_facts_say_nothing_of_a_purpose() -> None:
    for other in (
        fact("Seen", purpose="ads", granted=True),
        fact(group="news", granted=True),
        fact(purpose=5, granted=True),
        fact(subject=WORKSPACE, purpose="ads", granted=True),
    ):
        assert statement_of(other) is None


def test_a_verdict_names_the_message_that_it_is_about() -> None:
    assert verdict_of(fact("$verdict", message_id="m1", bot=True)) == ("m1", True, 5)
    assert verdict_of(fact("$verdict", message_id="m1", bot="yes")) == ("m1", False, 5)
    assert verdict_of(fact("$verdict", bot=True)) is None
    assert verdict_of(fact("$consent", message_id="m1", bot=True)) is None
