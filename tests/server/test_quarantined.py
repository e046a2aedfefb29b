"""What does not fit the plan is kept aside, on the disk, and is taken once the plan is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.server.talking import ADMIN, NOW_US, STORED_ADMIN, STORED_WRITE, WRITE, Talk, talk

from tailorbird.edges.sources import cloudevents, posthog, segment
from tailorbird.events import arriving
from tailorbird.events.tracking_plan import read_plan
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, SECOND, format_instant
from tailorbird.kernel.values import UNIT

STRICT = """
mode: quarantine
unplanned: quarantine
events:
  Seen:
    signal: passive
    properties: {required: [price]}
  Bought:
    mode: reject
    properties: {required: [price]}
  Liked:
    mode: allow
    properties: {required: [price]}
tags:
  pages: [{path: ^/p/, type: product}]
"""


@pytest.fixture
def planned(shop: Talk) -> Talk:
    shop.plan = read_plan({"tracking_plan.yaml": STRICT})
    return shop


def send(shop: Talk, *messages: dict[str, Any], code: int = 200, **shared: Any) -> list[Any]:
    body = {"batch": [{"type": "track", "userId": "ann", **one} for one in messages], **shared}
    told = shop.ask("/v1/batch", "POST", key=WRITE, body=body)
    assert told.status == code, told.said
    return list(told.said["results"])


def statuses(results: list[Any]) -> list[str]:
    return [one["status"] for one in results]


def kept(shop: Talk, query: str = "") -> list[Any]:
    return list(shop.get(f"/v1/quarantine{query}", key=ADMIN)["messages"])


def replay(shop: Talk, **asked: Any) -> Any:
    told = shop.ask("/v1/quarantine/replay", "POST", key=ADMIN, body=asked)
    assert told.status == 200, told.said
    return told.said


def facts(shop: Talk) -> list[Fact]:
    shop.history.follow()
    return shop.history.history_of(["ann"])


def test_each_mode_has_its_own_answer_and_only_what_is_taken_is_a_fact(planned: Talk) -> None:
    results = send(
        planned,
        {"event": "Seen", "properties": {"price": 1}, "messageId": "m1"},
        {"event": "Seen", "messageId": "m2"},
        {"event": "Bought", "messageId": "m3"},
        {"event": "Liked", "messageId": "m4"},
        {"event": "Unknown"},
    )
    assert statuses(results) == [
        *("accepted", "quarantined", "rejected", "accepted", "quarantined"),
    ]
    assert results[1]["reason"] == 'properties: "price" is a required property'
    assert results[3]["warning"] == 'properties: "price" is a required property'
    assert [(fact.id, fact.active) for fact in facts(planned)] == [("m1", False), ("m4", True)]


def test_a_request_that_is_all_kept_aside_was_taken(planned: Talk) -> None:
    assert statuses(send(planned, {"event": "Seen"})) == ["quarantined"]
    assert statuses(send(planned, {"event": "Bought"}, code=400)) == ["rejected"]


def test_what_is_kept_is_told_with_all_that_was_sent(planned: Talk) -> None:
    sent = {"event": "Seen", "messageId": "m2", "properties": {"x": 12.50}}
    send(planned, sent)
    (found,) = kept(planned)
    assert json.loads(found["raw"]) == {"type": "track", "userId": "ann", **sent}
    assert (found["sort"], found["person"], found["message_id"]) == ("plan", "ann", "m2")
    assert (found["key"], found["call"]) == (STORED_WRITE.id, "batch")
    assert kept(planned, "?sort=poison") == []
    told = planned.ask("/metrics").body.decode()
    assert 'tailorbird_quarantined_total{sort="plan"} 1\n' in told
    assert "tailorbird_quarantine_messages 1\n" in told


def test_after_the_plan_is_mended_a_replay_takes_it_as_of_when_it_came(planned: Talk) -> None:
    came_us = planned.now_us
    stamp = format_instant(came_us - HOUR)
    send(
        planned,
        {
            "event": "Seen",
            "messageId": "m2",
            "timestamp": stamp,
            "context": {"page": {"path": "/p/1"}},
        },
        {"event": "Seen"},
        sentAt=format_instant(came_us - 60 * SECOND),
    )
    given = [one["message_id"] for one in kept(planned)]
    planned.now_us += 2 * DAY
    assert replay(planned)["still"] == 2
    planned.plan = read_plan({"tracking_plan.yaml": "tags: {pages: [{path: ^/p/, type: product}]}"})
    assert replay(planned) == {
        "accepted": 2,
        "duplicates": 0,
        "still": 0,
        "forbidden": 0,
        "last": None,
    }
    timed, untimed = facts(planned)
    assert (timed.id, timed.time_us) == ("m2", came_us - HOUR + 60 * SECOND)
    assert timed.known_us == planned.now_us
    assert timed.context == {"page": {"path": "/p/1", "type": "product"}}
    assert (untimed.time_us, untimed.id) == (came_us, given[0])
    assert kept(planned) == []
    assert replay(planned)["accepted"] == 0


def test_a_message_counts_once_however_often_it_is_kept_sent_and_replayed(planned: Talk) -> None:
    once = {"event": "Seen", "messageId": "m2"}
    assert statuses(send(planned, once, once)) == ["quarantined", "quarantined"]
    send(planned, once)
    assert len(kept(planned)) == 1
    planned.plan = read_plan({})
    assert statuses(send(planned, once)) == ["accepted"]
    told = replay(planned)
    assert (told["accepted"], told["duplicates"]) == (0, 1)
    assert [fact.id for fact in facts(planned)] == ["m2"]


def test_what_still_does_not_fit_stays_with_its_reason_of_now(planned: Talk) -> None:
    send(planned, {"event": "Seen"}, {"event": "Unknown"})
    stricter = "events: {Seen: {mode: reject, properties: {required: [size]}}}"
    planned.plan = read_plan({"tracking_plan.yaml": stricter})
    told = replay(planned)
    assert (told["accepted"], told["still"]) == (1, 1)
    assert [one["reason"] for one in kept(planned)] == ['properties: "size" is a required property']


def test_some_are_replayed_and_some_let_go_by_number(planned: Talk) -> None:
    send(planned, *({"event": "Seen", "messageId": f"m{n}"} for n in range(3)))
    numbers = [one["number"] for one in kept(planned)][::-1]
    planned.plan = read_plan({})
    assert replay(planned, numbers=numbers[1:2])["accepted"] == 1
    dropped = planned.ask("/v1/quarantine/drop", "POST", key=ADMIN, body={"numbers": numbers[:2]})
    assert dropped.said == {"dropped": 1}
    assert [one["message_id"] for one in kept(planned)] == ["m2"]
    assert [one["number"] for one in kept(planned, f"?before={numbers[2]}")] == []
    assert [fact.id for fact in facts(planned)] == ["m1"]


def test_a_message_at_which_the_program_fails_harms_no_other(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = arriving.is_act

    def failing(name: str, *given: Any) -> Any:
        if name == "Poison":
            raise ZeroDivisionError
        return real(name, *given)

    monkeypatch.setattr(arriving, "is_act", failing)
    results = send(shop, {"event": "Poison", "messageId": "p"}, {"event": "Seen", "messageId": "m"})
    assert statuses(results) == ["quarantined", "accepted"]
    assert "ZeroDivisionError" in results[0]["reason"]
    assert [one["sort"] for one in kept(shop)] == ["poison"]
    monkeypatch.undo()
    assert replay(shop)["accepted"] == 1
    assert [fact.id for fact in facts(shop)] == ["m", "p"]


KIT = {
    "api_key": WRITE,
    "batch": [
        {"event": "Seen", "distinct_id": "ann", "uuid": "u1", "properties": {"price": 2}},
        {"event": "Bought", "distinct_id": "ann", "timestamp": format_instant(NOW_US - HOUR)},
        {"event": "Seen", "properties": {}},
    ],
    "sent_at": format_instant(NOW_US - 60 * SECOND),
}


def failing(*_: object) -> Any:
    raise ZeroDivisionError("canary")


@pytest.fixture
def broken(shop: Talk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Has a dialect fail at every body; gives what mends it."""

    monkeypatch.setattr(posthog, "_messages", failing)
    return monkeypatch.undo


