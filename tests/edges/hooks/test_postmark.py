from __future__ import annotations

from typing import Any

import pytest
from tests.edges.hooks.posting import NOW, arriving, basic, forged, read, receipt

from tailorbird.edges.hooks.postmark import PROVIDER
from tailorbird.kernel.errors import InputError

SETTINGS = {"username": "postmark", "password": "s3cret", "person": "user_id"}
LOGIN = basic("postmark", "s3cret")


def record(kind: str, **more: Any) -> dict[str, Any]:
    return {"RecordType": kind, "MessageID": "m1", "Tag": "welcome", **more}


def posted(told: dict[str, Any]) -> list[Any]:
    return read(PROVIDER, arriving(told, SETTINGS, LOGIN))


def test_each_record_becomes_a_receipt_with_the_same_id_each_time() -> None:
    same = {
        "message": "welcome",
        "campaign": "welcome",
        "provider": "postmark",
        "provider_message_id": "m1",
    }
    delivery = record(
        "Delivery", Recipient="ann@example.com", DeliveredAt=NOW, Metadata={"user_id": "u7"}
    )
    id_ = f"Delivery:m1::{NOW}:ann@example.com:"
    assert posted(delivery) == posted(delivery) == [receipt("delivered", id_, "u7", **same)]
    bounce = record("Bounce", ID=42, Email="ann@example.com", BouncedAt=NOW, Type="HardBounce")
    id_ = f"Bounce:m1:42:{NOW}:ann@example.com:"
    assert posted({**bounce, "Description": "gone"}) == [
        receipt("bounced", id_, reason="gone", bounce="HardBounce", **same)
    ]
    click = record("Click", Recipient="a@b", ReceivedAt=NOW, OriginalLink="https://x.example/")
    assert posted(click)[0]["properties"]["url"] == "https://x.example/"
    change = record("SubscriptionChange", Recipient="a@b", ChangedAt=NOW, SuppressSending=True)
    assert posted(change)[0]["properties"]["status"] == "unsubscribed"
    assert posted({**change, "SuppressSending": False}) == []
    assert posted(record("Inbound")) == []


def test_a_request_shows_itself_by_user_and_password() -> None:
    told = record("Open")
    for headers in ({}, basic("postmark", "other"), basic("other", "s3cret"), basic("", "")):
        assert forged(PROVIDER, arriving(told, SETTINGS, headers)) != ""
    for said in ("Basic x", "Bearer s3cret", "Basic !!"):
        request = arriving(told, SETTINGS, {"Authorization": said})
        assert forged(PROVIDER, request) != ""
    assert forged(PROVIDER, arriving(told, SETTINGS, LOGIN)) == ""


@pytest.mark.parametrize(
    ("networks", "client", "is_good"),
    [
        ("203.0.113.0/24, 3.134.147.250", "203.0.113.9", True),
        ("203.0.113.0/24, 3.134.147.250", "3.134.147.250", True),
        ("203.0.113.0/24", "198.51.100.1", False),
        ("203.0.113.0/24", "", False),
        ("2001:db8::/32", "2001:db8::7", True),
    ],
)
def test_a_request_comes_from_the_networks_that_are_allowed(
    networks: str, client: str, is_good: bool
) -> None:
    settings = {**SETTINGS, "networks": networks}
    request = arriving(record("Open"), settings, LOGIN, client=client)
    assert (forged(PROVIDER, request) == "") == is_good


def test_what_is_no_network_is_refused_when_it_is_given() -> None:
    with pytest.raises(InputError, match="networks are addresses such as"):
        PROVIDER.settle({**SETTINGS, "networks": "postmark"})
