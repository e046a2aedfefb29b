"""A person is read as the live states have her, by any of her identifiers."""

from __future__ import annotations

import asyncio

import pytest
from tests.patience import PATIENCE_S
from tests.server.talking import NOW_US, READ, WRITE, Talk, ask, seen

from tailorbird.kernel import limits
from tailorbird.kernel.facts import MERGE, SETTING, TRAITS, WORKSPACE
from tailorbird.kernel.instants import DAY, HOUR, SECOND
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.server import reaching


def test_a_profile_has_everything_that_is_known(shop: Talk) -> None:
    shop.take_in(
        seen("ann", "m1"),
        seen("ann", "m2", at_us=NOW_US - HOUR),
        seen("ann", "m3", "Bought", price=12 * UNIT + UNIT // 2),
        seen("ann", "m4", TRAITS, age=30 * UNIT),
    )
    assert shop.get("/v1/profiles/ann") == {
        "person": "ann",
        "ids": ["ann"],
        "exists": True,
        "traits": {
            "age": 30,
            "seen": 2,
            "last_seen": "2023-11-14T21:13:20Z",
            "recency": "1h",
            "spent": 12.5,
        },
        "scores": {"interest": 4},
        "segments": ["buyer", "grown_up", "keen"],
        "persona": "Shopper",
        "at": "2023-11-14T22:13:20Z",
        "as_of": 4,
        "pending": False,
    }


def test_what_is_missing_is_null_and_not_left_out(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1", "Opened"))
    found = shop.get("/v1/profiles/ann?fields=traits,persona,scores,segments")
    assert found == {
        "person": "ann",
        "traits": {"seen": 0, "last_seen": None, "recency": None, "spent": 0},
        "scores": {"interest": 0},
        "segments": [],
        "persona": None,
    }


def test_user_id_anonymous_id_and_device_are_one_person_once_linked(shop: Talk) -> None:
    for body in (
        {"type": "track", "anonymousId": "v1", "event": "Seen", "messageId": "m1"},
        {"type": "track", "event": "Seen", "messageId": "m2", "context": {"device": {"id": "d/1"}}},
        {"type": "identify", "userId": "ann@x.org", "anonymousId": "v1", "messageId": "m3"},
        {"type": "alias", "userId": "ann@x.org", "previousId": "d/1", "messageId": "m4"},
    ):
        message = {"batch": [body]}
        assert shop.ask("/v1/batch", "POST", key=WRITE, body=message).status == 200
    shop.running.run_to(shop.now_us)
    by_user = shop.get("/v1/profiles/ann%40x.org")
    assert by_user["ids"] == ["ann@x.org", "d/1", "v1"]
    assert by_user["traits"]["seen"] == 2
    assert shop.get("/v1/profiles/v1") == by_user == shop.get("/v1/profiles/d%2F1")
    assert shop.ask("/v1/profiles/d/1").status == 404


def test_only_the_fields_that_are_asked_for_are_told(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    assert shop.get("/v1/profiles/ann?fields=persona") == {"person": "ann", "persona": None}
    both = shop.get("/v1/profiles/ann?fields=exists&fields=ids,as_of")
    assert both == {"person": "ann", "exists": True, "ids": ["ann"], "as_of": 1}
    told = shop.ask("/v1/profiles/ann?fields=trait")
    assert told.status == 400
    assert told.said == {"error": "fields has no value 'trait'; did you mean 'traits'?"}


def test_whoever_nobody_is_known_by_is_not_found(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    told = shop.ask("/v1/profiles/Ann")
    assert told.status == 404 and "upper and lower case" in told.said["error"]


def test_a_tag_lasts_until_something_happens_to_the_person(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1", "Bought"), seen("bob", "m2"))
    path = "/v1/profiles/ann?fields=segments,persona,at,as_of"
    tag = shop.ask(path).headers["etag"]
    shop.now_us += SECOND
    shop.take_in(seen("bob", "m3"))
    assert shop.ask(path, headers={"if-none-match": tag}).status == 304
    shop.take_in(seen("ann", "m4"), seen("ann", "m5"))
    assert shop.ask(path, headers={"if-none-match": tag}).status == 200


def test_time_alone_moves_a_profile_along(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"), seen("ann", "m2"))
    assert shop.get("/v1/profiles/ann")["segments"] == ["keen"]
    shop.now_us += 6 * DAY - 1
    assert shop.get("/v1/profiles/ann")["segments"] == ["keen"]
    shop.now_us += 1
    assert shop.get("/v1/profiles/ann")["segments"] == []


def test_whoever_wrote_reads_it(shop: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "PATIENCE_S", PATIENCE_S)
    shop.take_in(seen("ann", "m1"))
    shop.running.accept(seen("ann", "m2"), now_us=shop.now_us)

    async def later() -> int:
        path, headers = "/v1/profiles/ann?min_position=2", {"authorization": f"Bearer {READ}"}
        reading = asyncio.create_task(ask(shop.app, path, "GET", headers))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await asyncio.to_thread(shop.running.run_to, shop.now_us)
        shop.serving.move()
        told = await reading
        assert told.status == 200
        return int(told.said["traits"]["seen"])

    assert shop.run(later()) == 2


def test_whoever_cannot_be_shown_what_she_wrote_is_told_to_come_again(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "PATIENCE_S", 0.01)
    shop.take_in(seen("ann", "m1"))
    shop.running.accept(seen("ann", "m2"), now_us=shop.now_us)
    for path in ("/v1/profiles/ann", "/v1/profiles/zoe", "/v1/segments/keen/members"):
        told = shop.ask(f"{path}?min_position=2")
        assert (told.status, told.headers["retry-after"]) == (503, "1"), path
    body = {"ids": ["ann"], "min_position": 2}
    assert shop.ask("/v1/profiles", "POST", body=body).status == 503


def test_a_person_whose_history_is_read_again_is_not_taken_for_current(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "PATIENCE_S", 0.01)
    shop.take_in(seen("ann", "m1"))
    zone = seen(WORKSPACE, "m2", SETTING, name="zone", value="Europe/Berlin")
    shop.running.accept(zone, seen("ann", "m3"), now_us=shop.now_us)
    shop.running.live.advance(shop.now_us)
    found = shop.get("/v1/profiles/ann")
    assert found["as_of"] < 3 and found["pending"] is True
    assert shop.get(f"/v1/profiles/ann?min_position={found['as_of']}") == found
    assert shop.ask("/v1/segments/keen/members?min_position=3").status == 200
    assert shop.ask("/v1/profiles/ann?min_position=3").status == 503
    shop.running.run_to(shop.now_us)
    assert shop.get("/v1/profiles/ann?min_position=3")["traits"]["seen"] == 2


def test_what_a_failed_commit_had_taken_in_is_not_there(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "PATIENCE_S", 0.01)
    shop.running.accept(seen("ann", "m1"), now_us=shop.now_us)
    at_the_end = []

    def stop(*_: object) -> None:
        live = shop.running.live
        at_the_end.append((live.position, live.committed))
        raise OSError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(shop.running.store, "put_meta", stop)
        with pytest.raises(OSError, match="no disk"):
            shop.running.live.advance(shop.now_us)
    assert at_the_end == [(1, 0)]
    assert shop.ask("/v1/profiles/ann?min_position=1").status == 503
    shop.running.live.advance(shop.now_us)
    assert shop.ask("/v1/profiles/ann?min_position=1").status == 200


def test_many_people_are_read_as_each_one_alone(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"), seen("bob", "m2"), seen("bob", "m3", MERGE, other="v1"))
    body = {"ids": ["v1", "zoe", "ann", "v1"], "min_position": 3}
    told = shop.ask("/v1/profiles", "POST", body=body)
    assert told.status == 200
    assert told.said["profiles"] == [
        {"id": id_, "profile": None if id_ == "zoe" else shop.get(f"/v1/profiles/{id_}")}
        for id_ in body["ids"]
    ]
    chosen = shop.ask("/v1/profiles", "POST", body={"ids": ["ann"], "fields": ["persona"]})
    assert chosen.said["profiles"][0]["profile"] == {"person": "ann", "persona": None}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "the body is not what is taken here"),
        (b"[]", 400, "Expected `object`"),
        ({}, 400, "missing required field `ids`"),
        ({"ids": []}, 400, "$.ids"),
        ({"ids": [""]}, 400, "`$.ids[0]`"),
        ({"ids": [5]}, 400, "$.ids[0]"),
        ({"ids": ["a"], "field": []}, 400, "`field`"),
        ({"ids": ["a"], "fields": ["x"]}, 400, "$.fields[0]"),
        ({"ids": ["a"], "min_position": -1}, 400, "$.min_position"),
        ({"ids": ["a"] * (limits.ASKED_PEOPLE + 1)}, 400, "$.ids"),
        (b'{"ids": ["\\ud800"]}', 400, ""),
        (b"[" * 100_000, 400, ""),
        (b" " * (limits.ASKED_BYTES + 1), 413, "larger than 1,048,576 bytes"),
    ],
)
def test_a_body_that_is_not_good_is_told_where(
    shop: Talk, body: object, status: int, says: str
) -> None:
    told = shop.ask("/v1/profiles", "POST", body=body)
    assert told.status == status, told
    assert says in told.said["error"]


def test_definitions_may_be_switched_while_somebody_reads(shop: Talk) -> None:
    shop.take_in(*(seen(f"p{n}", f"m{n}") for n in range(20)))
    plans = [
        live.plan(load_text(f"scores: {{{name}: {{points: {{Seen: 2}}}}}}").definitions)
        for name in ("one", "two")
    ]

    async def both() -> list[int]:
        headers = {"authorization": f"Bearer {READ}"}
        switching = asyncio.create_task(asyncio.to_thread(switch))
        statuses = []
        while not switching.done():
            statuses.append((await ask(shop.app, "/v1/profiles/p3", "GET", headers)).status)
        await switching
        return statuses

    def switch() -> None:
        for number in range(6):
            shop.running.adopt(plans[number % 2], shop.now_us)

    assert set(shop.run(both())) == {200}


def test_what_may_be_done_with_data_about_somebody_is_told_by_purpose(shop: Talk) -> None:
    at_us = NOW_US - 5 * SECOND
    said = {"purpose": "marketing", "granted": True, "expires": "2030-01-01T00:00:00Z"}
    shop.take_in(seen("ann", "m1"), seen("ann", "c1", "$consent", at_us, **said))
    shop.take_in(seen("ann", "c2", "$consent", at_us, purpose="analytics", granted=False))
    told = shop.get("/v1/profiles/ann?fields=consent")["consent"]
    at = "2023-11-14T22:13:15Z"
    assert told == {
        "analytics": {"may": False, "reason": "denied", "said": at, "until": None},
        "marketing": {
            "may": True,
            "reason": "granted",
            "said": at,
            "until": "2030-01-01T00:00:00Z",
        },
        "personalisation": {"may": False, "reason": "nothing said", "said": None, "until": None},
    }
    assert "consent" not in shop.get("/v1/profiles/ann")
