"""Messages over the network: clocks put right, visitors linked to users, reserved names kept."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tailorbird.events.arriving import Arrived, _Maker, arrived
from tailorbird.events.columns import facts_of
from tailorbird.kernel import limits
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import SECOND, parse_instant, zone
from tailorbird.kernel.values import MISSING, UNIT, IdNumber

NOW = "2024-05-01T10:00:00Z"


def instant(text: str) -> int:
    at_us = parse_instant(text, zone("UTC"))
    assert at_us is not None
    return at_us


def take(*messages: Any, trusted: bool = False, **shared: Any) -> Arrived:
    return arrived(
        [(message, None) for message in messages],
        shared,
        source="web",
        now_us=instant(NOW),
        new_id=iter(("new-1", "new-2")).__next__,
        trusted=trusted,
    )


def facts(found: Arrived) -> list[Fact]:
    assert not found.refused
    return facts_of(found.columns, range(found.columns.length))


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m1", **more}


def test_a_message_is_a_fact_of_the_source_that_becomes_known_when_it_is_stored() -> None:
    [fact] = facts(take(track(properties={"price": 2 * UNIT}, context={"ip": "x"})))
    assert fact[:6] == ("ann", instant(NOW), "m1", "Seen", {"price": 2 * UNIT}, {"ip": "x"})
    assert (fact.act, fact.active, fact.source, fact.known_us) == (True, True, "web", None)


def test_what_a_client_says_of_the_receipt_does_not_count() -> None:
    [fact] = facts(take(track(receivedAt="2001-01-01T00:00:00Z")))
    assert (fact.time_us, fact.known_us) == (instant(NOW), None)


@pytest.mark.parametrize(
    ("timestamp", "sent", "time"),
    [
        ("2024-05-01T09:00:00Z", None, "2024-05-01T09:00:00Z"),
        ("2024-05-01T09:00:00Z", "2024-05-01T09:30:00Z", "2024-05-01T09:30:00Z"),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:05Z", "2024-05-01T09:59:55Z"),
        ("2024-05-01T09:00:00Z", "nonsense", "2024-05-01T09:00:00Z"),
    ],
)
def test_a_clock_is_put_right_by_the_time_of_sending(
    timestamp: str, sent: str | None, time: str
) -> None:
    message = track(timestamp=timestamp)
    assert facts(take(message, sentAt=sent))[0].time_us == instant(time)
    assert facts(take({**message, "sentAt": sent}))[0].time_us == instant(time)


def test_a_time_after_now_becomes_now_and_is_kept_beside_it() -> None:
    [fact] = facts(take(track(timestamp="2024-05-01T10:00:01Z", context={"a": "b"})))
    assert fact.time_us == instant(NOW)
    assert fact.context == {"a": "b", "originalTimestamp": "2024-05-01T10:00:01Z"}


def test_a_clock_that_leads_out_of_all_time_is_refused() -> None:
    found = take(track(timestamp="1995-01-01T00:00:00Z", sentAt="2099-01-01T00:00:00Z"))
    assert "put right by sentAt" in found.refused[0].says


def test_a_message_without_an_id_gets_a_new_one_that_is_told() -> None:
    found = take(track(), track(messageId=None))
    assert [fact.id for fact in facts(found)] == ["m1", "new-1"]
    assert found.new_ids == {1: "new-1"}


def test_identify_with_both_ids_gives_traits_and_a_link() -> None:
    message = {"type": "identify", "userId": "ann", "anonymousId": "v1", "messageId": "m"}
    traits, link = facts(take({**message, "traits": {"city": "Leeds"}}))
    assert (traits.name, traits.subject, traits.properties) == ("$traits", "ann", {"city": "Leeds"})
    assert (link.name, link.subject, link.id) == ("$merge", "ann", "m$merge")
    assert link.properties == {"other": "v1"}
    assert not traits.act
    assert not link.act


@pytest.mark.parametrize(("user", "visitor"), [("ann", None), (None, "v1"), ("ann", "ann")])
def test_identify_with_one_id_links_nobody(user: str | None, visitor: str | None) -> None:
    message = {"type": "identify", "userId": user, "anonymousId": visitor, "messageId": "m"}
    assert [fact.name for fact in facts(take(message))] == ["$traits"]


def test_alias_links_two_ids() -> None:
    [fact] = facts(take({"type": "alias", "previousId": "v1", "userId": "ann"}))
    assert (fact.name, fact.subject, fact.properties) == ("$merge", "ann", {"other": "v1"})


def test_a_write_key_says_who_consents_and_nothing_else_that_is_reserved() -> None:
    assert facts(take(track(event="$consent", properties={"purpose": "ads"})))
    for name in ("$setting", "$figure", "$verdict", "$merge", "$traits"):
        assert "admin key" in take(track(event=name, properties={"other": "b"})).refused[0].says
    assert facts(take(track(event="$verdict"), trusted=True))[0].name == "$verdict"


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (track(userId="$workspace"), "is no person"),
        ({"type": "alias", "userId": "ann", "previousId": "$workspace"}, "is no person"),
        ({"type": "identify", "userId": "ann", "anonymousId": "$workspace"}, "is no person"),
        ({"type": "alias", "userId": "ann", "previousId": "x" * 513}, "other identifier"),
        ({"type": "x" * 100_000, "userId": "ann"}, "no message type"),
        (track(timestamp="x" * 100_000), "implausible time"),
        (track(messageId="x" * 513), "message id"),
        (track(properties=[]), "no object"),
        ("text", "JSON object"),
    ],
)
def test_what_cannot_be_a_fact_says_why_in_few_words(message: Any, says: str) -> None:
    found = take(track(), message)
    assert found.columns.length == 1
    assert says in found.refused[1].says
    assert len(found.refused[1].says) <= 200


def test_a_message_is_stored_with_all_its_facts_or_not_at_all() -> None:
    traits = {str(number): number for number in range(limits.PROPERTIES + 1)}
    both = {"type": "identify", "userId": "ann", "anonymousId": "v1"}
    long_id = "x" * limits.ID_CHARACTERS
    found = take({**both, "traits": traits, "messageId": "m"}, {**both, "messageId": long_id})
    assert found.columns.length == 0
    assert sorted(found.refused) == [0, 1]


def test_72_hours_offline_keep_their_times() -> None:
    sent = "2024-05-01T09:59:50Z"
    [fact] = facts(take(track(timestamp="2024-04-28T10:00:00Z"), sentAt=sent))
    assert fact.time_us == instant("2024-04-28T10:00:00Z") + 10 * SECOND


def told_by(chance: Random) -> Any:
    """A message near to the usual form, which may be at fault in many ways."""
    message: dict[Any, Any] = {
        "type": chance.choice((*["track"] * 9, "page", "identify", 5)),
        "event": chance.choice((*["Seen"] * 9, "$consent", "$x", "", "n" * 300, 7)),
        "userId": chance.choice((*["ann"] * 9, "null", "", 7 * UNIT, "$workspace", None, MISSING)),
        "anonymousId": chance.choice(("v1", "undefined", None)),
        "messageId": chance.choice((*["m1"] * 9, "", 5 * UNIT, None, "i" * 600)),
        "timestamp": chance.choice((None, "2024-05-01T09:00:00Z", "2034-05-01T09:00:00Z", "x", 5)),
        "originalTimestamp": chance.choice((None, "2024-05-01T08:00:00Z")),
        "sentAt": chance.choice((None, "2024-05-01T09:59:00Z")),
        "properties": chance.choice(
            (None, {}, {"a": UNIT}, {"a": MISSING}, {"#": IdNumber("1" * 20)}, "no")
        ),
        "context": chance.choice(
            (None, {}, {"active": False}, {"device": {"id": "d"}}, {"a": MISSING}, MISSING, [1])
        ),
    }
    for key in list(message):
        if not chance.randrange(12):
            del message[key]
    return message


def test_the_usual_form_is_read_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(20240501)
    told = [told_by(chance) for _ in range(3_000)]
    usual = []

    def each() -> list[Any]:
        return [take(message, sentAt="2024-05-01T09:58:00Z") for message in told]

    with monkeypatch.context() as patched:
        read = _Maker.usual
        patched.setattr(_Maker, "usual", lambda *given: usual.append(read(*given)) or usual[-1])
        quick = each()
    monkeypatch.setattr(_Maker, "usual", lambda *_: None)
    assert quick == each()
    assert sum(row is not None for row in usual) > 100
