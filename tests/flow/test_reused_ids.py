"""Reused ids are told like somebody would who remembers everything."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tailorbird.events.arriving import Arrived, arrived
from tailorbird.flow.reused_ids import ReusedIds
from tailorbird.kernel.instants import SECOND

NOW_US = 1_780_000_000 * SECOND
MESSAGE = {
    "type": "track",
    "event": "Seen",
    "userId": "ann",
    "messageId": "m1",
    "timestamp": "2026-05-01T10:00:00Z",
    "properties": {"price": 5},
}


def facts_of(messages: list[dict[str, Any]], now_us: int = NOW_US) -> Arrived:
    given = [(message, None) for message in messages]
    return arrived(given, {}, source="web", now_us=now_us, new_id=lambda: "new")


def told(reused: ReusedIds, *messages: dict[str, Any], known: set[str] | None = None) -> list[int]:
    """What is told of messages of one request; ``known``: ids that were there already."""
    facts = facts_of(list(messages))
    known, duplicates = set() if known is None else known, set()
    for row, id_ in enumerate(facts.columns.id):
        if id_ in known:
            duplicates.add(row)
        known.add(id_)
    return reused.among([(message, None) for message in messages], facts, duplicates)


def again(**other: Any) -> list[int]:
    """A message, and one with the same id that says something else."""
    reused, known = ReusedIds(), set[str]()
    told(reused, MESSAGE, known=known)
    return told(reused, {**MESSAGE, **other}, known=known)


def test_the_order_of_properties_says_nothing() -> None:
    said = {"price": 5, "a,b": "{", "more": {"x": [1, 2], "y": None}, "z": 'quo"ted'}
    for turned in (dict(reversed(said.items())), dict(sorted(said.items()))):
        reused, known = ReusedIds(), set[str]()
        told(reused, {**MESSAGE, "properties": said}, known=known)
        assert told(reused, {**MESSAGE, "properties": turned}, known=known) == []
        other = {**turned, "price": 6}
        assert told(reused, {**MESSAGE, "properties": other}, known=known) == [0]


@pytest.mark.parametrize(
    "other",
    [
        {"event": "Bought"},
        {"userId": "bob"},
        {"timestamp": "2026-05-01T10:00:01Z"},
        {"timestamp": None},
        {"properties": {"price": 6}},
        {"properties": {}},
        {"type": "page"},
    ],
)
def test_another_message_under_a_used_id_is_told(other: dict[str, Any]) -> None:
    assert again(**other) == [0]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"sentAt": "2026-05-01T10:00:07Z"},
        {"context": {"retryCount": 2}},
        {"integrations": {"All": False}, "receivedAt": "2026-05-01T10:00:09Z"},
    ],
)
def test_the_same_message_sent_again_is_none(other: dict[str, Any]) -> None:
    assert again(**other) == []


def test_messages_of_one_request_are_compared_in_their_order() -> None:
    other = {**MESSAGE, "event": "Bought"}
    assert told(ReusedIds(), MESSAGE, other, MESSAGE, other) == [1, 3]


def test_the_time_of_kits_that_send_two_is_the_one_that_counts() -> None:
    one = {**MESSAGE, "timestamp": None, "originalTimestamp": "2026-05-01T10:00:00Z"}
    other = {**one, "originalTimestamp": "2026-05-01T10:00:01Z"}
    assert told(ReusedIds(), one, one, other) == [2]


def test_whom_an_identify_call_links_counts_too_and_it_is_told_once() -> None:
    one = {"type": "identify", "userId": "ann", "anonymousId": "v1", "messageId": "m1"}
    assert told(ReusedIds(), one, one, {**one, "anonymousId": "v2"}) == [2]
    assert told(ReusedIds(), one, {**one, "userId": "bob", "anonymousId": "v2"}) == [1]


def test_of_an_id_that_is_not_remembered_nothing_is_told() -> None:
    assert told(ReusedIds(), {**MESSAGE, "event": "Bought"}, known={"m1"}) == []
    reused, known = ReusedIds(places=1), set[str]()
    told(reused, MESSAGE, {**MESSAGE, "messageId": "m2"}, known=known)
    assert told(reused, {**MESSAGE, "event": "Bought"}, known=known) == []


@pytest.mark.parametrize("seed", range(20))
def test_it_is_as_if_everything_was_remembered(seed: int) -> None:
    numbers = dict[object, int]()

    def numbered(thing: object) -> int:
        """Another number for each thing: a hash lets some ids share a place by chance."""
        return numbers.setdefault(thing, len(numbers)) * (2**32 + 1)

    random, reused = Random(seed), ReusedIds(hash_=numbered)
    known, first = set[str](), dict[str, tuple[Any, ...]]()
    for _ in range(30):
        messages = [
            {
                **MESSAGE,
                "messageId": f"m{random.randrange(400)}",
                "event": random.choice(["Seen", "Bought"]),
                "userId": random.choice(["ann", "bob"]),
            }
            for _ in range(random.choice([1, 3, 40]))
        ]
        wanted = []
        for place, message in enumerate(messages):
            says = message["event"], message["userId"]
            if first.setdefault(str(message["messageId"]), says) != says:
                wanted.append(place)
        assert told(reused, *messages, known=known) == wanted
