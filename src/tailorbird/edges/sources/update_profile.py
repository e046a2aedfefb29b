"""One call that says who somebody is and what she did last: ``POST /api/update-profile``."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tailorbird.edges.sources.wire_json import (
    Message,
    body_of,
    instant_text,
    object_of,
    page_of,
    part_of,
    read_document,
    said,
)
from tailorbird.events.wire import Body, UnreadableError
from tailorbird.ports.dialects import Dialect, Endpoint, Sent


class Activity(msgspec.Struct, omit_defaults=True):
    """What somebody did."""

    action: str
    """The event's name; `view` of a page is a page call."""
    page: str | None = None
    """Where, as a path or an address."""
    timestamp: str | None = None


class ProfileUpdate(msgspec.Struct, omit_defaults=True):
    """Who somebody is, what is known of her, and what she did last."""

    user_id: str
    recent_activity: Activity | None = None
    traits: dict[str, Any] = {}
    message_id: str | None = None
    """Counts once, however often it is sent."""


def _read(sent: Sent) -> Body:
    whole = object_of(read_document(sent.body))
    user, id_ = whole.get("user_id"), whole.get("message_id")
    activity, traits = part_of(whole, "recent_activity"), part_of(whole, "traits")
    if not activity and not traits:
        raise UnreadableError("neither `recent_activity` nor `traits` says anything")
    at = said(timestamp=instant_text(activity.get("timestamp")))
    messages = []
    if activity:
        messages.append({**said(userId=user, messageId=id_), **at, **_happened(activity)})
    if traits:
        about = said(messageId=f"{id_}:traits" if isinstance(id_, str) and id_ else None)
        messages.append({**said(userId=user), **about, **at, "type": "identify", "traits": traits})
    return body_of(messages, key=whole.get("writeKey"))


def _happened(activity: Message) -> Message:
    """A view of a page is one however it is sent; every other action is an event of its name."""
    more = {key: value for key, value in activity.items() if key not in ("action", "timestamp")}
    action, page = activity.get("action"), more.get("page")
    if action == "view" and page:
        return {"type": "page", "properties": {**page_of(page), **more}}
    return {"type": "track", "event": action, "properties": more}


DIALECT: Final = Dialect(
    "update-profile",
    "programs that say what a known user did last",
    (
        Endpoint(
            "POST",
            "/api/update-profile",
            "update_profile",
            "Say what a user did last, and what is known of her.",
            _read,
            takes=ProfileUpdate,
            example='{"user_id": "12345", "recent_activity": {"page": "/hats", '
            '"action": "view", "timestamp": "2024-04-27T15:30:00Z"}}',
        ),
    ),
)
