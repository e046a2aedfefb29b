"""Segment's HTTP interface, also as its library for browsers shortens it."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from tailorbird.events.wire import Body, as_call, read_batch, read_single
from tailorbird.kernel import limits
from tailorbird.ports.dialects import Dialect, Endpoint, Page, Reply, Sent


class Message(msgspec.Struct, rename="camel", omit_defaults=True):
    """One message of Segment's interface. What is not named here is let pass."""

    user_id: str | None = None
    anonymous_id: str | None = None
    message_id: str | None = None
    """Counts once, however often it is sent."""
    timestamp: str | None = None
    sent_at: str | None = None
    event: str | None = None
    """Of a track call."""
    name: str | None = None
    """Of a page or screen call."""
    previous_id: str | None = None
    """Of an alias call."""
    group_id: str | None = None
    """Of a group call."""
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    write_key: str | None = None


class Batch(msgspec.Struct, rename="camel", omit_defaults=True):
    """Messages that each say their ``type``."""

    batch: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=limits.BATCH_ITEMS)]
    sent_at: str | None = None
    write_key: str | None = None


class PageSettings(msgspec.Struct):
    """What the browser's library wants to know."""

    integrations: dict[str, Any]
    plan: dict[str, Any]


CALLS: Final = {
    "track": '{"event": "Product Viewed", "anonymousId": "v1", "properties": {"price": 12.5}}',
    "identify": '{"userId": "ann", "anonymousId": "v1", "traits": {"city": "Leeds"}}',
    "page": '{"anonymousId": "v1", "name": "Home"}',
    "screen": '{"anonymousId": "v1", "name": "Cart"}',
    "group": '{"userId": "ann", "groupId": "g1"}',
    "alias": '{"userId": "ann", "previousId": "v1"}',
}
_BATCHES: Final = ("batch", "import", "b")
BATCH: Final = '{"batch": [{"type": "track", "event": "Product Viewed", "userId": "ann"}]}'


def reading_call(call: str) -> Any:
    """Reads the one message of an address that says by itself which call it is."""

    def read(sent: Sent) -> Body:
        return as_call(read_single(sent.body), call)

    return read


def read_messages(sent: Sent) -> Body:
    """Reads messages that each say which call they are."""
    return read_batch(sent.body)


def _single(call: str, path: str, says: str) -> Endpoint:
    return Endpoint(
        "POST",
        f"/v1/{path}",
        f"send_{path}",
        says,
        reading_call(call),
        takes=Message,
        example=CALLS[call],
    )


def _endpoints() -> tuple[Endpoint, ...]:
    singles = [
        _single(call, path, says)
        for call in CALLS
        for path, says in (
            (call, f"Send {'an' if call[0] in 'ai' else 'a'} {call} call."),
            (call[0], f"The same as `/v1/{call}`, as browser libraries send it."),
        )
    ]
    batches = [
        Endpoint(
            "POST",
            f"/v1/{path}",
            f"send_{path}",
            "Send messages that say their type.",
            read_messages,
            takes=Batch,
            example=BATCH,
        )
        for path in _BATCHES
    ]
    return (*singles, *batches)


def _settings(sent: Sent, key: str) -> Reply:
    host = sent.header(b"host")
    segment = {
        "apiKey": key,
        "apiHost": f"{host}/v1",
        "protocol": sent.scheme,
        "unbundledIntegrations": [],
        "addBundledMetadata": True,
    }
    return Reply(PageSettings({"Segment.io": segment}, {}))


DIALECT: Final = Dialect(
    "segment",
    "the kits of Segment, and all that send to its interface",
    _endpoints(),
    (
        Page(
            "/v1/projects/{key}/settings",
            "read_page_settings",
            "What the browser's library asks before it sends anything.",
            _settings,
            gives=PageSettings,
            parameters={"key": "A write key."},
        ),
    ),
)
