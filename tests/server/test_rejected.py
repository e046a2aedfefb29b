"""What the collector rejects can be read afterwards, by whoever may do everything."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.patience import PATIENCE_S
from tests.server.talking import ADMIN, STORED_WRITE, WRITE, Talk, talk

from tailorbird.kernel import limits


def rejects(shop: Talk, count: int, query: str = "") -> Any:
    """So many rejected messages, as soon as they are there."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = shop.get(f"/v1/rejects{query}", key=ADMIN)
        if len(found["rejects"]) >= count:
            return found
        shop.pause()
    raise AssertionError(found)


def send(shop: Talk, path: str, body: Any, key: str | None = WRITE) -> int:
    return shop.ask(path, "POST", key=key, body=body).status


def test_each_rejected_message_is_there_with_its_reason_and_what_was_sent(shop: Talk) -> None:
    good = {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m1"}
    bad = {"type": "track", "userId": "ann", "anonymousId": "v1", "price": 12.50}
    assert send(shop, "/v1/batch", {"batch": [good, bad, "text", good]}) == 200
    odd, named = rejects(shop, 2)["rejects"]
    assert (named["reason"], named["sort"], named["call"]) == ("no event name", "name", "batch")
    assert (named["person"], named["key"]) == ("ann", STORED_WRITE.id)
    assert named["source"] == STORED_WRITE.name == "web"
    assert json.loads(named["raw"]) == bad
    assert named["bytes"] == len(named["raw"])
    assert (odd["person"], odd["raw"], odd["sort"]) == (None, '"text"', "type")


@pytest.mark.parametrize(
    ("path", "body", "sort"),
    [
        ("/v1/track", {"event": "Seen"}, "person"),
        ("/v1/track", {"event": "Seen", "userId": "ann", "timestamp": "soon"}, "time"),
        ("/v1/t", {"event": "$verdict", "userId": "ann"}, "reserved"),
        ("/v1/track", {"event": "Seen", "userId": "a" * (limits.ID_CHARACTERS + 1)}, "size"),
        ("/v1/track", {"event": "\x00", "userId": "ann"}, "json"),
        ("/v1/track", b'{"event": "Seen", "userId": "\\ud800"}', "json"),
        ("/v1/track", b'{"event": "Seen", "userId": "ann", "messageId": "\\udfff"}', "json"),
        ("/v1/batch", b'{"batch": [{"type": "\\ud800", "userId": "\\ud800"}]}', "json"),
        ("/v1/batch", {"batch": [{"type": "trick"}]}, "type"),
        ("/v1/batch", {"batch": [float("nan"), {"event": "Seen"}]}, "type"),
        ("/v1/batch", {"batch": {}}, "body"),
        ("/v1/batch", b"{", "body"),
    ],
)
def test_reasons_are_of_a_few_sorts_which_are_counted(
    shop: Talk, path: str, body: Any, sort: str
) -> None:
    assert send(shop, path, body) == 400
    found = rejects(shop, 1)["rejects"]
    assert {one["sort"] for one in found} == {sort}
    told = shop.ask("/metrics").body.decode()
    assert f'tailorbird_rejected_total{{sort="{sort}"}} {len(found)}\n' in told
    assert "tailorbird_rejects_lost_total 0\n" in told


def test_of_a_large_message_the_beginning_is_kept(shop: Talk) -> None:
    body = {"userId": "ann", "properties": {"a": "x" * limits.REJECT_BYTES}}
    assert send(shop, "/v1/track", body) == 400
    [found] = rejects(shop, 1)["rejects"]
    assert len(found["raw"]) == limits.REJECT_BYTES < found["bytes"]


def test_they_come_page_after_page_and_by_sort(shop: Talk) -> None:
    for number in range(3):
        send(shop, "/v1/track", {"userId": f"u{number}"})
    send(shop, "/v1/track", {"event": "Seen"})
    first = rejects(shop, 2, "?limit=2")
    rejects(shop, 4)
    first = shop.get("/v1/rejects?limit=2", key=ADMIN)
    rest = shop.get(f"/v1/rejects?limit=2&before={first['next']}", key=ADMIN)
    numbers = [one["number"] for one in first["rejects"] + rest["rejects"]]
    assert (numbers, rest["next"]) == ([4, 3, 2, 1], None)
    assert len(shop.get("/v1/rejects?sort=name", key=ADMIN)["rejects"]) == 3


def test_who_may_not_send_leaves_nothing(shop: Talk) -> None:
    for key in (None, "tb_write_nobody_0"):
        assert send(shop, "/v1/batch", b"{", key) in (400, 401)
        assert send(shop, "/v1/track", {"userId": "ann"}, key) == 401
    send(shop, "/v1/track", {"userId": "last"})
    assert [one["person"] for one in rejects(shop, 1)["rejects"]] == ["last"]


def test_who_did_not_agree_is_not_observed_and_nothing_of_it_is_kept() -> None:
    text = "purposes: {watching: {collect: asked}}\nsegments: {seen: did('Seen')}"
    with talk(text) as shop:
        event = {"type": "track", "event": "Seen", "userId": "canary", "messageId": "m1"}
        told = shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [event]})
        assert told.status == 400
        assert told.said["results"][0]["reason"].endswith("for watching: nothing said")
        [found] = rejects(shop, 1)["rejects"]
        assert (found["sort"], found["person"], found["raw"], found["bytes"]) == (
            "consent",
            None,
            "",
            0,
        )
        said = {"purpose": "watching", "granted": True}
        consent = {**event, "event": "$consent", "messageId": "m2", "properties": said}
        told = shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [consent]})
        assert told.status == 200
        told = shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [event, {}]})
        assert [one["status"] for one in told.said["results"]] == ["accepted", "rejected"]
        assert [fact.id for fact in shop.running.log_facts()] == ["m2", "m1"]


def test_the_secret_of_a_key_is_not_kept(shop: Talk) -> None:
    assert send(shop, "/v1/track", {"userId": "ann", "writeKey": ADMIN}, None) == 400
    [found] = rejects(shop, 1)["rejects"]
    secret = ADMIN.rpartition("_")[2]
    assert secret not in found["raw"]
    assert json.loads(found["raw"])["writeKey"] == ADMIN.replace(secret, "...")


def test_another_message_under_a_used_id_counts_once_and_is_shown(shop: Talk) -> None:
    one = {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m1"}
    other = {**one, "event": "Bought", "userId": "bob"}
    assert send(shop, "/v1/batch", {"batch": [one]}) == 200
    assert send(shop, "/v1/batch", {"batch": [one], "sentAt": "2026-05-01T10:00:00Z"}) == 200
    told = shop.ask("/v1/batch", "POST", key=WRITE, body={"batch": [other, one]})
    assert told.status == 200
    assert told.said["results"] == [{"status": "duplicate"}] * 2
    [found] = rejects(shop, 1)["rejects"]
    assert (found["sort"], found["person"]) == ("conflict", "bob")
    assert "messageId is that of another message" in found["reason"]
    assert json.loads(found["raw"]) == other
    assert [fact.name for fact in shop.running.log_facts()] == ["Seen"]
    assert 'rejected_total{sort="conflict"} 1\n' in shop.ask("/metrics").body.decode()
