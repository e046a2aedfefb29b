"""Brevo's webhooks, transactional and marketing ones, which show themselves by a token."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from tailorbird.edges.hooks.logins import check_client, check_login, settle_networks
from tailorbird.edges.hooks.receipts import Receipt, first_of, receipts, secret
from tailorbird.edges.sources.wire_json import instant_text, object_of, read_document
from tailorbird.events.cells import as_text
from tailorbird.events.refusals import Refusal
from tailorbird.kernel.values import Value, read_json
from tailorbird.ports.hooks import (
    PERSON_FIELD,
    STOPS_FIELD,
    Arriving,
    Field,
    Messages,
    Provider,
)

STATUSES: Final = {
    "request": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "unique_opened": "opened",
    "proxy_open": "opened",
    "unique_proxy_open": "opened",
    "click": "clicked",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "blocked": "failed",
    "invalid_email": "failed",
    "error": "failed",
    "spam": "complained",
    "unsubscribe": "unsubscribed",
    "unsubscribed": "unsubscribed",
}
_SAYS_WHICH: Final = ("event", "message-id", "camp_id", "email", "ts_event", "ts_epoch", "link")


async def _check(arriving: Arriving) -> None:
    check_login(arriving)
    check_client(arriving)


def _read(arriving: Arriving) -> Messages:
    told = read_document(arriving.body)
    events = told if isinstance(told, list) else [object_of(told)]
    found: list[tuple[Value, Refusal | None]] = []
    for event in events:
        if isinstance(event, dict) and as_text(event.get("event")) in STATUSES:
            found += [(message, None) for message in _receipts(arriving, event)]
    return found


def _receipts(arriving: Arriving, event: dict[str, Any]) -> list[Receipt]:
    name, campaign = event["event"], event.get("campaign name")
    moment = event.get("ts_event") or event.get("ts_epoch") or event.get("ts")
    tags = event.get("tags") or event.get("tag")
    return receipts(
        arriving,
        id_=_id(event),
        status=STATUSES[name],
        timestamp=instant_text(moment),
        email=event.get("email"),
        own=_own(event.get("X-Mailin-custom")),
        message=campaign or first_of(tags) or as_text(event.get("template_id")),
        machine="proxy" in name,
        provider="brevo",
        provider_message_id=event.get("message-id"),
        campaign=campaign,
        url=event.get("link") or event.get("URL"),
        reason=event.get("reason"),
        bounce=name.removesuffix("_bounce") if name.endswith("_bounce") else None,
    )


def _id(event: dict[str, Any]) -> str:
    """Brevo gives events no ids: this one is the same each time an event comes."""
    whole = "\x1f".join(as_text(event.get(name)) or "" for name in _SAYS_WHICH)
    return "brevo:" + blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _own(said: Value) -> dict[str, Any]:
    """What the shop gave in the header ``X-Mailin-custom``: JSON, or ``name:value|name:value``."""
    if not isinstance(said, str):
        return said if isinstance(said, dict) else {}
    if said.lstrip().startswith("{"):
        try:
            value = read_json(said)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}
    pairs = (part.partition(":") for part in said.split("|"))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _settled(settings: Mapping[str, str]) -> None:
    settle_networks(settings.get("networks", ""))


PROVIDER: Final = Provider(
    "brevo",
    "Brevo's webhooks",
    (
        secret("token", "the token of its bearer authorization", is_made=True),
        Field("networks", "the networks that Brevo posts from; all unless said", default=""),
        PERSON_FIELD,
        STOPS_FIELD,
    ),
    _check,
    _read,
    settle=_settled,
)
