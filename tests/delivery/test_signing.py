from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tailorbird.delivery.signing import headers, secret_text, signature

SECRETS = st.binary(min_size=24, max_size=63).map(lambda some: some + b"!")
"""To HMAC a key is the same with zeros behind it; these differ before their last byte."""
PUBLISHED = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_example_that_the_specification_publishes_is_signed_as_there() -> None:
    signed = signature(
        b64decode(PUBLISHED), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_text(b64decode(PUBLISHED)) == f"whsec_{PUBLISHED}"


@given(SECRETS, st.dictionaries(st.text(), st.text()))
def test_the_official_library_accepts_what_is_signed(secret: bytes, said: dict[str, str]) -> None:
    body = json.dumps(said).encode()
    now_s = int(datetime.now(tz=UTC).timestamp())
    sent = dict(headers([secret], "msg_1", now_s, body))
    assert Webhook(secret_text(secret)).verify(body.decode(), sent) == said
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_text(secret)).verify(body.decode() + " ", sent)
    for name, value in (("webhook-id", "msg_2"), ("webhook-timestamp", str(now_s - 1))):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_text(secret)).verify(body.decode(), {**sent, name: value})


@given(st.lists(SECRETS, min_size=1, max_size=4, unique=True), SECRETS)
def test_each_secret_in_force_is_accepted_and_no_other(secrets: list[bytes], other: bytes) -> None:
    now_s = int(datetime.now(tz=UTC).timestamp())
    sent = dict(headers(secrets, "msg_1", now_s, b"{}"))
    for secret in secrets:
        Webhook(secret_text(secret)).verify("{}", sent)
    if other not in secrets:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_text(other)).verify("{}", sent)
