from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

from tests.edges.hooks.posting import NOW_S, arriving, forged, read, receipt

from tailorbird.edges.hooks import mailgun
from tailorbird.edges.hooks.mailgun import PROVIDER

KEY = "key-1"
SETTINGS = {"signing_key": KEY, "person": "user_id", "stops": ""}


def signed(event: Any, *, at_s: int = NOW_S, token: str = "t1", key: str = KEY) -> dict[str, Any]:
    signature = hmac.new(key.encode(), f"{at_s}{token}".encode(), sha256).hexdigest()
    said = {"timestamp": str(at_s), "token": token, "signature": signature}
    return {"signature": said, "event-data": event}


def event(kind: str, **more: Any) -> dict[str, Any]:
    said = {"event": kind, "id": f"e-{kind}", "timestamp": NOW_S + 0.25}
    message = {"headers": {"message-id": "m1@mg.example"}}
    return {**said, "recipient": "ann@example.com", "message": message, **more}


def test_each_event_becomes_a_receipt() -> None:
    same = {
        "at": "2024-05-01T10:00:00.25Z",
        "provider": "mailgun",
        "provider_message_id": "m1@mg.example",
    }
    delivered = event("delivered", tags=["welcome"], **{"user-variables": {"user_id": "u7"}})
    assert read(PROVIDER, arriving(signed(delivered), SETTINGS)) == [
        receipt("delivered", "e-delivered", "u7", message="welcome", **same)
    ]
    failed = event("failed", severity="permanent", campaigns=[{"name": "spring"}], reason="gone")
    assert read(PROVIDER, arriving(signed(failed), SETTINGS)) == [
        receipt(
            "bounced",
            "e-failed",
            message="spring",
            campaign="spring",
            reason="gone",
            bounce="permanent",
            **same,
        )
    ]
    robot = event("clicked", url="https://x.example/", **{"client-info": {"bot": "gmail"}})
    (clicked,) = read(PROVIDER, arriving(signed(robot), SETTINGS))
    assert clicked["context"] == {"active": False}
    assert clicked["properties"]["url"] == "https://x.example/"
    for left_out in (event("failed", severity="temporary"), event("stored")):
        assert read(PROVIDER, arriving(signed(left_out), SETTINGS)) == []


def test_a_request_is_taken_with_its_own_signature_alone_and_not_for_ever() -> None:
    told = event("delivered")
    assert forged(PROVIDER, arriving(signed(told, key="other"), SETTINGS)) != ""
    assert forged(PROVIDER, arriving({"event-data": told}, SETTINGS)) != ""
    changed = signed(told)
    changed["signature"]["token"] = "t2"
    assert forged(PROVIDER, arriving(changed, SETTINGS)) == "the signature is not right"
    eight_hours = signed(told, at_s=NOW_S - 8 * 3_600)
    assert forged(PROVIDER, arriving(eight_hours, SETTINGS)) == ""
    for at_s in (NOW_S - 10 * 3_600, NOW_S + 10 * 3_600):
        old = arriving(signed(told, at_s=at_s), SETTINGS)
        assert forged(PROVIDER, old) == "the signature is too old"


def test_a_token_is_good_for_one_body(monkeypatch: Any) -> None:
    memory: dict[str, bytes] = {}
    first = signed(event("delivered"))
    assert forged(PROVIDER, arriving(first, SETTINGS, memory=memory)) == ""
    assert forged(PROVIDER, arriving(first, SETTINGS, memory=memory)) == "", "tried again"
    other = signed(event("clicked"))
    assert "another body" in forged(PROVIDER, arriving(other, SETTINGS, memory=memory))
    monkeypatch.setattr(mailgun, "TOKENS", 2)
    for token in ("t2", "t3"):
        request = arriving(signed(event("opened"), token=token), SETTINGS, memory=memory)
        assert forged(PROVIDER, request) == ""
    assert sorted(memory) == ["t2", "t3"]
