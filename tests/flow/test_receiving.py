"""What becomes of messages: nothing is kept or shown of who did not agree to being observed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.patience import PATIENCE_S
from tests.server.talking import ADMIN, WRITE, Talk, talk

from tailorbird.events import arriving
from tailorbird.events.tracking_plan import read_plan

ASKING = "purposes: {watching: {collect: asked}}\nsegments: {seen: did('Seen')}"
EVENT = {"type": "track", "event": "Seen", "userId": "canary", "messageId": "m1"}


@pytest.fixture
def asking() -> Iterator[Talk]:
    """A project that takes events of those alone who agreed."""
    with talk(ASKING) as shop:
        yield shop


def sent(shop: Talk, **more: Any) -> Any:
    told = shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [{**EVENT, **more}]})
    return told.said["results"][0]


def noted(shop: Talk) -> Any:
    """The one rejected message, as soon as it is there."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := shop.get("/v1/rejects", key=ADMIN)["rejects"]:
            return found[0]
        shop.pause()
    raise AssertionError("nothing was noted")


def test_a_message_at_which_the_program_fails_may_be_of_somebody_who_did_not_agree(
    asking: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(arriving, "is_act", failing)
    assert sent(asking)["status"] == "rejected"
    found = noted(asking)
    assert (found["sort"], found["person"], found["raw"]) == ("poison", None, "")
    assert asking.get("/v1/quarantine", key=ADMIN)["messages"] == []
    [seen] = asking.get("/v1/debugger", key=ADMIN)["messages"]
    assert "canary" not in str(seen)


def test_of_who_did_not_agree_no_preview_is_shown(asking: Talk) -> None:
    told = sent(asking, context={"preview": True})
    assert told["status"] == "rejected" and "watching" in told["reason"]
    [seen] = asking.get("/v1/debugger", key=ADMIN)["messages"]
    assert seen["status"] == "rejected" and "canary" not in str(seen)


def test_what_is_only_judged_is_held_against_the_plan_and_not_stored() -> None:
    with talk() as shop:
        strict = "mode: reject\nunplanned: reject\nevents: {Seen: {properties: {required: [a]}}}\n"
        shop.plan = read_plan({"tracking_plan.yaml": strict})
        events = [{"name": "Seen"}, {"name": "Seen", "params": {"a": 1}}]

        def faults(**who: str) -> list[str]:
            path, body = f"/debug/mp/collect?api_secret={WRITE}", {**who, "events": events}
            told = shop.ask(path, "POST", key=None, body=body)
            return [one["description"] for one in told.said["validationMessages"]]

        [fault] = faults(client_id="1.2")
        assert "required property" in fault
        assert all("no person" in fault for fault in faults())  # which goes before the plan
        assert shop.running.log_facts() == []


def test_of_a_message_of_two_facts_the_first_says_whether_it_is_new() -> None:
    alias = {"type": "alias", "userId": "ann", "previousId": "v1", "messageId": "m1$merge"}
    both = {"type": "identify", "userId": "ann", "anonymousId": "v1", "messageId": "m1"}
    with talk() as shop:
        told = [
            shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [one]}).said["results"][0]
            for one in (alias, both, both)
        ]
    assert [one["status"] for one in told] == ["accepted", "accepted", "duplicate"]
