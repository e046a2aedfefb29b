"""SendGrid's Event Webhook, signed by ECDSA over P-256: timestamp and body."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tailorbird.edges.hooks.receipts import Receipt, first_of, receipts
from tailorbird.edges.sources.wire_json import instant_text, list_of, read_document
from tailorbird.events.cells import as_text
from tailorbird.events.refusals import Refusal
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import Value
from tailorbird.ports.hooks import (
    PERSON_FIELD,
    STOPS_FIELD,
    Arriving,
    Field,
    ForgedError,
    Messages,
    Provider,
)

SIGNATURE: Final = b"x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = b"x-twilio-email-event-webhook-timestamp"
STATUSES: Final = {
    "processed": "sent",
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "dropped": "failed",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def _key(settings: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    """The public key that SendGrid shows when the signature is switched on."""
    said = "".join(line for line in settings["public_key"].split() if not line.strip("-").isupper())
    try:
        key = load_der_public_key(b64decode(said.replace("-", ""), validate=True))
    except Exception as error:
        raise InputError(f"public_key is no key in base 64: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError("public_key is no key of the curve P-256")
    return key


async def _check(arriving: Arriving) -> None:
    signed = arriving.header(TIMESTAMP).encode() + arriving.body
    try:
        signature = b64decode(arriving.header(SIGNATURE), validate=True)
        _key(arriving.settings).verify(signature, signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise ForgedError("the signature is not right") from None


def _read(arriving: Arriving) -> Messages:
    found: list[tuple[Value, Refusal | None]] = []
    for event in list_of(read_document(arriving.body), "the body"):
        if not isinstance(event, dict):
            found.append((event, Refusal("type", "an event of SendGrid is an object")))
        elif as_text(event.get("event")) in STATUSES:
            found += [(message, None) for message in _receipts(arriving, event)]
    return found


def _receipts(arriving: Arriving, event: dict[str, Any]) -> list[Receipt]:
    campaign = event.get("singlesend_name") or event.get("marketing_campaign_name")
    return receipts(
        arriving,
        id_=event.get("sg_event_id"),
        status=STATUSES[event["event"]],
        timestamp=instant_text(event.get("timestamp"), "s"),
        email=event.get("email"),
        own=event,
        message=campaign or first_of(event.get("category")) or event.get("sg_template_name"),
        machine=event.get("sg_machine_open") is True,
        provider="sendgrid",
        provider_message_id=event.get("sg_message_id"),
        campaign=campaign,
        url=event.get("url"),
        reason=event.get("reason"),
        bounce=event.get("type") if event["event"] == "bounce" else None,
    )


PROVIDER: Final = Provider(
    "sendgrid",
    "SendGrid's Event Webhook",
    (
        Field("public_key", "the verification key that SendGrid shows under Signed Event Webhook"),
        PERSON_FIELD,
        STOPS_FIELD,
    ),
    _check,
    _read,
    settle=lambda settings: _settled(settings),
)


def _settled(settings: Mapping[str, str]) -> None:
    _key(settings)
