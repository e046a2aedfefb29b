"""Events of Amazon SES as Amazon SNS posts them, signed by RSA with a certificate of Amazon's.

The certificate is fetched from an address of SNS alone, and a subscription is confirmed only for
the topic that the operator named.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from tailorbird.edges.hooks.receipts import Receipt, first_of, listed, receipts
from tailorbird.edges.sources.wire_json import object_of, part_of, read_document
from tailorbird.events.cells import as_text
from tailorbird.kernel.errors import InputError
from tailorbird.ports.hooks import (
    PERSON_FIELD,
    STOPS_FIELD,
    Arriving,
    Field,
    ForgedError,
    Messages,
    Provider,
)

_HOST: Final = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+")
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
}
_CONFIRMATION: Final = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
)
_CERTIFICATES: Final = 8
"""Certificates that are remembered; Amazon has one a region and changes it now and then."""
_EVENTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "Send": ("sent", "send", ""),
    "Delivery": ("delivered", "delivery", "recipients"),
    "Bounce": ("bounced", "bounce", "bouncedRecipients"),
    "Complaint": ("complained", "complaint", "complainedRecipients"),
    "Reject": ("failed", "reject", ""),
    "Open": ("opened", "open", ""),
    "Click": ("clicked", "click", ""),
    "Subscription": ("unsubscribed", "subscription", ""),
}
"""Of each event the status, and where what it says and the recipients stand."""


def _envelope(arriving: Arriving) -> dict[str, Any]:
    return object_of(read_document(arriving.body))


def _is_of_amazon(url: object) -> bool:
    """Whether an address leads to SNS itself."""
    if not isinstance(url, str) or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme == "https"
            and parts.port in (None, 443)
            and parts.username is None
            and _HOST.fullmatch(parts.hostname or "") is not None
        )
    except ValueError:
        return False


async def _check(arriving: Arriving) -> None:
    envelope = _envelope(arriving)
    if envelope.get("TopicArn") != arriving.settings["topic"]:
        raise ForgedError("another topic")
    hashes = {"1": SHA1, "2": SHA256}
    version = as_text(envelope.get("SignatureVersion")) or ""
    if version not in hashes:
        raise ForgedError("an unknown version of the signature")
    key = await _key(arriving, envelope.get("SigningCertURL"))
    try:
        signature = b64decode(str(envelope.get("Signature", "")), validate=True)
        key.verify(signature, _canonical(envelope), PKCS1v15(), hashes[version]())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise ForgedError("the signature is not right") from None


def _canonical(envelope: Mapping[str, Any]) -> bytes:
    names = _SIGNED.get(str(envelope.get("Type")), _CONFIRMATION)
    lines = [f"{name}\n{envelope[name]}\n" for name in names if envelope.get(name) is not None]
    return "".join(lines).encode("utf-8", "surrogatepass")


async def _key(arriving: Arriving, url: object) -> RSAPublicKey:
    if not _is_of_amazon(url) or not str(url).endswith(".pem"):
        raise ForgedError("its certificate is not from an address of SNS")
    address = str(url)
    if address not in arriving.memory:
        try:
            arriving.memory[address] = await arriving.fetch(address)
        except OSError as error:
            raise ForgedError(f"its certificate cannot be fetched: {error}") from error
        while len(arriving.memory) > _CERTIFICATES:
            del arriving.memory[next(iter(arriving.memory))]
    try:
        certificate = x509.load_pem_x509_certificate(arriving.memory[address])
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        del arriving.memory[address]
        raise ForgedError("what was fetched is no certificate") from None
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=arriving.now_us)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        del arriving.memory[address]
        raise ForgedError("its certificate is not valid now")
    if not isinstance(key, RSAPublicKey):
        raise ForgedError("its certificate has no RSA key")
    return key


async def _confirm(arriving: Arriving) -> bool:
    """Visit the address by which a subscription of the hook's own topic is confirmed."""
    envelope = _envelope(arriving)
    if envelope.get("Type") == "UnsubscribeConfirmation":
        return True
    if envelope.get("Type") != "SubscriptionConfirmation":
        return False
    url = envelope.get("SubscribeURL")
    asked = parse_qs(urlsplit(str(url)).query) if _is_of_amazon(url) else {}
    topic = arriving.settings["topic"]
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [topic]:
        raise ForgedError("the address that confirms is none of SNS for this topic")
    try:
        await arriving.fetch(str(url))
    except OSError as error:
        raise ForgedError(f"the subscription cannot be confirmed: {error}") from error
    return True


def _read(arriving: Arriving) -> Messages:
    envelope = _envelope(arriving)
    told = object_of(read_document(str(envelope.get("Message", "")).encode(), "`Message`"))
    kind = str(told.get("eventType") or told.get("notificationType"))
    if kind not in _EVENTS:
        return []
    status, part, recipients = _EVENTS[kind]
    more = part_of(told, part)
    if kind == "Subscription" and not part_of(more, "newTopicPreferences").get("unsubscribeAll"):
        return []
    mail = part_of(told, "mail")
    emails = [
        one.get("emailAddress") if isinstance(one, dict) else one
        for one in listed(more.get(recipients)) or listed(mail.get("destination"))
    ]
    found: list[Receipt] = []
    for place, email in enumerate(emails):
        id_ = f"{envelope.get('MessageId')}:{place}" if len(emails) > 1 else None
        found += _receipts(arriving, (id_ or envelope.get("MessageId"), status, email), mail, more)
    return [(message, None) for message in found]


def _receipts(
    arriving: Arriving, what: tuple[Any, str, Any], mail: dict[str, Any], more: dict[str, Any]
) -> list[Receipt]:
    id_, status, email = what
    tags = {name: first_of(value) for name, value in part_of(mail, "tags").items()}
    return receipts(
        arriving,
        id_=id_,
        status=status,
        timestamp=more.get("timestamp") or mail.get("timestamp"),
        email=email,
        own=tags,
        message=tags.get("campaign"),
        provider="ses",
        provider_message_id=mail.get("messageId"),
        campaign=tags.get("campaign"),
        url=more.get("link"),
        reason=more.get("reason") or more.get("bounceSubType"),
        bounce=more.get("bounceType"),
    )


def _settled(settings: Mapping[str, str]) -> None:
    if not _TOPIC.fullmatch(settings["topic"]):
        raise InputError(
            "topic is the ARN of a topic of SNS, such as arn:aws:sns:eu-west-1:123456789012:mails"
        )


PROVIDER: Final = Provider(
    "ses",
    "events of Amazon SES through Amazon SNS",
    (
        Field("topic", "the ARN of the topic of SNS that SES publishes to"),
        PERSON_FIELD,
        STOPS_FIELD,
    ),
    _check,
    _read,
    settle=_settled,
    confirm=_confirm,
)
