"""Jitsu: Segment's messages at addresses of its own, from pages and from servers."""

from __future__ import annotations

from typing import Any, Final

from tailorbird.edges.sources.segment import (
    BATCH,
    CALLS,
    Batch,
    Message,
    read_messages,
    reading_call,
)
from tailorbird.events.wire import Body, read_single
from tailorbird.ports.dialects import Dialect, Endpoint, Reply, Results, Sent


def _told(sent: Sent, told: Results) -> Reply:
    return Reply({"ok": True, "receivedAtPosition": told.position})


def _without_key(body: Body) -> Body:
    """Its library shows half of the key in each message, which is no key and nobody's business."""
    for message, _ in body.messages:
        if isinstance(message, dict):
            message.pop("writeKey", None)
    return body._replace(shared={**body.shared, "writeKey": None})


def _reading(call: str) -> Any:
    read = reading_call(call)
    return lambda sent: _without_key(read(sent))


def _read_event(sent: Sent) -> Body:
    return _without_key(read_single(sent.body))


def _endpoints() -> tuple[Endpoint, ...]:
    found = []
    for way, who in (("s", "its library for pages"), ("s/s2s", "servers")):
        stem = way.replace("/", "_")
        found += [
            Endpoint(
                "POST",
                f"/api/{way}/{call}",
                f"send_jitsu_{stem}_{call}",
                f"Send {'an' if call[0] in 'ai' else 'a'} {call} call as {who} of Jitsu do.",
                _reading(call),
                _told,
                takes=Message,
                gives=dict[str, Any],
                example=CALLS[call],
            )
            for call in CALLS
        ]
        found += [
            Endpoint(
                "POST",
                f"/api/{way}/batch",
                f"send_jitsu_{stem}_batch",
                f"Send many messages as {who} of Jitsu do.",
                read_messages,
                _told,
                takes=Batch,
                gives=dict[str, Any],
                example=BATCH,
            ),
            Endpoint(
                "POST",
                f"/api/{way}/event",
                f"send_jitsu_{stem}_event",
                f"Send a message that says its type as {who} of Jitsu do.",
                _read_event,
                _told,
                takes=Message,
                gives=dict[str, Any],
                example='{"type": "track", "event": "Product Viewed", "anonymousId": "v1"}',
            ),
        ]
    return tuple(found)


DIALECT: Final = Dialect("jitsu", "the kits of Jitsu", _endpoints())
