from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.edges.hooks.posting import NOW_S, arriving, forged, read, receipt

from tailorbird.edges.hooks.sendgrid import PROVIDER
from tailorbird.events.wire import UnreadableError
from tailorbird.kernel.errors import InputError
from tailorbird.ports.hooks import Arriving

KEY = ec.generate_private_key(ec.SECP256R1())
DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SETTINGS = {"public_key": b64encode(DER).decode(), "person": "user_id", "stops": ""}


def signed(events: Any, *, key: Any = KEY, **changed: str) -> Arriving:
    body = json.dumps(events).encode()
    signature = b64encode(key.sign(str(NOW_S).encode() + body, ec.ECDSA(SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": str(NOW_S),
    }
    return arriving(body, {**SETTINGS, **changed}, headers)


def event(kind: str, **more: Any) -> dict[str, Any]:
    said = {"email": "ann@example.com", "timestamp": NOW_S, "event": kind}
    return {**said, "sg_event_id": f"e-{kind}", "sg_message_id": "m1", **more}


def test_each_event_becomes_a_receipt() -> None:
    same = {"provider": "sendgrid", "provider_message_id": "m1", "message": "welcome"}
    events = [
        event("delivered", category=["welcome", "new"]),
        event("click", category="welcome", url="https://shop.example/x", user_id="u7"),
        event("bounce", category="welcome", reason="550 gone", type="bounce"),
        event("deferred"),
        event("group_resubscribe"),
    ]
    assert read(PROVIDER, signed(events)) == [
        receipt("delivered", "e-delivered", **same),
        receipt("clicked", "e-click", "u7", url="https://shop.example/x", **same),
        receipt("bounced", "e-bounce", reason="550 gone", bounce="bounce", **same),
    ]


def test_a_program_that_opens_mails_is_no_person_who_does() -> None:
    (opened,) = read(PROVIDER, signed([event("open", sg_machine_open=True)]))
    assert opened["properties"]["machine"] is True
    assert opened["context"] == {"active": False}


def test_who_unsubscribes_denies_the_purpose_that_the_hook_stops() -> None:
    (told,) = read(PROVIDER, signed([event("unsubscribe")]))
    assert told["properties"]["status"] == "unsubscribed"
    _, denied = read(PROVIDER, signed([event("spamreport")], stops="marketing"))
    assert (denied["event"], denied["messageId"]) == ("$consent", "e-spamreport:consent")
    assert denied["properties"] == {"purpose": "marketing", "granted": False}
    assert len(read(PROVIDER, signed([event("delivered")], stops="marketing"))) == 1


def test_a_request_is_taken_with_its_own_signature_alone() -> None:
    good = signed([event("delivered")])
    assert forged(PROVIDER, good) == ""
    other = ec.generate_private_key(ec.SECP256R1())
    assert forged(PROVIDER, signed([event("delivered")], key=other)) != ""
    for name in (*good.headers,):
        changed = {**good.headers, name: b"1" + good.headers[name]}
        request = arriving(good.body, SETTINGS)
        assert forged(PROVIDER, request) == "the signature is not right"
        object.__setattr__(request, "headers", changed)
        assert forged(PROVIDER, request) == "the signature is not right"
    longer = arriving(good.body + b" ", SETTINGS)
    object.__setattr__(longer, "headers", good.headers)
    assert forged(PROVIDER, longer) == "the signature is not right"


def test_what_is_no_event_is_told_apart() -> None:
    found = PROVIDER.read(signed([event("delivered"), "x"]))
    assert [fault is None for _, fault in found] == [True, False]
    with pytest.raises(UnreadableError, match="the body is no list"):
        PROVIDER.read(signed({}))


def test_a_key_of_another_kind_is_refused_when_it_is_given() -> None:
    PROVIDER.settle(SETTINGS)
    pem = "-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----".format(**SETTINGS)
    PROVIDER.settle({"public_key": pem})
    long = rsa.generate_private_key(65537, 2048).public_key()
    other = long.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(InputError, match="no key of the curve P-256"):
        PROVIDER.settle({"public_key": b64encode(other).decode()})
    with pytest.raises(InputError, match="public_key is no key in base 64"):
        PROVIDER.settle({"public_key": "secret"})
