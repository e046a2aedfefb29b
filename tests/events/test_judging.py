"""Messages and imported facts are held against one plan, with one result."""

from __future__ import annotations

from typing import Any

from tailorbird.events.columns import columns_of, facts_of
from tailorbird.events.judging import judged, judged_columns
from tailorbird.events.refusals import Refusal
from tailorbird.events.tracking_plan import NO_PLAN, read_plan
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import UNIT

PLAN = read_plan(
    {
        "tracking_plan.yaml": """
mode: quarantine
events:
  Page Viewed: {properties: {required: [name]}, signal: passive}
  Bought: {mode: reject, properties: {properties: {price: {type: number}}}}
  Liked: {mode: allow, context: {required: [page]}}
  $traits: {properties: {properties: {age: {type: integer}}}}
  $group: {properties: {required: [plan]}}
tags: {campaign: true}
"""
    }
)


def judge(**message: Any) -> Refusal | None:
    return judged([(message, None)], PLAN).violations.get(0)


def test_each_call_is_judged_by_what_its_fact_will_be() -> None:
    assert judge(type="page", name="Home") is None
    assert judge(type="page") == Refusal("plan", 'properties: "name" is a required property', True)
    assert judge(type="screen") is None
    assert judge(type="identify", traits={"age": UNIT // 2}) is not None
    assert judge(type="group", traits={}) is not None
    bought = judge(type="track", event="Bought", properties={"price": "1"})
    assert bought == Refusal("plan", 'properties.price: "1" is not of type "number"')


def test_what_is_no_message_is_left_for_those_who_tell_so() -> None:
    odd: list[Any] = [None, "text", {}, {"type": "track"}, {"type": "track", "event": 1}]
    odd += [{"type": "page", "name": 1, "properties": []}, {"type": "alias", "context": "no"}]
    found = judged([(one, None) for one in odd], PLAN)
    assert found.violations == {}
    assert [message for message, _ in found.messages] == odd
    fault = Refusal("json", "no JSON")
    assert judged([({"type": "page"}, fault)], PLAN).messages == [({"type": "page"}, fault)]


def test_a_message_is_tagged_and_the_one_that_was_sent_stays_as_it_is() -> None:
    sent: dict[str, Any] = {"type": "track", "event": "Liked", "properties": {"url": "?utm_id=7"}}
    found = judged([(sent, None)], PLAN)
    (message, _), *_ = found.messages
    assert isinstance(message, dict)
    assert message["context"] == {"campaign": {"id": "7"}}
    assert "context" not in sent
    assert found.warnings == {0: 'context: "page" is a required property'}


def fact(event: str, **properties: Any) -> Fact:
    return Fact("ann", 1, event, event, properties, {}, True, True, "web", 0, 1)


def test_imported_facts_are_refused_tagged_and_classed() -> None:
    given = [
        fact("Page Viewed", name="Home"),
        fact("Bought", price="x"),
        fact("Liked", url="/?utm_source=a"),
        fact("Page Viewed"),
    ]
    columns, refused, warned = judged_columns(columns_of(given), PLAN)
    assert list(refused) == [1, 3]
    assert list(warned) == [2]
    found = facts_of(columns, range(4))
    assert [one.active for one in found] == [False, True, True, False]
    assert found[2].context == {"campaign": {"source": "a"}}


def test_without_a_plan_facts_stay_as_they_are() -> None:
    columns = columns_of([fact("anything")])
    assert judged_columns(columns, NO_PLAN) == (columns, {}, {})