def test_a_body_at_which_a_dialect_fails_is_taken_once_it_is_mended(
    shop: Talk, broken: Callable[[], None]
) -> None:
    told = shop.ask("/batch/?ip=1", "POST", key=None, body=KIT)
    assert told.status == 200
    assert statuses(told.said["results"]) == ["quarantined"]
    (found,) = kept(shop)
    assert (found["sort"], found["call"], found["key"]) == ("poison", "batch", STORED_WRITE.id)
    assert json.loads(found["raw"])["batch"] == KIT["batch"]
    assert WRITE.rpartition("_")[2] not in found["raw"] and "canary" not in str(found)
    assert replay(shop)["still"] == 1
    broken()
    shop.now_us += DAY
    assert (replay(shop)["accepted"], kept(shop)[0]["sort"]) == (2, "person")
    again = replay(shop)
    assert (again["accepted"], again["duplicates"], again["still"]) == (0, 2, 1)
    bought, seen = sorted(facts(shop), key=lambda fact: fact.name)
    assert (seen.id, seen.subject, seen.time_us) == ("u1", "ann", NOW_US)
    assert (seen.properties, seen.source) == ({"price": 2 * UNIT}, "web")
    assert (bought.subject, bought.time_us) == ("ann", NOW_US - HOUR + 60 * SECOND)
    assert bought.id == f"{found['message_id']}:1"


