"""Whoever is not warned about a statement of consent is understood as she means it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.consenting import doubt_about
from tailorbird.governance.consent import statement_of
from tailorbird.kernel.facts import CONSENT, Fact

ODD = st.sampled_from([None, True, False, "true", "false", "ads", 1, "2027-05-01", "soon", {}])


def fact(said: dict[str, Any]) -> Fact:
    return Fact("ann", 1, "m", CONSENT, said, {}, False, True, "", 0, 1)


@given(st.dictionaries(st.sampled_from(["purpose", "granted", "expires"]), ODD))
def test_what_is_not_doubted_counts_as_it_is_said(said: dict[str, Any]) -> None:
    statement, doubt = statement_of(fact(said)), doubt_about(said)
    if doubt is None:
        assert statement is not None
        assert statement.granted is said["granted"]
    else:
        assert statement is None or not statement.granted


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        ({"granted": True}, "no purpose is named"),
        ({"purpose": "ads"}, "granted is neither true nor false"),
        ({"purpose": "ads", "granted": True, "expires": "soon"}, "expires is no instant"),
        ({"group": "news", "granted": False, "expires": "soon"}, None),
    ],
)
def test_what_is_odd_is_said(said: dict[str, Any], doubt: str | None) -> None:
    found = doubt_about(said)
    assert found is None if doubt is None else found is not None and found.startswith(doubt)
