"""Treasure Data: records of a table, as its library for pages sends them."""

from __future__ import annotations

from typing import Any, Final

from tailorbird.edges.sources.wire_json import (
    Message,
    each_of,
    instant_text,
    linked,
    list_of,
    object_of,
    page_of,
    read_document,
    read_packed,
    said,
    whole_of,
)
from tailorbird.events.wire import Body
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Dialect, Endpoint, Reply, Results, Sent

PAGES: Final = frozenset({"pageviews", "pageview", "page_views"})
"""Tables whose records are views of pages."""
_ABOUT: Final = {
    "td_ip": "ip",
    "td_user_agent": "userAgent",
    "td_language": "locale",
    "td_version": "library_version",
}
"""Older versions of the library write the name itself where the server is to fill something in."""


def _read_events(sent: Sent) -> Body:
    whole = object_of(read_document(sent.body))
    records = list_of(whole["events"], "`events`") if "events" in whole else [whole]
    return _body(records, sent, whole.get("api_key"))


def _read_query(sent: Sent) -> Body:
    return _body([read_packed(sent.query.get("data", ""), "`data`")], sent, None)


def _body(records: list[Value], sent: Sent, key: Value) -> Body:
    def told(record: Value) -> list[Message]:
        message = _message(object_of(record, "a record"), sent.path["table"])
        user, visitor = message.get("userId"), message.get("anonymousId")
        return [message, *linked(user, visitor, message.get("timestamp"))]

    return whole_of(each_of(records, told), key=key)


def _message(record: Message, table: str) -> Message:
    page = page_of(record.get("td_url"), record.get("td_title"), record.get("td_referrer"))
    around = said(
        **{ours: record[key] for key, ours in _ABOUT.items() if record.get(key, key) != key}
    )
    own = {key: value for key, value in record.items() if key[:3] != "td_"}
    user, given = own.pop("user_id", None), own.pop("time", None)
    id_ = own.pop("event_id", None)
    head = said(
        userId=user,
        anonymousId=record.get("td_client_id") or record.get("td_global_id"),
        messageId=id_,
        timestamp=instant_text(given),
        context={**around, **said(page=page, table=table)},
    )
    if table in PAGES:
        return {**head, "type": "page", "properties": {**page, **own}}
    event = own.pop("event", None) or own.pop("event_name", None) or table
    return {**head, "type": "track", "event": event, "properties": own}


def _key(sent: Sent) -> str | None:
    kind, _, text = sent.header(b"authorization").partition(" ")
    return text.strip() if kind.lower() == "td1" else sent.query.get("api_key")


def _told(sent: Sent, told: Results) -> Reply:
    return Reply({"receipts": [{"success": one.status != "rejected"} for one in told.results]})


def _endpoint(method: Any, name: str, read: Any) -> Endpoint:
    return Endpoint(
        method,
        "/js/v3/event/{database}/{table}",
        name,
        "Send records of a table as the library of Treasure Data does.",
        read,
        _told,
        _key,
        takes=Any if method == "POST" else None,
        gives=dict[str, Any],
        example='{"events": [{"td_client_id": "v1"}]}' if method == "POST" else None,
        parameters={
            "database": "The name of a database; any is taken.",
            "table": "The name of a table: the event's name where a record has no `event`.",
        },
    )


DIALECT: Final = Dialect(
    "treasure-data",
    "the library of Treasure Data for pages",
    (
        _endpoint("POST", "send_treasure_data", _read_events),
        _endpoint("GET", "send_treasure_data_query", _read_query),
    ),
)
