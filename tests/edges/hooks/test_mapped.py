from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.edges.hooks.posting import NOW, NOW_S, arriving, forged, read

from tailorbird.edges.hooks.mapped import PROVIDER
from tailorbird.events.wire import UnreadableError
from tailorbird.kernel.errors import DefinitionError, InputError

MAPPING = """\
source: loyalty
person: member.id
time: at
event:
  column: kind
  names: {earned: Points Earned, spent: Points Spent}
id: id
properties:
  points: {column: points, type: number}
others: false
"""
SECRET = "whsec_" + b64encode(b"s" * 24).decode()
SETTINGS = {
    "mapping": MAPPING,
    "secret": SECRET,
    "signature": "standard",
    "header": "X-Signature",
    "items": "",
}
EARNED = {"id": "e1", "kind": "earned", "at": NOW, "points": "12.5", "member": {"id": "m7"}}


def signed(body: Any, scheme: str = "sha256-hex", **changed: str) -> Any:
    raw = json.dumps(body).encode()
    digest = hmac.new(SECRET.encode(), raw, sha256).digest()
    said = digest.hex() if scheme == "sha256-hex" else b64encode(digest).decode()
    return arriving(raw, {**SETTINGS, "signature": scheme, **changed}, {"x-signature": said})


def test_objects_become_the_facts_that_a_mapping_makes_of_them() -> None:
    (message,) = read(PROVIDER, signed(EARNED))
    assert message == {
        "type": "track",
        "event": "Points Earned",
        "userId": "m7",
        "messageId": "e1",
        "timestamp": NOW,
        "properties": {"points": 12_500_000},
        "context": {},
    }
    two = {"data": {"events": [EARNED, {**EARNED, "id": "e2"}, {"kind": "earned"}, 7]}}
    found = PROVIDER.read(signed(two, items="data.events"))
    assert [m["messageId"] for m, fault in found if fault is None and isinstance(m, dict)] == [
        "e1",
        "e2",
    ]
    faults = [fault.says for _, fault in found if fault is not None]
    assert faults == ["an item is no JSON object", "no time"]


def test_a_request_that_comes_again_has_the_same_ids() -> None:
    without = MAPPING.replace("id: id\n", "")
    first = read(PROVIDER, signed([EARNED, EARNED], mapping=without))
    assert first == read(PROVIDER, signed([EARNED, EARNED], mapping=without))
    assert len({message["messageId"] for message in first}) == 2


def test_standard_webhooks_are_signed_as_their_own_library_signs() -> None:
    library = Webhook(SECRET)
    from datetime import UTC, datetime

    body = json.dumps(EARNED)
    at = datetime.fromtimestamp(NOW_S, UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(NOW_S),
        "webhook-signature": "v1,other " + library.sign("msg_1", at, body),
    }
    assert forged(PROVIDER, arriving(body.encode(), SETTINGS, headers)) == ""
    late = {"now_us": (NOW_S + 301) * 1_000_000}
    assert "too long ago" in forged(PROVIDER, arriving(body.encode(), SETTINGS, headers, **late))
    for name in headers:
        changed = {**headers, name: headers[name] + "0"}
        assert forged(PROVIDER, arriving(body.encode(), SETTINGS, changed)) != ""
    assert forged(PROVIDER, arriving(body.encode() + b" ", SETTINGS, headers)) != ""


def test_other_signatures_are_hexadecimal_or_base_64_or_a_shared_secret() -> None:
    for scheme in ("sha256-hex", "sha256-base64"):
        assert forged(PROVIDER, signed(EARNED, scheme)) == ""
    other = {"secret": "other"}
    assert forged(PROVIDER, signed(EARNED, **other)) == "the signature is not right"
    settings = {**SETTINGS, "signature": "header", "header": "X-Token"}
    assert forged(PROVIDER, arriving(EARNED, settings, {"x-token": SECRET})) == ""
    assert forged(PROVIDER, arriving(EARNED, settings, {"x-token": "other"})) != ""
    github = signed(EARNED)
    prefixed = {"X-Signature": "sha256=" + github.header(b"x-signature")}
    settings = {**SETTINGS, "signature": "sha256-hex"}
    assert forged(PROVIDER, arriving(github.body, settings, prefixed)) == ""


def test_a_body_without_the_list_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match=r"there is no list at 'data\.events'"):
        PROVIDER.read(signed(EARNED, items="data.events"))


def test_settings_that_cannot_be_used_are_refused_when_they_are_given() -> None:
    PROVIDER.settle(SETTINGS)
    with pytest.raises(InputError, match="did you mean 'sha256-hex'"):
        PROVIDER.settle({**SETTINGS, "signature": "sha256hex"})
    with pytest.raises(DefinitionError, match="mapping:1:1: a mapping needs `person`"):
        PROVIDER.settle({**SETTINGS, "mapping": "source: x\n"})
    with pytest.raises(InputError, match="one for JSON objects"):
        PROVIDER.settle({**SETTINGS, "mapping": MAPPING + "format: csv\n"})
    with pytest.raises(InputError, match="goes on in base 64"):
        PROVIDER.settle({**SETTINGS, "secret": "whsec_!"})
