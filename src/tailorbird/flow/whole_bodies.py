"""Bodies at which a dialect itself failed: kept whole, and read again once it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tailorbird.events.arriving import Arrived
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.events.wire import UnreadableError
from tailorbird.flow.preparing import Messages, Preparing, is_preview
from tailorbird.governance.api_keys import ApiKey, without_secrets
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Endpoint, Sent

FAULT: Final = "this should not happen, report it"
_NOT_KEPT: Final = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"x-write-key"}
    | {b"forwarded", b"x-forwarded-for", b"x-real-ip"}
)
"""Headers that say who asks, and from where."""


class _Request(msgspec.Struct, array_like=True):
    """What a dialect reads beside the body."""

    endpoint: str
    is_body: bool
    """Whether a body was sent; else what is kept as sent is the query."""
    query: bytes
    headers: dict[bytes, bytes]
    path: dict[str, str]
    scheme: str


_decode: Final = msgspec.msgpack.Decoder(_Request).decode


def kept_whole(
    sent: Sent, endpoint: str, call: str, key: ApiKey, says: str, now_us: int, new_id: str
) -> RejectedItem:
    """A request with all that is needed to read it later; ``says`` is what went wrong."""
    query = without_secrets(sent.raw_query)
    raw = without_secrets(sent.body) or query
    headers = {name: value for name, value in sent.headers.items() if name not in _NOT_KEPT}
    path = {name: part for name, part in sent.path.items() if name != "key"}
    request = _Request(endpoint, bool(sent.body), query, headers, path, sent.scheme)
    refusal = Refusal("poison", says, aside=True)
    return RejectedItem(
        *(now_us, call, key.id, refusal, None, raw, len(sent.body or sent.raw_query)),
        id=new_id,
        request=msgspec.msgpack.encode(request),
    )


def read_again(
    item: RejectedItem, key: ApiKey, preparing: Preparing, endpoints: Mapping[str, Endpoint]
) -> Arrived | Refusal:
    """What a request says, as of when it came; or why it still cannot be read.

    Messages without ids are given the same ones each time. Raises `BehindError`.
    """
    kept = _decode(item.request)
    endpoint = endpoints.get(kept.endpoint)
    if endpoint is None:
        return Refusal("poison", "no dialect has the address any more that it was sent to", True)
    body = item.raw if kept.is_body else b""
    try:
        read = endpoint.read(Sent(body, kept.query, kept.headers, kept.path, kept.scheme))
    except UnreadableError as error:
        return Refusal("body", str(error), aside=True)
    except Exception as error:
        return Refusal("poison", f"{FAULT}: {type(error).__name__}", aside=True)
    messages: Messages = [
        (_with_id(message, f"{item.id}:{place}"), fault)
        for place, (message, fault) in enumerate(read.messages)
        if not is_preview(message)
    ]
    facts, violations = preparing.facts(messages, read.shared, key, item.at_us)
    return preparing.settled(facts, violations)


def _with_id(message: Value, id_: str) -> Any:
    if not isinstance(message, dict) or message.get("messageId"):
        return message
    return {**message, "messageId": id_}
