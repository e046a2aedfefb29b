"""RudderStack: Segment's interface, and what its library for browsers asks before."""

from __future__ import annotations

from typing import Final

from tailorbird.edges.sources.segment import BATCH, Batch, read_messages
from tailorbird.ports.dialects import Dialect, Endpoint, Page, Reply, Sent


def _source(sent: Sent, key: str) -> Reply:
    """A source that sends to no destination of its own: all goes to the collector."""
    source = {
        "id": "tailorbird",
        "name": "tailorbird",
        "writeKey": key,
        "workspaceId": "tailorbird",
        "enabled": True,
        "config": {
            "statsCollection": {
                "errors": {"enabled": False},
                "metrics": {"enabled": False},
            }
        },
        "connections": [],
        "destinations": [],
        "dataplanes": {},
    }
    return Reply({"source": source, "consentManagementMetadata": {"providers": []}})


DIALECT: Final = Dialect(
    "rudderstack",
    "the kits of RudderStack, whose other calls are Segment's",
    (
        Endpoint(
            "POST",
            "/beacon/v1/batch",
            "send_beacon",
            "Send messages as RudderStack's library does when a page ends.",
            read_messages,
            takes=Batch,
            example=BATCH,
        ),
    ),
    (
        Page(
            "/sourceConfig",
            "read_source_config",
            "What RudderStack's library for browsers asks before it sends anything.",
            _source,
        ),
    ),
)
