from __future__ import annotations

import json

from tailorbird.delivery.announcing import announcements, message_id
from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint
from tailorbird.kernel.values import MISSING
from tailorbird.language.definitions import PERSONAS
from tailorbird.segments.membership import Turned

CRM = Endpoint("crm", "https://a.example", EVENTS, (), USUAL_CAUSES, 0)
SHOP = Endpoint("shop", "https://b.example", ("segment.left",), (), USUAL_CAUSES, 0)
AT_US = 1_704_085_200_250_000
ENTRIES = [
    Turned("ann", ("segment", "vip"), True, AT_US, 2, "event", 1),
    Turned("ann", PERSONAS, "Buyer", AT_US, 2, "event", 1),
    Turned("bob", ("segment", "vip"), False, AT_US, 3, "time", 2),
    Turned("bob", PERSONAS, MISSING, AT_US, 3, "time", 2),
    Turned("cid", ("segment", "vip"), True, AT_US, 3, "definition", 3),
]


def test_each_endpoint_gets_what_it_wants_in_the_order_of_the_record() -> None:
    found = announcements(ENTRIES, [CRM, SHOP])
    assert [(m.endpoint, m.event, m.subject) for m in found] == [
        ("crm", "segment.entered", "ann"),
        ("crm", "persona.changed", "ann"),
        ("crm", "segment.left", "bob"),
        ("shop", "segment.left", "bob"),
        ("crm", "persona.changed", "bob"),
    ]
    assert [json.loads(m.body) for m in found[:2]] == [
        {
            "type": "segment.entered",
            "timestamp": "2024-01-01T05:00:00.25Z",
            "data": {"person": "ann", "segment": "vip", "cause": "event", "position": 2},
        },
        {
            "type": "persona.changed",
            "timestamp": "2024-01-01T05:00:00.25Z",
            "data": {"person": "ann", "persona": "Buyer", "cause": "event", "position": 2},
        },
    ]
    assert json.loads(found[-1].body)["data"]["persona"] is None
    assert announcements(ENTRIES, []) == []


def test_ids_are_of_what_is_said_to_whom_and_of_nothing_else() -> None:
    again = [entry._replace(number=entry.number + 70) for entry in ENTRIES]
    found = announcements(ENTRIES, [CRM, SHOP])
    assert announcements(again, [CRM, SHOP]) == found
    assert len({m.id for m in found}) == len(found)
    later = announcements([entry._replace(at_us=AT_US + 1) for entry in ENTRIES], [CRM, SHOP])
    assert not {m.id for m in later} & {m.id for m in found}


def test_a_name_that_is_no_text_elsewhere_is_sent_escaped() -> None:
    (found,) = announcements([ENTRIES[0]._replace(subject="\ud800é.")], [CRM])
    assert found.body.isascii() and json.loads(found.body)["data"]["person"] == "\ud800é."
    assert "." not in found.id and found.id == message_id("crm", found.body)


def test_a_message_knows_what_for_and_whether_somebody_is_gone() -> None:
    purposes = {("segment", "vip"): ["b", "a"]}
    found = announcements(ENTRIES, [CRM], purposes)
    assert [(m.needed, m.about, m.is_exit) for m in found] == [
        (["a", "b"], "vip", False),
        ([], "", False),
        (["a", "b"], "vip", True),
        ([], "", True),
    ]
