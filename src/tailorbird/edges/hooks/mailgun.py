"""Mailgun's webhooks, signed by HMAC-SHA256 over a timestamp and a token.

The signature says nothing of the body. So it is good for some hours only, as long as Mailgun tries
again, and a token that came with one body is not taken with another one.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any, Final

from tailorbird.edges.hooks.logins import same, seconds_in
from tailorbird.edges.hooks.receipts import first_of, listed, receipts, secret
from tailorbird.edges.sources.wire_json import instant_text, object_of, part_of, read_document
from tailorbird.events.cells import as_text
from tailorbird.kernel.instants import HOUR, SECOND
from tailorbird.ports.hooks import (
    PERSON_FIELD,
    STOPS_FIELD,
    Arriving,
    ForgedError,
    Messages,
    Provider,
)

WINDOW_US: Final = 9 * HOUR
"""Mailgun tries for 8 hours."""
TOKENS: Final = 10_000
"""Tokens that are remembered."""
STATUSES: Final = {
    "accepted": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "failed": "bounced",
    "rejected": "failed",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}


async def _check(arriving: Arriving) -> None:
    signed = part_of(object_of(read_document(arriving.body)), "signature")
    timestamp, token = as_text(signed.get("timestamp")) or "", as_text(signed.get("token")) or ""
    key = arriving.settings["signing_key"].encode()
    wanted = hmac.new(key, f"{timestamp}{token}".encode(), sha256).hexdigest()
    if not same(str(signed.get("signature", "")), wanted):
        raise ForgedError("the signature is not right")
    at_s = seconds_in(timestamp)
    if at_s is None or abs(arriving.now_us - at_s * SECOND) > WINDOW_US:
        raise ForgedError("the signature is too old")
    digest = sha256(arriving.body).digest()
    known = arriving.memory.setdefault(token, digest)
    if not hmac.compare_digest(known, digest):
        raise ForgedError("the token came with another body before")
    while len(arriving.memory) > TOKENS:
        del arriving.memory[next(iter(arriving.memory))]


def _read(arriving: Arriving) -> Messages:
    event = part_of(read_document(arriving.body), "event-data")
    name = as_text(event.get("event")) or ""
    if name not in STATUSES or (name == "failed" and event.get("severity") == "temporary"):
        return []
    own = part_of(event, "user-variables")
    campaigns: list[Any] = [
        one.get("name") if isinstance(one, dict) else one for one in listed(event.get("campaigns"))
    ]
    template = part_of(event, "template").get("name")
    found = receipts(
        arriving,
        id_=event.get("id"),
        status=STATUSES[name],
        timestamp=instant_text(event.get("timestamp"), "s"),
        email=event.get("recipient"),
        own=own,
        message=first_of(campaigns) or first_of(event.get("tags")) or template,
        machine=bool(part_of(event, "client-info").get("bot")),
        provider="mailgun",
        provider_message_id=part_of(event, "message", "headers").get("message-id"),
        campaign=first_of(campaigns),
        url=event.get("url"),
        reason=part_of(event, "delivery-status").get("description") or event.get("reason"),
        bounce=event.get("severity") if name == "failed" else None,
    )
    return [(message, None) for message in found]


PROVIDER: Final = Provider(
    "mailgun",
    "Mailgun's webhooks",
    (
        secret("signing_key", "the HTTP webhook signing key of the account"),
        PERSON_FIELD,
        STOPS_FIELD,
    ),
    _check,
    _read,
)