def test_what_is_read_of_a_mended_body_without_a_fault_is_gone_from_quarantine(
    shop: Talk, broken: Callable[[], None]
) -> None:
    query = f"?data=eyJldmVudCI6IlNlZW4iLCJkaXN0aW5jdF9pZCI6ImFubiJ9&writeKey={WRITE}"
    assert shop.ask(f"/capture{query}", "POST", key=None).status == 200
    assert "eyJldmVudCI6" in kept(shop)[0]["raw"] and WRITE not in kept(shop)[0]["raw"]
    broken()
    assert replay(shop)["accepted"] == 1
    assert [fact.name for fact in facts(shop)] == ["Seen"]
    assert kept(shop) == []


def test_headers_that_a_dialect_reads_are_kept_and_who_asked_is_not(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"specversion": "1.0", "id": "c1", "source": "/till", "type": "Paid", "subject": "ann"}
    headers = {f"ce-{name}": value for name, value in said.items()}
    headers |= {"content-type": "application/json", "x-forwarded-for": "192.0.2.7"}

    monkeypatch.setattr(cloudevents, "body_of", failing)
    told = shop.ask("/v1/cloudevents", "POST", key=WRITE, headers=headers, body={"price": 3})
    assert told.status == 200, told
    items = shop.run(shop.serving.quarantining.ask(lambda store: store.newest(9)))
    assert WRITE.encode() not in items[0].item.request and b"192.0.2" not in items[0].item.request
    monkeypatch.undo()
    assert replay(shop)["accepted"] == 1
    assert [(fact.id, fact.name) for fact in facts(shop)] == [("/till#c1", "Paid")]


def test_of_a_whole_body_previews_and_who_is_not_in_the_sample_are_let_go(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "read_batch", failing)
    people = [{"type": "track", "userId": f"visitor-{number}"} for number in range(40)]
    sent = [{**one, "event": "Seen"} for one in people]
    sent += [{**one, "event": "Tried", "context": {"preview": True}} for one in people]
    assert shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": sent}).status == 200
    monkeypatch.undo()
    sampled = STORED_WRITE._replace(sample=5_000)
    monkeypatch.setattr(shop.keys, "by_id", lambda: {sampled.id: sampled})
    done = replay(shop)
    assert 0 < done["accepted"] < 40 and done["still"] == 0
    assert {fact.name for fact in shop.running.log_facts()} == {"Seen"}


