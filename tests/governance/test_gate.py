"""The gate opens for what somebody agreed to, and for nothing that can be read two ways."""

from __future__ import annotations

from typing import Any

import pytest

from tailorbird.governance.consent import Statement
from tailorbird.governance.gate import Verdict, may
from tailorbird.language.purposes import NEEDS, Needs, Purpose

ADS = Purpose("ads")
NOW_US = 100


def said(
    time_us: int, granted: bool, who: str = "ann", until_us: int | None = None, position: int = 0
) -> Statement:
    return Statement(who, "ads", time_us, granted, until_us, position, f"m{time_us}")


def asked(*statements: Statement, needs: Needs = "consent", linked_at: int = 0) -> Verdict:
    def together(_one: Any, _other: Any, position: int) -> bool:
        return linked_at < position

    return may(ADS._replace(needs=needs), statements, together, NOW_US)


def test_without_a_word_only_what_needs_none_is_allowed() -> None:
    assert asked() == Verdict(False, "nothing said")
    assert asked(needs="no_objection") == Verdict(True, "no objection")
    assert asked(needs="nothing") == Verdict(True, "not needed")


def test_the_newest_word_decides_however_it_came() -> None:
    grant, denial = said(5, True), said(9, False)
    assert asked(grant) == Verdict(True, "granted", 5)
    for both in ((grant, denial), (denial, grant)):
        assert asked(*both) == Verdict(False, "denied", 9)
    assert asked(denial, said(10, True)) == Verdict(True, "granted", 10)


def test_of_several_denials_that_stand_the_newest_is_told() -> None:
    denials = said(5, False), said(9, False, "bea"), said(7, False, "cid")
    for given in (denials, denials[::-1]):
        assert asked(*given) == Verdict(False, "denied", 9)


def test_what_needs_no_consent_is_still_ended_by_an_objection() -> None:
    assert asked(said(5, False), needs="no_objection") == Verdict(False, "denied", 5)
    assert asked(said(5, False), said(6, True), needs="no_objection").may
    assert asked(said(5, True, until_us=6), needs="no_objection").may
    assert asked(said(5, False), needs="nothing").may


def test_at_one_instant_a_denial_counts_before_a_grant() -> None:
    assert asked(said(5, True), said(5, False)).reason == "denied"
    assert asked(said(5, False), said(5, True)).reason == "denied"


@pytest.mark.parametrize(("until_us", "is_open"), [(NOW_US + 1, True), (NOW_US, False), (7, False)])
def test_a_grant_is_over_from_its_end_on(until_us: int, is_open: bool) -> None:
    told = asked(said(5, True, until_us=until_us))
    assert told == Verdict(is_open, "granted" if is_open else "expired", 5, until_us)


def test_a_newer_grant_that_is_over_ends_an_older_that_lasts() -> None:
    assert asked(said(5, True), said(6, True, until_us=7)).reason == "expired"
    assert asked(said(6, True), said(6, True, until_us=7)).reason == "expired"
    assert asked(said(5, True, until_us=7), said(6, True)).may


def test_a_grant_ahead_of_its_time_does_not_count_and_a_denial_does() -> None:
    assert asked(said(NOW_US + 1, True)).reason == "nothing said"
    assert asked(said(NOW_US, True)).may
    assert asked(said(5, True), said(NOW_US + 9, False)).reason == "denied"


def test_a_grant_takes_a_denial_under_another_identifier_back_once_both_are_known_as_hers() -> None:
    denial = said(5, False, "ann")
    assert asked(denial, said(6, True, "v1", position=9), linked_at=8).may
    assert asked(denial, said(6, True, "v1", position=9), linked_at=9).reason == "denied"
    assert asked(denial, said(6, True, "ann", position=9), linked_at=9).may
    assert asked(denial, said(4, True, "v1", position=9), linked_at=8).reason == "denied"


@pytest.mark.parametrize("needs", NEEDS)
def test_a_denial_under_any_identifier_closes_what_a_person_can_close(needs: Needs) -> None:
    grants = [said(9, True, who, position=3) for who in ("ann", "v1", "v2")]
    told = asked(*grants, said(8, False, "v3"), needs=needs, linked_at=3)
    assert told.may is (needs == "nothing")
