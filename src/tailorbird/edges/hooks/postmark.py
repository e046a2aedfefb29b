"""Postmark's webhooks, which show themselves by a user and password in their address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tailorbird.edges.hooks.logins import check_client, check_login, settle_networks
from tailorbird.edges.hooks.receipts import receipts, secret
from tailorbird.edges.sources.wire_json import object_of, part_of, read_document
from tailorbird.events.cells import as_text
from tailorbird.ports.hooks import (
    PERSON_FIELD,
    STOPS_FIELD,
    Arriving,
    Field,
    Messages,
    Provider,
)

RECORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "Delivery": ("delivered", "Recipient", "DeliveredAt"),
    "Bounce": ("bounced", "Email", "BouncedAt"),
    "SpamComplaint": ("complained", "Email", "BouncedAt"),
    "Open": ("opened", "Recipient", "ReceivedAt"),
    "Click": ("clicked", "Recipient", "ReceivedAt"),
    "SubscriptionChange": ("unsubscribed", "Recipient", "ChangedAt"),
}
"""Of each record the status, and where the recipient and the time stand."""


async def _check(arriving: Arriving) -> None:
    check_login(arriving)
    check_client(arriving)


def _read(arriving: Arriving) -> Messages:
    record = object_of(read_document(arriving.body))
    kind = str(record.get("RecordType"))
    if kind not in RECORDS or (
        kind == "SubscriptionChange" and record.get("SuppressSending") is not True
    ):
        return []
    status, recipient, time = RECORDS[kind]
    own = part_of(record, "Metadata")
    found = receipts(
        arriving,
        id_=_id(record, kind, time, recipient),
        status=status,
        timestamp=record.get(time),
        email=record.get(recipient),
        own=own,
        message=record.get("Tag"),
        provider="postmark",
        provider_message_id=record.get("MessageID"),
        campaign=record.get("Tag"),
        url=record.get("OriginalLink"),
        reason=record.get("Description") or record.get("SuppressionReason"),
        bounce=record.get("Type") if kind == "Bounce" else None,
    )
    return [(message, None) for message in found]


def _id(record: dict[str, Any], kind: str, time: str, recipient: str) -> str:
    """Postmark gives events no ids: this one is the same each time an event comes."""
    parts = (record.get(name) for name in ("MessageID", "ID", time, recipient, "OriginalLink"))
    whole = ":".join([kind, *(as_text(part) or "" for part in parts)])
    return whole[:400]


def _settled(settings: Mapping[str, str]) -> None:
    settle_networks(settings.get("networks", ""))


PROVIDER: Final = Provider(
    "postmark",
    "Postmark's webhooks",
    (
        Field("username", "the user in the address that Postmark posts to", default="postmark"),
        secret("password", "the password in that address", is_made=True),
        Field("networks", "the networks that Postmark posts from; all unless said", default=""),
        PERSON_FIELD,
        STOPS_FIELD,
    ),
    _check,
    _read,
    settle=_settled,
)
