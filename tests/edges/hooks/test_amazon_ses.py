from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.edges.hooks.posting import NOW, NOW_S, arriving, forged, read, receipt

from tailorbird.edges.hooks.amazon_ses import PROVIDER
from tailorbird.kernel.errors import InputError
from tailorbird.ports.hooks import Arriving, ForgedError

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mails"
SETTINGS = {"topic": TOPIC, "person": "user_id", "stops": ""}
KEY = rsa.generate_private_key(65537, 2048)
URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}"


def certificate(key: Any = KEY, *, days: int = 30) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.fromtimestamp(NOW_S, UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1)
    made = made.not_valid_before(now - timedelta(60)).not_valid_after(now + timedelta(days))
    return made.sign(key, SHA256()).public_bytes(Encoding.PEM)


class Amazon:
    """Addresses of Amazon's, and which of them were asked."""

    def __init__(self, content: bytes | None = None) -> None:
        self.asked: list[str] = []
        self.content = certificate() if content is None else content

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if not self.content:
            raise OSError("no answer")
        return self.content


def envelope(told: Any, version: str = "1", **more: Any) -> dict[str, Any]:
    said = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": told if isinstance(told, str) else json.dumps(told),
        "Timestamp": "2024-05-01T10:00:01.000Z",
        "SignatureVersion": version,
        "SigningCertURL": URL,
        **more,
    }
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if said["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    hashed = SHA1() if version == "1" else SHA256()
    signature = KEY.sign(text.encode(), PKCS1v15(), hashed)
    return {**said, "Signature": b64encode(signature).decode()}


def posted(told: Any, amazon: Amazon | None = None, **more: Any) -> Arriving:
    given = {"fetch": (amazon or Amazon()).fetch, **more}
    return arriving(told, SETTINGS, **given)


def event(kind: str, part: str = "", **more: Any) -> dict[str, Any]:
    mail = {"messageId": "m1", "timestamp": NOW, "destination": ["ann@example.com"]}
    mail |= {"tags": {"campaign": ["welcome"]}}
    return {"eventType": kind, "mail": mail, part or kind.lower(): {"timestamp": NOW, **more}}


def test_each_event_becomes_a_receipt_for_each_recipient() -> None:
    same = {
        "message": "welcome",
        "campaign": "welcome",
        "provider": "ses",
        "provider_message_id": "m1",
    }
    delivery = event("Delivery", recipients=["ann@example.com", "bob@example.com"])
    assert read(PROVIDER, posted(envelope(delivery))) == [
        receipt("delivered", "sns-1:0", **same),
        receipt("delivered", "sns-1:1", "bob@example.com", **same),
    ]
    recipients = [{"emailAddress": "ann@example.com", "diagnosticCode": "550"}]
    bounce = event("Bounce", bouncedRecipients=recipients, bounceType="Permanent")
    assert read(PROVIDER, posted(envelope(bounce, "2"))) == [
        receipt("bounced", "sns-1", bounce="Permanent", **same)
    ]
    click = event("Click", link="https://x.example/")
    click["mail"]["tags"]["user_id"] = ["u7"]
    (clicked,) = read(PROVIDER, posted(envelope(click)))
    assert (clicked["userId"], clicked["properties"]["url"]) == ("u7", "https://x.example/")
    notification = {**event("Complaint"), "notificationType": "Complaint"}
    del notification["eventType"]
    notification["complaint"]["complainedRecipients"] = recipients
    (complaint,) = read(PROVIDER, posted(envelope(notification)))
    assert complaint["properties"]["status"] == "complained"
    assert read(PROVIDER, posted(envelope(event("DeliveryDelay")))) == []


def test_a_subject_is_signed_where_there_is_one() -> None:
    good = envelope(event("Send"), Subject="Amazon SES")
    assert forged(PROVIDER, posted(good)) == ""
    assert forged(PROVIDER, posted({**good, "Subject": "other"})) != ""


def test_a_request_is_taken_with_its_own_signature_and_topic_alone() -> None:
    good = envelope(event("Send"))
    for change, why in (
        ({"Message": "{}"}, "the signature is not right"),
        ({"Signature": "x"}, "the signature is not right"),
        ({"SignatureVersion": "3"}, "an unknown version"),
        ({"TopicArn": TOPIC + "2"}, "another topic"),
    ):
        assert why in forged(PROVIDER, posted({**good, **change}))
    other = Amazon(certificate(rsa.generate_private_key(65537, 2048)))
    assert forged(PROVIDER, posted(good, other)) == "the signature is not right"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://a:b@sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://s3.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.txt",
        "https://sns.eu-west-1.amazonaws.com:x/a.pem",
        None,
    ],
)
def test_a_certificate_is_fetched_from_nowhere_else(url: str | None) -> None:
    amazon = Amazon()
    request = posted(envelope(event("Send"), SigningCertURL=url), amazon)
    assert forged(PROVIDER, request) == "its certificate is not from an address of SNS"
    assert amazon.asked == []


def test_a_certificate_is_fetched_once_and_has_to_be_valid() -> None:
    amazon, memory = Amazon(), {}
    for _ in range(3):
        assert forged(PROVIDER, posted(envelope(event("Send")), amazon, memory=memory)) == ""
    assert amazon.asked == [URL]
    for content, why in (
        (certificate(days=-1), "not valid now"),
        (b"hello", "no certificate"),
        (b"", "cannot be fetched: no answer"),
        (certificate(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
    ):
        assert why in forged(PROVIDER, posted(envelope(event("Send")), Amazon(content)))


def test_a_subscription_is_confirmed_for_the_topic_of_the_hook_alone() -> None:
    asks = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": CONFIRM}
    amazon = Amazon()
    request = posted(envelope("You have chosen", **asks), amazon)
    assert forged(PROVIDER, request) == ""
    assert confirmed(request) is True
    assert amazon.asked == [URL, CONFIRM]
    assert confirmed(posted(envelope(event("Send")))) is False
    ended = envelope("x", **{**asks, "Type": "UnsubscribeConfirmation"})
    assert confirmed(posted(ended)) is True
    for url in (
        CONFIRM.replace("sns.eu-west-1", "s3.eu-west-1"),
        CONFIRM.replace("https", "http"),
        CONFIRM + "2",
        CONFIRM.replace("ConfirmSubscription", "Publish"),
    ):
        amazon = Amazon()
        with pytest.raises(ForgedError, match="none of SNS for this topic"):
            confirmed(posted(envelope("x", **{**asks, "SubscribeURL": url}), amazon))
        assert amazon.asked == []


def confirmed(request: Arriving) -> bool:
    assert PROVIDER.confirm is not None
    return asyncio.run(PROVIDER.confirm(request))


def test_what_is_no_topic_is_refused_when_it_is_given() -> None:
    PROVIDER.settle(SETTINGS)
    with pytest.raises(InputError, match="topic is the ARN of a topic of SNS"):
        PROVIDER.settle({"topic": "mails"})
