from __future__ import annotations

from typing import Any

from tests.edges.hooks.posting import NOW_S, arriving, forged, read, receipt

from tailorbird.edges.hooks.brevo import PROVIDER

SETTINGS = {"token": "s3cret", "person": "user_id"}
LOGIN = {"Authorization": "Bearer s3cret"}


def event(kind: str, **more: Any) -> dict[str, Any]:
    said = {"event": kind, "email": "ann@example.com", "message-id": "<m1@brevo>"}
    return {**said, "ts_event": NOW_S, "tags": ["welcome"], **more}


def posted(told: Any) -> list[Any]:
    return read(PROVIDER, arriving(told, SETTINGS, LOGIN))


def test_each_event_becomes_a_receipt_with_the_same_id_each_time() -> None:
    (first,) = posted(event("delivered"))
    same = {"provider": "brevo", "provider_message_id": "<m1@brevo>", "message": "welcome"}
    assert first == receipt("delivered", first["messageId"], **same)
    assert posted(event("delivered")) == [first]
    (later,) = posted(event("delivered", ts_event=NOW_S + 1))
    assert later["messageId"] != first["messageId"]
    (clicked,) = posted(event("click", link="https://x.example/"))
    assert clicked["properties"]["url"] == "https://x.example/"
    (bounced,) = posted(event("soft_bounce", reason="full"))
    assert (bounced["properties"]["bounce"], bounced["properties"]["reason"]) == ("soft", "full")
    (campaign,) = posted({**event("opened"), "campaign name": "spring", "camp_id": 4})
    assert campaign["properties"]["message"] == campaign["properties"]["campaign"] == "spring"
    (machine,) = posted(event("proxy_open"))
    assert machine["context"] == {"active": False}
    assert posted(event("contact_updated")) == []


def test_the_shop_s_own_data_says_who_as_json_or_as_pairs() -> None:
    for own in ('{"user_id": "u7"}', "shop:7|user_id:u7"):
        (told,) = posted(event("delivered", **{"X-Mailin-custom": own}))
        assert told["userId"] == "u7"
    for own in ("{broken", "nothing", 7):
        (told,) = posted(event("delivered", **{"X-Mailin-custom": own}))
        assert told["userId"] == "ann@example.com"


def test_a_request_shows_itself_by_its_token() -> None:
    assert forged(PROVIDER, arriving(event("click"), SETTINGS, LOGIN)) == ""
    for said in ("Bearer other", "Bearer ", "Basic czNjcmV0", "s3cret"):
        request = arriving(event("click"), SETTINGS, {"Authorization": said})
        assert forged(PROVIDER, request) != ""
