"""From the record to messages: who is to be told that somebody turned, and in which words.

A message's id is made of what it says and to whom. A state file that was set back to an earlier
moment makes the same messages again from the same facts, and receivers know their ids.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from tailorbird.delivery.endpoints import Endpoint, event_of
from tailorbird.delivery.outbox import Message
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import MISSING
from tailorbird.language.definitions import Key
from tailorbird.segments.membership import Turned

Purposes = Mapping[Key, Collection[str]]


def announcements(
    entries: Iterable[Turned],
    endpoints: Sequence[Endpoint],
    purposes: Purposes = MappingProxyType({}),
) -> list[Message]:
    """The messages that some entries of the record make, in the order of the entries.

    ``purposes``: of each definition those that it and all that it is made of are for.
    """
    if not endpoints:
        return []
    return [
        _message(endpoint, entry, " ".join(sorted(purposes.get(entry.key, ()))))
        for entry in entries
        for endpoint in endpoints
        if endpoint.wants(entry)
    ]


def trial(endpoint: Endpoint, now_us: int) -> Message:
    """A message that says nothing, to see whether an endpoint takes any."""
    said = {"type": "webhook.test", "timestamp": format_instant(now_us), "data": {}}
    body = json.dumps(said, separators=(",", ":")).encode()
    return Message(message_id(endpoint.id, body), endpoint.id, "", "webhook.test", body)


def _message(endpoint: Endpoint, entry: Turned, purposes: str) -> Message:
    body = _body(entry)
    return Message(
        message_id(endpoint.id, body),
        endpoint.id,
        entry.subject,
        event_of(entry),
        body,
        purposes=purposes,
        about=entry.key[1],
        is_exit=entry.value is MISSING or entry.value is False,
    )


def message_id(endpoint: str, body: bytes) -> str:
    """An id of what is said to whom: equal for equal messages, and it tells nothing itself.

    >>> message_id("e1", b"{}")
    'msg_816b14a4cac6bf5720f87debb55fde00'
    """
    return "msg_" + sha256(endpoint.encode() + b" " + body).hexdigest()[:32]


def _body(entry: Turned) -> bytes:
    """What is sent: the same bytes at every try, since they are signed."""
    return json.dumps(message_of(entry), separators=(",", ":")).encode()


def message_of(entry: Turned) -> dict[str, Any]:
    """What is said of an entry, over whatever way.

    >>> message_of(Turned("ann", ("segment", "keen"), True, 0, 7, "event"))["data"]
    {'person': 'ann', 'segment': 'keen', 'cause': 'event', 'position': 7}
    """
    event = event_of(entry)
    data: dict[str, Any] = {"person": entry.subject}
    if event == "persona.changed":
        data["persona"] = None if entry.value is MISSING else entry.value
    else:
        data["segment"] = entry.key[1]
    data |= {"cause": entry.cause, "position": entry.position}
    return {"type": event, "timestamp": format_instant(entry.at_us), "data": data}
