"""Texts of wrong clients never make one person of many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.arriving import Arrived, arrived
from tailorbird.events.columns import facts_of
from tailorbird.events.identifiers import REFUSED, USUAL, Identifiers
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.values import UNIT
from tailorbird.people.identity import people

GARBAGE = ["null", "NULL", " undefined ", "None", "0", "unknown", "anonymous", "  ", "\t", "-"]
GARBAGE += ["00000000-0000-0000-0000-000000000000", "[object Object]", "'null'", '"none"']
GOOD = ["ann", "0815", "nullable", "None of them", "-7", "00000000-0000-0000-0000-00000000000a"]


def come(*messages: dict[str, Any], identifiers: Identifiers = USUAL) -> Arrived:
    return arrived(
        [(message, None) for message in messages],
        {},
        source="web",
        now_us=10**15,
        new_id=lambda: "new",
        identifiers=identifiers,
    )


def facts(found: Arrived) -> list[Fact]:
    return facts_of(found.columns, range(found.columns.length))


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "messageId": "m", **more}


@pytest.mark.parametrize("given", GARBAGE)
def test_what_identifies_nobody_leaves_the_event_to_the_next_identifier(given: str) -> None:
    found = come(track(userId=given, anonymousId="v1"), track(userId=given))
    assert [fact.subject for fact in facts(found)] == ["v1"]
    assert list(found.refused) == [1] and "userId" in found.refused[1].says
    assert "userId" in found.warnings[0]


@pytest.mark.parametrize("given", GOOD)
def test_identifiers_stay_as_they_are(given: str) -> None:
    assert USUAL.read(given) == given
    found = come(track(userId=given))
    assert [fact.subject for fact in facts(found)] == [given] and not found.warnings


def test_zeros_are_identifiers_where_0_is_not_refused() -> None:
    other = Identifiers(["null"])
    assert [other.read(given) for given in ("0", "000", "", "null")] == ["0", "000", None, None]


@pytest.mark.parametrize("given", GARBAGE)
def test_no_call_joins_anybody_with_what_identifies_nobody(given: str) -> None:
    calls = [
        {"type": "identify", "userId": given, "anonymousId": "v1", "messageId": "a"},
        {"type": "identify", "userId": "ann", "anonymousId": given, "messageId": "b"},
        {"type": "alias", "userId": "ann", "previousId": given, "messageId": "c"},
        {"type": "alias", "userId": given, "previousId": "v1", "messageId": "d"},
        {"type": "alias", "userId": given, "anonymousId": "v2", "previousId": "v1"},
    ]
    found = come(*calls)
    assert people(facts(found)) == {}
    assert {fact.subject for fact in facts(found)} == {"v1", "ann"}
    assert sorted(found.refused) == [2, 3, 4]
    assert sorted(found.warnings)[:2] == [0, 1]


def test_a_link_set_by_hand_needs_two_identifiers_too() -> None:
    link = track(event=MERGE, userId="ann", properties={"other": "null"})
    found = arrived([(link, None)], {}, source="", now_us=10**15, new_id=lambda: "n", trusted=True)
    assert list(found.refused) == [0]


def test_a_project_says_what_it_refuses() -> None:
    ids = Identifiers(["Kasse 1"])
    assert ids.read("kasse 1") is None and ids.read("null") == "null"
    assert ids.read(" ") is None and ids.read("0") == "0"
    assert ids.read(12 * UNIT) == "12" and ids.read(True) is None


@given(st.sampled_from(REFUSED), st.text(" \t'\"", max_size=3), st.booleans())
def test_blanks_quotes_and_large_letters_do_not_help(one: str, around: str, large: bool) -> None:
    assert USUAL.refuses(around + (one.upper() if large else one) + around)
