"""What is held of the newest messages, how much that is, and who is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tailorbird.events.arriving import arrived, without
from tailorbird.events.refusals import Refusal
from tailorbird.events.wire import read_batch, read_single
from tailorbird.flow.group_commit import Admitted
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.flow.seen_messages import Wanted
from tailorbird.governance.api_keys import make_key
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND

KEY, _ = make_key("web", "write", bytes(36), 0)
NOW_US = 1_700_000_000 * SECOND
ALL = Wanted()


class Shop:
    """Notes requests as the collector does."""

    def __init__(self, most_bytes: int = 10**9) -> None:
        self.now_us = NOW_US
        self.recent = RecentMessages(lambda: self.now_us, most_bytes)

    def send(
        self,
        *messages: Any,
        duplicates: Iterable[int] = (),
        refused: dict[int, Refusal] | None = None,
        text: bytes | None = None,
    ) -> None:
        body = read_batch(text or json.dumps({"batch": messages}).encode())
        facts = arrived(
            body.messages, body.shared, source="web", now_us=self.now_us, new_id=lambda: "new"
        )
        if refused:
            facts = without(facts, {**facts.refused, **refused})
        told = Admitted({}, frozenset(duplicates), 0)
        self.recent.note("batch", KEY, body, facts, told)

    def numbers(
        self, wanted: Wanted = ALL, before: int | None = None, most: int = 100
    ) -> list[int]:
        return [one.number for one in self.recent.newest(wanted, most, before)]


def track(who: str, event: str = "Seen", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": who, "messageId": f"m-{who}", **more}


def test_each_message_comes_with_what_became_of_it() -> None:
    shop = Shop()
    linked = {"type": "identify", "userId": "ann", "anonymousId": "v1", "messageId": "m0"}
    shop.send(
        linked, track("bob"), {"type": "track", "userId": "cid"}, track("dan"), duplicates=[2]
    )
    dan, cid, bob, ann = shop.recent.newest(ALL, 10)
    assert [one.status for one in (ann, bob, cid, dan)] == [
        "accepted",
        "duplicate",
        "rejected",
        "accepted",
    ]
    assert (ann.name, ann.subject, ann.id) == ("$traits", "ann", "m0")
    assert (dan.name, dan.subject, dan.time_us, dan.id) == ("Seen", "dan", NOW_US, "m-dan")
    assert cid.refusal == Refusal("name", "no event name")
    assert (cid.name, cid.subject, cid.time_us) == (None, "cid", None)
    assert json.loads(dan.text) == track("dan")
    assert {(one.call, one.key, one.source) for one in (ann, dan)} == {("batch", KEY.id, "web")}


def test_a_preview_is_shown_as_one_and_as_nothing_that_went_wrong() -> None:
    shop = Shop()
    shop.send(track("ann"), refused={0: Refusal("preview", "a preview")})
    (seen,) = shop.recent.newest(Wanted(statuses=["preview"]), 10)
    assert (seen.status, seen.name, seen.subject) == ("preview", "Seen", "ann")
    assert shop.numbers(Wanted(statuses=["rejected", "accepted"])) == []


def test_what_was_not_taken_of_an_accepted_message_is_told() -> None:
    shop = Shop()
    shop.send({**track("null"), "anonymousId": "v1"})
    [one] = shop.recent.newest(ALL, 10)
    assert one.status == "accepted" and one.subject == "v1"
    assert "identifies nobody" in (one.warning or "")


def test_they_can_be_chosen_and_come_page_after_page() -> None:
    shop = Shop()
    shop.send(track("ann"), {"type": "track", "userId": "ann"}, track("bob", "Bought"))
    shop.now_us += SECOND
    shop.send(track("ann"), track("bob"))
    assert shop.numbers() == [4, 3, 2, 1, 0]
    assert shop.numbers(before=3, most=2) == [2, 1]
    assert shop.numbers(Wanted(person="ann")) == [3, 1, 0]
    assert shop.numbers(Wanted(statuses={"rejected"})) == [1]
    assert shop.numbers(Wanted(name="Bought")) == [2]
    assert shop.numbers(Wanted(key="web")) == shop.numbers(Wanted(key=KEY.id)) == shop.numbers()
    assert shop.numbers(Wanted(key="other")) == []
    assert shop.numbers(Wanted(since_us=NOW_US + 1)) == [4, 3]
    assert shop.numbers(Wanted(person="ann", statuses={"accepted"}), before=3) == [0]


def test_the_oldest_go_when_there_are_too_many() -> None:
    shop = Shop()
    for _ in range(limits.WATCHED_MESSAGES // 100 + 3):
        shop.send(*[track(f"u{number}") for number in range(100)])
    assert shop.recent.next_number - shop.recent.first_number == limits.WATCHED_MESSAGES


@pytest.mark.parametrize("size", [50, 5_000])
def test_the_oldest_go_when_they_take_too_much_memory(size: int) -> None:
    shop = Shop(most_bytes=100_000)
    for number in range(300):
        shop.send(track(f"u{number}", properties={"text": "x" * size}))
    held = shop.recent.newest(ALL, 1_000)
    assert 0 < sum(one.length for one in held) <= 100_000
    assert held[0].subject == "u299"
    assert len(held) < 260


def test_without_memory_nothing_is_held() -> None:
    shop = Shop(most_bytes=0)
    shop.send(track("ann"))
    shop.recent.note_body("batch", KEY, b"{", Refusal("body", "no"))
    assert shop.numbers() == [] and shop.recent.next_number == 0


def test_of_who_did_not_agree_nothing_is_held_but_that_she_did_not() -> None:
    shop = Shop()
    no = Refusal("consent", "it may not be collected for ads: nothing said")
    shop.send(track("canary", secret="whisper"), track("bob"), refused={0: no})
    bob, canary = shop.recent.newest(ALL, 10)
    assert (canary.status, canary.refusal) == ("rejected", no)
    assert (canary.subject, canary.name, canary.id, canary.text, canary.length) == (
        *(None, None, None),
        *(b"", 0),
    )
    assert b"bob" in bob.text
    held = repr(shop.recent._requests)
    assert "canary" not in held and "whisper" not in held


def test_where_people_are_asked_nothing_is_held_at_which_the_program_failed() -> None:
    shop = Shop()
    body = read_batch(json.dumps({"batch": [track("canary")]}).encode())
    facts = arrived(body.messages, body.shared, source="w", now_us=0, new_id=lambda: "new")
    facts = without(facts, {0: Refusal("poison", "it failed")})
    told = Admitted({}, frozenset(), 0)
    shop.recent.note("batch", KEY, body, facts, told, ("consent", "poison"))
    [one] = shop.recent.newest(ALL, 10)
    assert (one.status, one.subject, one.text) == ("rejected", None, b"")


def test_the_secret_of_a_key_is_not_shown() -> None:
    secret = "0123456789abcdef" * 4
    shop, key = Shop(), f"tb_write_00000000_{secret}"
    plain = json.dumps({"pad": "", **track("ann"), "writeKey": key})
    room = limits.REJECT_BYTES - plain.index(secret)
    for pad in ("", *("x" * (room - shown) for shown in (1, 8, 40))):
        said = json.dumps({"pad": pad, **track("ann"), "writeKey": key}).encode()
        body = read_single(said)
        facts = arrived(body.messages, {}, source="web", now_us=0, new_id=lambda: "new")
        shop.recent.note("track", KEY, body, facts, Admitted({}, frozenset(), 0))
        [one] = shop.recent.newest(ALL, 1)
        assert b"tb_write_00000000_0" not in one.text
        assert one.length == len(said)


def test_of_a_large_message_the_beginning_is_shown() -> None:
    shop = Shop()
    shop.send(track("ann", properties={"text": "x" * 2 * limits.REJECT_BYTES}))
    [one] = shop.recent.newest(ALL, 1)
    assert len(one.text) == limits.REJECT_BYTES < one.length


def test_json_that_is_not_strict_is_shown_too() -> None:
    shop = Shop()
    shop.send(text=b'{"batch": [{"type":"track","event":"Seen","userId":"ann","p":NaN}]}')
    [one] = shop.recent.newest(ALL, 1)
    assert one.subject == "ann" and b'"event":"Seen"' in one.text


def test_a_body_in_which_no_messages_are_is_one_rejected_message() -> None:
    shop = Shop()
    shop.recent.note_body("batch", KEY, b"{", Refusal("body", "the body is no JSON"))
    [one] = shop.recent.newest(ALL, 10)
    assert (one.status, one.text, one.refusal) == (
        "rejected",
        b"{",
        Refusal("body", "the body is no JSON"),
    )


def test_whoever_goes_on_from_a_place_gets_what_came_behind_it_in_order() -> None:
    shop, woken = Shop(), []
    stop = shop.recent.listen(lambda: woken.append(1))
    shop.send(track("ann"), track("bob"))
    shop.send(track("ann", "Bought"))
    fresh = shop.recent.behind(1, ALL, 100)
    assert ([one.number for one in fresh.seen], fresh.next, fresh.missed) == ([1, 2], 3, 0)
    assert [one.number for one in shop.recent.behind(0, Wanted(person="ann"), 100).seen] == [0, 2]
    assert shop.recent.behind(3, ALL, 100) == ([], 3, 0)
    stop()
    shop.send(track("ann"))
    assert len(woken) == 2


def test_what_is_gone_or_too_much_is_counted_as_missed() -> None:
    shop = Shop()
    shop.send(*[track(f"u{number}") for number in range(10)])
    fresh = shop.recent.behind(2, ALL, 3)
    assert ([one.number for one in fresh.seen], fresh.missed) == ([7, 8, 9], 5)
    for _ in range(limits.WATCHED_MESSAGES // 1_000):
        shop.send(*[track(f"u{number}") for number in range(1_000)])
    fresh = shop.recent.behind(0, ALL, 10**6)
    assert (len(fresh.seen), fresh.missed) == (limits.WATCHED_MESSAGES, 10)
