"""CloudEvents 1.0 over HTTP: structured, binary, or many in a batch."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final
from urllib.parse import unquote

from tailorbird.edges.sources.wire_json import (
    Message,
    body_of,
    each_of,
    list_of,
    object_of,
    read_document,
    read_packed,
    said,
    whole_of,
)
from tailorbird.events.envelope import TYPES
from tailorbird.events.wire import Body, UnreadableError
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Dialect, Endpoint, Sent

_WHO: Final = {"userid": "userId", "anonymousid": "anonymousId"}
"""The extension attributes that say whom an event is about; without them its subject does."""
_OWN: Final = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "data", "data_base64"}
    | {"datacontenttype", "dataschema", *_WHO}
)


def read(sent: Sent) -> Body:
    """The events of a request, whichever of the three ways it goes."""
    kind = sent.header(b"content-type").partition(";")[0].strip().lower()
    if b"ce-specversion" in sent.headers:
        return body_of([message_of(_binary(sent))])
    whole = read_document(sent.body)
    if kind == "application/cloudevents-batch+json" or isinstance(whole, list):
        return whole_of(each_of(list_of(whole, "the batch"), lambda one: [message_of(one)]))
    return body_of([message_of(whole)])


def _binary(sent: Sent) -> Message:
    """The attributes stand in headers, and the body is the data alone."""
    told: Message = {
        name[3:].decode("latin-1"): unquote(value.decode("latin-1"))
        for name, value in sent.headers.items()
        if name[:3] == b"ce-"
    }
    kind = sent.header(b"content-type").partition(";")[0].strip().lower()
    if not sent.body:
        return {**told, "data": {}}
    if not kind or kind.endswith("json"):
        return {**told, "data": read_document(sent.body)}
    try:
        return {**told, "data": sent.body.decode()}
    except UnicodeDecodeError:
        return {**told, "data_base64": b64encode(sent.body).decode()}


def message_of(event: Value) -> Message:
    """The message that an event is; one of ours keeps its call, any other is a track call.

    Raises `UnreadableError` for what is no event at all.

    >>> message_of({"specversion": "1.0", "id": "7", "source": "/till", "type": "Paid",
    ...             "subject": "ann", "data": {}})["userId"]
    'ann'
    """
    event = object_of(event, "an event")
    version = event.get("specversion")
    if version != "1.0":
        raise UnreadableError(f"specversion is {version!r}; 1.0 is read")
    data = _data(event)
    who = said(**{ours: event.get(theirs) for theirs, ours in _WHO.items()})
    if not who:
        who = said(userId=event.get("subject"))
    more = {key: value for key, value in event.items() if key not in _OWN}
    context = said(source=event.get("source"), dataschema=event.get("dataschema"), **more)
    head = {
        **who,
        **said(messageId=_id_of(event), timestamp=event.get("time")),
        "context": context,
    }
    name = event.get("type")
    call = name.rpartition(".")[2] if isinstance(name, str) else None
    if isinstance(name, str) and name.startswith("tailorbird.") and call in TYPES:
        return {**head, **data, "type": call}
    return {**head, "type": "track", "event": name, "properties": data}


def _id_of(event: Message) -> Value:
    """Ids of events are apart for each source alone."""
    source, id_ = event.get("source"), event.get("id")
    if not isinstance(id_, str) or not isinstance(source, str):
        return id_
    whole = f"{source}#{id_}"
    return whole if len(whole) <= limits.ID_CHARACTERS else id_


def _data(event: Message) -> Message:
    if isinstance(packed := event.get("data_base64"), str):
        return _unpacked(packed)
    data = event.get("data")
    return {} if data is None else data if isinstance(data, dict) else {"value": data}


def _unpacked(packed: str) -> Message:
    """An object that is packed; anything else stays as it is, for it need not be JSON."""
    try:
        return object_of(read_packed(packed, "`data_base64`"))
    except UnreadableError:
        return {"data_base64": packed}


DIALECT: Final = Dialect(
    "cloudevents",
    "whatever sends CloudEvents",
    (
        Endpoint(
            "POST",
            "/v1/cloudevents",
            "send_cloudevents",
            "Send CloudEvents: one, in JSON or in headers, or many.",
            read,
            takes=Any,
            example='{"specversion": "1.0", "id": "7", "source": "/till", "type": "Order Completed"'
            ', "subject": "ann", "time": "2026-05-01T10:00:00Z", "data": {"total": 12.5}}',
        ),
    ),
)
