from __future__ import annotations

from typing import Any

import pytest

from tailorbird.events.columns import FactColumns
from tailorbird.events.envelope import row_of_message
from tailorbird.events.refusals import RefusedError
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.kernel.facts import WORKSPACE
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.kernel.values import MISSING, read_tagged

AT = "2024-05-01T10:00:00Z"
AT_US = parse_instant(AT, zone("UTC"))


def fact(**message: Any) -> FactColumns:
    whole = {"messageId": "m", "userId": "ann", "timestamp": AT, **message}
    return FactColumns(*row_of_message(whole, "web", TimeReader(TimeForm())))


def reason(**message: Any) -> str:
    with pytest.raises(RefusedError) as error:
        fact(**message)
    return str(error.value)


def test_a_track_call_is_an_act_under_its_own_name() -> None:
    found = fact(type="track", event="Seen", properties={"x": 1}, context={"ip": "::1"})
    assert found[:6] == ("ann", AT_US, "m", "Seen", True, True)
    assert found[6:] == ("web", None, '{"x":1}', '{"ip":"::1"}')


@pytest.mark.parametrize("call", ["page", "screen"])
def test_page_and_screen_calls_have_one_name_and_keep_theirs(call: str) -> None:
    found = fact(type=call, name="Home", category="Top", properties={"x": 1})
    assert found.name == f"{call.title()} Viewed"
    assert found.act
    assert read_tagged(str(found.properties)) == {"x": 1, "name": "Home", "category": "Top"}


def test_identify_group_and_alias_are_reserved_facts_and_no_acts() -> None:
    traits = fact(type="identify", traits={"age": 1, "gone": None})
    assert (traits.name, traits.properties, traits.act) == (
        "$traits",
        '{"age":1,"gone":null}',
        False,
    )
    group = fact(type="group", groupId="g1", traits={"size": 2})
    assert (group.name, group.properties) == ("$group", '{"size":2,"group":"g1"}')
    alias = fact(type="alias", previousId="bob")
    assert (alias.name, alias.subject, alias.properties) == ("$merge", "ann", '{"other":"bob"}')


def test_reserved_facts_are_track_calls_by_their_names() -> None:
    consent = fact(type="track", event="$consent", properties={"granted": True})
    assert (consent.name, consent.act, consent.subject) == ("$consent", False, "ann")
    setting = fact(type="track", event="$setting", userId=None, properties={"name": "zone"})
    assert (setting.subject, setting.act) == (WORKSPACE, False)


def test_only_a_click_on_a_message_is_an_act() -> None:
    for status, act in (("clicked", True), ("opened", False)):
        found = fact(type="track", event="$message", properties={"status": status})
        assert found.act is act
    hidden = fact(type="track", event="$message", properties={"x": {"status": "clicked"}})
    assert not hidden.act


def test_a_context_can_say_that_nobody_was_active() -> None:
    assert not fact(type="track", event="A", context={"active": False}).act
    assert fact(type="track", event="A", context={"app": {"active": False}}).act


def test_the_subject_is_the_first_identifier_there_is() -> None:
    message: dict[str, Any] = {"type": "track", "event": "A", "anonymousId": "a1"}
    assert fact(**message).subject == "ann"
    assert fact(**message, userId="").subject == "a1"
    assert fact(**message, userId=7_000_000).subject == "7"
    device = {"type": "track", "event": "A", "userId": None, "context": {"device": {"id": "d"}}}
    assert fact(**device).subject == "d"


def test_a_message_without_a_time_takes_the_time_it_was_received() -> None:
    found = fact(type="track", event="A", timestamp=None, receivedAt=AT)
    assert (found.time_us, found.known_us) == (AT_US, AT_US)


def test_a_message_without_an_id_says_so() -> None:
    found = fact(type="track", event="A", messageId=MISSING)
    assert found.id == ""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "track"}, "no event name"),
        ({"type": "track", "event": ""}, "no event name"),
        ({"type": "track", "event": 5}, "no event name"),
        ({"type": "track", "event": "$mergd"}, "did you mean '$merge'?"),
        ({"type": "trak", "event": "A"}, "no message type 'trak'; did you mean 'track'?"),
        ({}, "no message type None; known are alias"),
        ({"type": "alias"}, "an alias without previousId"),
        ({"type": "track", "event": "A", "userId": ""}, "no person"),
        ({"type": "track", "event": "A", "userId": [1]}, "no person"),
        ({"type": "track", "event": "A", "timestamp": None}, "neither timestamp nor receivedAt"),
        ({"type": "track", "event": "A", "timestamp": "soon"}, "implausible time 'soon'"),
        ({"type": "track", "event": "A", "timestamp": 5_000_000}, "implausible time '5'"),
        ({"type": "track", "event": "A", "properties": []}, "properties is no object"),
        ({"type": "track", "event": "A", "context": "x"}, "context is no object"),
        ({"type": "identify", "traits": 5}, "traits is no object"),
    ],
)
def test_a_message_that_is_no_fact_says_why(message: dict[str, Any], said: str) -> None:
    assert said in reason(**message)
