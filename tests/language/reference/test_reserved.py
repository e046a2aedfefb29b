"""What reserved facts say: lists, experiments, predictions, messages, consent, sources."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.language.reference.asking import ask, events, fact

from tailorbird.kernel.values import MISSING, UNIT


def test_the_latest_word_on_a_list_decides() -> None:
    def listed(time: str, member: Any, name: str = "gold") -> Any:
        return fact(time, "$list", {"list": name, "member": member})

    facts = [listed("1h", True), listed("2h", False), listed("3h", True, "other")]
    assert ask('in_list("gold")', facts, "2h -1us") is True
    assert ask('in_list("gold")', facts, "9h") is False
    assert ask('in_list("other")', facts, "9h") is True
    assert ask('in_list("other")', facts, "2h") is False
    assert ask('in_list("gold")', [listed("1h", 1)], "9h") is False


def test_the_earliest_assignment_sticks() -> None:
    def assigned(time: str, variation: str, **rest: Any) -> Any:
        return fact(time, "$assigned", {"experiment": "e", "variation": variation}, **rest)

    facts = [assigned("2h", "b"), assigned("1h", "a", id="m2"), assigned("1h", "c", id="m1")]
    asked = ('in_experiment("e")', 'in_experiment("e", "c")', 'in_experiment("e", "a")')
    assert [ask(text, facts, "9h") for text in asked] == [True, True, False]
    assert ask('in_experiment("f")', facts, "9h") is False
    assert ask('in_experiment("e", "b")', facts[:1], "9h") is True


def test_the_latest_prediction_of_a_model_is_its_value() -> None:
    facts = [
        fact("1h", "$predicted", {"model": "churn", "value": 0.25}),
        fact("2h", "$predicted", {"model": "churn", "value": "high"}),
        fact("3h", "$predicted", {"model": "clv", "value": 7}),
    ]
    assert ask('predicted("churn")', facts, "1h") == UNIT // 4
    assert ask('predicted("churn")', facts, "9h") == "high"
    assert ask('predicted("none")', facts, "9h") is MISSING
    assert (
        ask('predicted("churn")', [fact("1h", "$predicted", {"model": "churn"})], "9h") is MISSING
    )


@pytest.mark.parametrize(
    ("operator", "status"),
    [("received", "delivered"), ("opened", "opened"), ("clicked", "clicked")],
)
def test_a_message_has_come_so_far(operator: str, status: str) -> None:
    facts = [
        fact("1h", "$message", {"message": "hello", "status": status}),
        fact("2h", "$message", {"message": "hello", "status": "bounced"}),
        fact("9h", "$message", {"message": "other", "status": status}),
    ]
    assert ask(f'{operator}("hello")', facts, "90d") is True
    assert ask(f'{operator}("hello")', facts[1:], "90d") is False
    assert ask(f'{operator}("hello", last="1d")', facts, "25h -1us") is True
    assert ask(f'{operator}("hello", last="1d")', facts, "25h") is False


def test_a_group_is_subscribed_to_by_its_latest_consent_else_by_default() -> None:
    facts = [
        fact("1h", "$consent", {"group": "news", "granted": True}),
        fact("2h", "$consent", {"group": "news", "granted": "yes"}),
    ]
    assert ask('subscribed("news")', facts, "1h") is True
    assert ask('subscribed("news", default=True)', facts, "2h") is False
    assert ask('subscribed("tips")', facts, "2h") is False
    assert ask('subscribed("tips", default=True)', facts, "2h") is True


def consent(time: str, **properties: Any) -> Any:
    return fact(time, "$consent", {"purpose": "ads", "granted": True} | properties)


def test_consent_is_the_latest_word_on_the_purpose() -> None:
    facts = [consent("1h"), consent("2h", granted=False), consent("3h", purpose="mail")]
    assert ask('consented("ads")', facts, "2h -1us") is True
    assert ask('consented("ads")', facts, "9h") is False
    assert ask('consented("mail")', facts, "9h") is True
    assert ask('consented("other")', facts, "9h") is False


@pytest.mark.parametrize(
    ("expires", "at", "held"),
    [
        ("2024-03-02T00:00Z", "1d -1us", True),
        ("2024-03-02T00:00Z", "1d", False),
        ("2024-03-02", "15h -1us", True),
        ("2024-03-02", "15h", False),
        (None, "900d", True),
        ("some day", "2h", False),
        (5, "2h", False),
    ],
)
def test_consent_ends_when_it_expires(expires: Any, at: str, held: bool) -> None:
    """A date is its midnight in the zone in force."""
    facts = [fact("0s", "$traits", {"timezone": "Asia/Tokyo"}), consent("1h", expires=expires)]
    assert ask('consented("ads")', facts, at) is held


@pytest.mark.parametrize(("at", "held"), [("1h", True), ("25h -1us", True), ("25h", False)])
def test_a_source_is_fresh_for_a_time(at: str, held: bool) -> None:
    facts = [fact("1h", "$list", source="crm"), *events("A", "9h")]
    assert ask('fresh("crm", "24h")', facts, at) is held
    assert ask('fresh("erp", "24h")', facts, at) is False


def test_a_bucket_is_a_hash_of_the_first_facts_subject() -> None:
    digest = sha256(b"salt:bob").digest()
    expected = int.from_bytes(digest[:8], "big") % 10_000 * UNIT // 100
    facts = [
        fact("0s", "$verdict", {"message_id": "x", "bot": True}, subject="ann"),
        fact("1h", "A", subject="ann", id="x"),
        fact("2h", "A", subject="bob", id="m1"),
        fact("2h", "A", subject="ann", id="m2"),
    ]
    assert ask('bucket("salt")', facts, "9h") == expected
    assert 0 <= expected < 100 * UNIT
    assert ask('bucket("salt")', facts, "1h") is MISSING
    assert ask('bucket("pepper")', facts, "9h") != expected
