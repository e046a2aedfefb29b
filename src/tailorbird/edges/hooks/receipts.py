"""What became of an e-mail, as a message of its own: the same whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tailorbird.edges.sources.wire_json import said
from tailorbird.kernel.facts import CONSENT, MESSAGE
from tailorbird.kernel.values import Value
from tailorbird.ports.hooks import PERSON, PERSON_FIELD, STOPS, Arriving, Field

ENDS: Final = frozenset({"unsubscribed", "complained"})
"""After these somebody does not want to be written to any more."""
NAMED: Final = "message"
"""The field of one's own data that says which message it is, before campaigns and tags."""

Receipt = dict[str, Any]


def receipts(
    arriving: Arriving,
    *,
    id_: Value,
    status: str,
    timestamp: Value,
    email: Value,
    own: Mapping[str, Any],
    message: Value = None,
    machine: bool = False,
    **more: Value,
) -> list[Receipt]:
    """The messages of one event of a provider; its id makes it count once.

    ``own`` is what the shop gave along with the mail. ``machine``: a program opened or clicked.
    A denial of the purpose that the hook stops is a message of its own.
    """
    person = arriving.settings.get(PERSON) or PERSON_FIELD.default or ""
    who = said(userId=own.get(person) or email, timestamp=timestamp)
    properties = said(message=own.get(NAMED) or message, status=status, channel="email", **more)
    if machine:
        properties["machine"] = True
    context = {"context": {"active": False}} if machine else {}
    found = [
        {
            **who,
            **context,
            **said(messageId=id_),
            "type": "track",
            "event": MESSAGE,
            "properties": properties,
        }
    ]
    stops = arriving.settings.get(STOPS)
    if stops and status in ENDS:
        denial = {"purpose": stops, "granted": False}
        consent = said(messageId=f"{id_}:consent" if id_ else None)
        found.append({**who, **consent, "type": "track", "event": CONSENT, "properties": denial})
    return found


def first_of(value: Value) -> Value:
    """A text, or the first of a list of texts.

    >>> first_of(["spring", "sale"]), first_of("spring"), first_of([])
    ('spring', 'spring', None)
    """
    if isinstance(value, list):
        return value[0] if value else None
    return value


def listed(value: Value) -> list[Any]:
    """A list as it is; anything else is an empty one."""
    return value if isinstance(value, list) else []


def secret(name: str, says: str, *, is_made: bool = False, default: str | None = None) -> Field:
    """A field that is sealed, and shown to nobody."""
    return Field(name, says, is_secret=True, default=default, is_made=is_made)
