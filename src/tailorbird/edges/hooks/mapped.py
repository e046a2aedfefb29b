"""Signed JSON of any other system, read by a mapping: social networks, loyalty programmes."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from tailorbird.delivery.signing import signature
from tailorbird.edges.hooks.logins import seconds_in
from tailorbird.edges.hooks.receipts import secret
from tailorbird.edges.sources.wire_json import list_of, read_document
from tailorbird.events.columns import object_of
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.mapping import parse_mapping
from tailorbird.events.refusals import Refusal
from tailorbird.events.rows import RowMapper
from tailorbird.events.table import JsonRows
from tailorbird.events.wire import UnreadableError
from tailorbird.kernel.errors import InputError, nearest
from tailorbird.kernel.instants import MINUTE, SECOND, format_instant
from tailorbird.kernel.values import Value, at_path, write_json
from tailorbird.ports.hooks import Arriving, Field, ForgedError, Messages, Provider

SCHEMES: Final = ("standard", "sha256-hex", "sha256-base64", "header")
WINDOW_US: Final = 5 * MINUTE
"""So far a signed timestamp may be from now, as Standard Webhooks says."""
_PREFIX: Final = "whsec_"


async def _check(arriving: Arriving) -> None:
    settings, scheme = arriving.settings, arriving.settings["signature"]
    if scheme == "standard":
        return _check_standard(arriving)
    given = arriving.header(settings["header"].lower().encode())
    key = settings["secret"].encode()
    if scheme == "header":
        wanted = settings["secret"]
    else:
        digest = hmac.new(key, arriving.body, sha256).digest()
        wanted = digest.hex() if scheme == "sha256-hex" else b64encode(digest).decode()
        given = given.removeprefix("sha256=")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise ForgedError("the signature is not right")


def _check_standard(arriving: Arriving) -> None:
    id_, timestamp = arriving.header(b"webhook-id"), arriving.header(b"webhook-timestamp")
    at_s = seconds_in(timestamp)
    if at_s is None or abs(arriving.now_us - at_s * SECOND) > WINDOW_US:
        raise ForgedError("it was signed too long ago, or is yet to be")
    wanted = signature(_key(arriving.settings), id_, at_s, arriving.body)
    given = arriving.header(b"webhook-signature").split(" ")
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given):
        raise ForgedError("the signature is not right")


def _key(settings: Mapping[str, str]) -> bytes:
    said = settings["secret"]
    if not said.startswith(_PREFIX):
        return said.encode()
    try:
        return b64decode(said.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise InputError("a secret that begins with whsec_ goes on in base 64") from None


def _read(arriving: Arriving) -> Messages:
    told = read_document(arriving.body)
    path = arriving.settings.get("items", "")
    found = at_path(told, path.split(".")) if path else told
    if path and not isinstance(found, list):
        raise UnreadableError(f"there is no list at {path!r}")
    items = list_of(found, "the list") if isinstance(found, list) else [found]
    rows: list[dict[str, Any]] = []
    messages: list[tuple[Value, Refusal | None]] = []
    for item in items:
        if isinstance(item, dict):
            rows.append(item)
        else:
            messages.append((item, Refusal("type", "an item is no JSON object")))
    if rows:
        messages += _mapped(rows, _mapping(arriving.settings))
    return messages


def _mapped(rows: list[dict[str, Any]], mapping: RowMapping) -> Messages:
    """The facts that a mapping makes of rows, each as the message that makes it again."""
    chunk = JsonRows(rows, range(1, len(rows) + 1), lambda place: _raw(rows[place]))
    mapper = RowMapper(mapping, (), {}, blank=True)
    mapped = mapper.facts(chunk)
    found: list[tuple[Value, Refusal | None]] = [
        (rows[place], Refusal("type", reason)) for place, reason in mapped.refused.items()
    ]
    for columns in (mapped.columns, mapper.order_facts()):
        for row in range(columns.length):
            message = {
                "type": "track",
                "event": columns.name[row],
                "userId": columns.subject[row],
                "messageId": columns.id[row],
                "timestamp": format_instant(columns.time_us[row]),
                "properties": object_of(columns.properties[row]),
                "context": object_of(columns.context[row]),
            }
            found.append((message, None))
    return found


def _raw(row: dict[str, Any]) -> str:
    return write_json({name: row[name] for name in sorted(row)})


def _mapping(settings: Mapping[str, str]) -> RowMapping:
    mapping = parse_mapping(settings["mapping"], "mapping", "mapping")
    if mapping.format not in (None, "jsonl") or mapping.variants:
        raise InputError("the mapping of a hook is one for JSON objects")
    return mapping


def _settled(settings: Mapping[str, str]) -> None:
    scheme = settings["signature"]
    if scheme not in SCHEMES:
        raise InputError(f"signature is none of these{nearest(scheme, SCHEMES)}")
    _key(settings)
    _mapping(settings)


PROVIDER: Final = Provider(
    "mapped",
    "signed JSON of any other system, read by a mapping",
    (
        Field("mapping", "the text of a mapping; @FILE takes that of a file"),
        secret("secret", "what it signs with", is_made=True),
        Field("signature", f"how it signs: {', '.join(SCHEMES)}", default="standard"),
        Field("header", "the header with the signature, or the secret", default="X-Signature"),
        Field("items", "where the list of items stands in the body, by keys with dots", default=""),
    ),
    _check,
    _read,
    settle=_settled,
)