@pytest.mark.parametrize(("key", "may_read"), [(WRITE, True), (ADMIN, False)])
def test_pages_may_read_that_a_body_waits_unless_they_show_an_admin_key(
    shop: Talk, broken: Callable[[], None], key: str, may_read: bool
) -> None:
    headers = {"origin": "https://any.example"}
    told = shop.ask("/batch", "POST", key=key, headers=headers, body=KIT)
    assert told.status == 200
    assert ("access-control-allow-origin" in told.headers) is may_read


def test_a_body_that_fails_and_names_no_key_is_refused(
    shop: Talk, broken: Callable[[], None]
) -> None:
    wrong = {**KIT, "api_key": "tb_write_00000000_00"}
    assert shop.ask("/batch", "POST", key=None, body=wrong).status == 400
    assert kept(shop) == []


def test_a_whole_body_is_not_kept_where_people_have_to_agree_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(posthog, "_messages", failing)
    with talk("purposes: {watching: {collect: asked}}") as shop:
        assert shop.ask("/batch", "POST", key=WRITE, body=KIT).status == 400
        assert kept(shop) == []


def test_what_waited_for_too_long_is_gone_when_somebody_looks(planned: Talk) -> None:
    send(planned, {"event": "Seen"})
    planned.now_us += 30 * DAY
    assert len(kept(planned)) == 1
    planned.now_us += 1
    assert kept(planned) == []
    assert replay(planned)["still"] == 0


def test_only_who_may_do_everything_may_look(planned: Talk) -> None:
    assert planned.ask("/v1/quarantine", key=WRITE).status == 403
    assert planned.ask("/v1/quarantine/replay", "POST", key=WRITE, body={}).status == 403


def test_the_secret_of_a_key_is_not_kept_with_a_message(planned: Talk) -> None:
    planned.ask(
        "/v1/track", "POST", key=None, body={"event": "Seen", "userId": "a", "writeKey": WRITE}
    )
    assert WRITE.rpartition("_")[2] not in kept(planned)[0]["raw"]
    planned.plan = read_plan({})
    assert replay(planned)["accepted"] == 1


def test_a_key_with_a_sample_takes_whole_people_and_what_they_agree_to(shop: Talk) -> None:
    people = [f"visitor-{n}" for n in range(200)]
    sampled = STORED_WRITE._replace(sample=1_000)
    shop.keys._keys, shop.keys._read_us = {sampled.id: sampled}, shop.now_us
    results = send(shop, *({"event": e, "userId": p} for e in ("Seen", "Bought") for p in people))
    seen, bought = statuses(results[:200]), statuses(results[200:])
    assert seen == bought
    assert set(seen) == {"accepted", "sampled"}
    assert 5 <= seen.count("accepted") <= 40
    left_out = people[seen.index("sampled")]
    consent = {
        "event": "$consent",
        "userId": left_out,
        "properties": {"purpose": "x", "granted": True},
    }
    assert statuses(send(shop, consent)) == ["accepted"]


def test_a_key_with_a_limit_is_asked_to_come_later_and_others_are_not(shop: Talk) -> None:
    limited = STORED_WRITE._replace(per_minute=2)
    shop.keys._keys = {limited.id: limited, STORED_ADMIN.id: STORED_ADMIN}
    shop.keys._read_us = shop.now_us
    send(shop, {"event": "Seen"}, {"event": "Seen"})
    body = {"event": "Seen", "userId": "ann"}
    told = shop.ask("/v1/track", "POST", key=WRITE, body=body)
    assert (told.status, told.headers["retry-after"]) == (429, "30")
    assert shop.ask("/v1/track", "POST", key=ADMIN, body=body).status == 200
    agreed = {"event": "$consent", "properties": {"purpose": "x", "granted": True}}
    assert statuses(send(shop, agreed)) == ["accepted"]
    assert len(facts(shop)) == 4


@pytest.mark.parametrize("number", [2**63, -1, 10**30])
def test_a_number_that_no_message_can_have_is_refused(shop: Talk, number: int) -> None:
    for path, body in (
        ("replay", {"numbers": [number]}),
        ("replay", {"after": number}),
        ("drop", {"numbers": [number]}),
    ):
        told = shop.ask(f"/v1/quarantine/{path}", "POST", key=ADMIN, body=body)
        assert told.status == 400, told
