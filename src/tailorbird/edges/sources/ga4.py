"""Google Analytics 4: its Measurement Protocol, apps of Firebase, and what gtag.js sends by itself.

The secret of the Measurement Protocol is the write key. What gtag.js sends has none: its
``server_container_url`` ends with ``/k/`` and the key, or the id of its tag is an alias of one.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from tailorbird.edges.sources.wire_json import (
    Message,
    Read,
    body_of,
    browser_of,
    each_of,
    instant_text,
    linked,
    list_of,
    named,
    object_of,
    page_of,
    part_of,
    put,
    read_document,
    said,
    whole_of,
)
from tailorbird.events.cells import as_text, read_number
from tailorbird.events.wire import Body, UnreadableError
from tailorbird.kernel import limits
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Dialect, Endpoint, Reply, Results, Sent

_PAGE: Final = ("page_location", "page_title", "page_referrer")
_ITEM_NAME: Final = re.compile(r"pr[0-9]{1,4}")
_ITEM: Final = {
    "id": "item_id",
    "nm": "item_name",
    "br": "item_brand",
    "ca": "item_category",
    "c2": "item_category2",
    "c3": "item_category3",
    "c4": "item_category4",
    "c5": "item_category5",
    "va": "item_variant",
    "pr": "price",
    "qt": "quantity",
    "cp": "coupon",
    "ds": "discount",
    "lp": "index",
    "af": "affiliation",
    "ln": "item_list_name",
    "li": "item_list_id",
}
"""What the short names of an item in a query stand for."""
_CAMPAIGN: Final = {
    "cs": "source",
    "cm": "medium",
    "cn": "name",
    "ck": "term",
    "cc": "content",
    "ci": "id",
}
"""Where a visit came from, in a query, and as a key of ``context.campaign``."""
_CAMPAIGN_TOLD: Final = {
    "source": "source",
    "medium": "medium",
    "campaign": "name",
    "term": "term",
    "content": "content",
    "campaign_id": "id",
}
"""The same in a `campaign_details` event."""
_PLACE: Final = {"city": "city", "region_id": "region", "country_id": "country"}
"""Where somebody is, and the keys of ``context.location``."""
_WHO: Final = {"uid": "userId", "cid": "anonymousId"}
_VISIT: Final = {
    "dl": "page_location",
    "dt": "page_title",
    "dr": "page_referrer",
    "sid": "session_id",
}
"""Page and session, in a query, and as parameters of an event."""
_COUNTED: Final = frozenset({"price", "quantity", "discount", "index"})


def read_protocol(sent: Sent) -> Body:
    """The events of a body of the Measurement Protocol, of a site or of an app."""
    whole = object_of(read_document(sent.body))
    visitor = whole.get("client_id")
    who = said(userId=whole.get("user_id"), anonymousId=visitor)
    device = said(device=said(id=whole.get("app_instance_id")))
    traits = {
        name: told.get("value")
        for name, told in part_of(whole, "user_properties").items()
        if isinstance(told, dict)
    }
    around = {**device, **_aside(whole)}

    def told(event: Value) -> list[Message]:
        event = object_of(event, "an event")
        given = event.get("timestamp_micros") or whole.get("timestamp_micros")
        at = said(timestamp=instant_text(given, "us"))
        happened = _happened(event.get("name"), dict(part_of(event, "params")))
        happened["context"] = {**happened.get("context", {}), **around}
        return [{**who, **at, **happened}]

    messages = each_of(list_of(whole.get("events"), "`events`"), told)
    at = said(timestamp=_time_of(messages))
    if traits:
        about_her = {**_only(who), **at, "type": "identify", "traits": traits, "context": device}
        messages.append((about_her, None))
    visitor = visitor or whole.get("app_instance_id")
    links = linked(whole.get("user_id"), visitor, at.get("timestamp"))
    return whole_of([*messages, *((link, None) for link in links)])


def _time_of(messages: list[Read]) -> Value:
    return next((part_of(one).get("timestamp") for one, fault in messages if fault is None), None)


def _only(who: Message) -> Message:
    """One identifier alone: with two an identify call would link them, each time anew."""
    return said(userId=who.get("userId")) or said(anonymousId=who.get("anonymousId"))


def _aside(whole: Message) -> Message:
    """What is said once for all events of a body."""
    return said(
        device_about=part_of(whole, "device"),
        consent=part_of(whole, "consent"),
        location=named(part_of(whole, "user_location"), _PLACE),
        ip=whole.get("ip_override"),
        userAgent=whole.get("user_agent"),
    )


def read_tag(sent: Sent) -> Body:
    """The events that gtag.js sends: one in the query, or one a line of the body."""
    shared, agent = dict(sent.query), browser_of(sent)
    lines = sent.body.decode("utf-8", "replace").splitlines()
    lines = [line for line in lines if line.strip()] or [""]
    if len(lines) > limits.BATCH_ITEMS:
        says = f"{len(lines)} events in one body; at most {limits.BATCH_ITEMS} go"
        raise UnreadableError(says)
    messages: list[Message] = []
    for place, line in enumerate(lines):
        hit = {**shared, **dict(parse_qsl(line, keep_blank_values=True))}
        messages += _hit(hit, place, agent)
    return body_of(messages)


def _tag_id(sent: Sent) -> str | None:
    """The id of the tag, which may be an alias of a write key."""
    return sent.query.get("tid")


def _hit(hit: dict[str, str], place: int, agent: str | None) -> list[Message]:
    params: Message = {}
    traits: Message = {}
    items: list[str] = []
    for name, value in hit.items():
        begin = name[:2]
        if begin in ("ep", "up"):
            kind, _, rest = name.partition(".")
            if rest:
                target = params if begin == "ep" else traits
                target[rest] = read_number(value) if kind[2:] == "n" else value
        elif begin == "pr" and _ITEM_NAME.fullmatch(name):
            items.append(name)
    if items:
        items.sort(key=lambda name: int(name[2:]))
        params["items"] = [_item(hit[name]) for name in items]
    params |= named(hit, _VISIT)
    put(params, "currency", params.get("currency") or hit.get("cu"))
    if "_et" in hit:
        params["engagement_time_msec"] = read_number(hit["_et"])
    told = _happened(hit.get("en"), params)
    put(told["context"], "locale", hit.get("ul"))
    put(told["context"], "userAgent", hit.get("ua") or agent)
    if not _CAMPAIGN.keys().isdisjoint(hit):
        told["context"] |= said(campaign=named(hit, _CAMPAIGN))
    head = named(hit, _WHO)
    put(head, "messageId", _id_of(hit, place))
    messages = [head | told]
    if traits:
        messages.append({**_only(head), "type": "identify", "traits": traits})
    return messages + linked(hit.get("uid"), hit.get("cid"), None)


def _id_of(hit: dict[str, str], place: int) -> str | None:
    """The same whenever a hit is sent again: its page, and which hit of the page it is."""
    if not hit.get("_p") or not hit.get("_s"):
        return None
    parts = (hit.get("tid", ""), hit.get("cid", ""), hit.get("sid", ""), hit["_p"], hit["_s"])
    return ":".join(("ga4", *parts, str(place)))


def _item(text: str) -> Message:
    """An item such as ``idP1~nmHat~pr12.5~qt1``, with names and values of its own as k0 and v0."""
    parts = [(part[:2], part[2:]) for part in text.split("~") if len(part) > 2]
    own = dict(parts)
    item: Message = {}
    for code, value in parts:
        if code in _ITEM:
            name = _ITEM[code]
            item[name] = read_number(value) if name in _COUNTED else value
        elif code[0] == "k" and f"v{code[1]}" in own:
            item[value] = own[f"v{code[1]}"]
    return item


def _happened(name: Value, params: Message) -> Message:
    """One event: what it says of page and session goes around it."""
    page = page_of(*[params.pop(key, None) for key in _PAGE])
    session = params.pop("session_id", None)
    context = said(page=page, session_id=as_text(session))
    if params.pop("debug_mode", None):
        context["debug"] = True
    if name == "campaign_details":
        context |= said(campaign=named(params, _CAMPAIGN_TOLD))
    if name == "page_view":
        return {"type": "page", "properties": {**page, **params}, "context": context}
    if name == "screen_view":
        screen = params.pop("firebase_screen", None) or params.pop("screen_name", None)
        told = {"type": "screen", "properties": params, "context": context}
        return {**told, **said(name=screen)}
    happened: Message = {"type": "track", "event": name, "properties": params}
    happened["context"] = context
    if event_id := as_text(params.get("event_id")):
        happened["messageId"] = event_id
    return happened


def _secret(sent: Sent) -> str | None:
    return sent.query.get("api_secret")


def _nothing(sent: Sent, told: Results) -> Reply:
    return Reply(b"", kind="text/plain")


def _validated(sent: Sent, told: Results) -> Reply:
    """What Google's own address for trying things out would say of an event."""
    found = [
        {
            "fieldPath": f"events[{place}]",
            "description": str(one.reason),
            "validationCode": "VALUE_INVALID",
        }
        for place, one in enumerate(told.results)
        if one.status == "rejected"
    ]
    return Reply({"validationMessages": found})


def _tag(method: Any, path: str, name: str) -> Endpoint:
    return Endpoint(
        method,
        path,
        name,
        "Send events as gtag.js does, whose `server_container_url` ends with `/k/KEY`, or whose "
        "tag id is an alias of a write key.",
        read_tag,
        _nothing,
        _tag_id,
        takes=None,
        gives=bytes,
        kind="text/plain",
        parameters={"key": "A write key."} if "{key}" in path else {},
    )


_EXAMPLE: Final = '{"client_id": "v1", "events": [{"name": "view_item", "params": {}}]}'

DIALECT: Final = Dialect(
    "ga4",
    "Google Analytics 4, Firebase and gtag.js",
    (
        Endpoint(
            "POST",
            "/mp/collect",
            "send_measurement",
            "Send events as the Measurement Protocol says; `api_secret` is the write key.",
            read_protocol,
            _nothing,
            _secret,
            gives=bytes,
            kind="text/plain",
            example=_EXAMPLE,
        ),
        Endpoint(
            "POST",
            "/debug/mp/collect",
            "try_measurement",
            "See what would become of events of the Measurement Protocol; nothing is stored.",
            read_protocol,
            _validated,
            _secret,
            gives=dict[str, Any],
            dry=True,
            example=_EXAMPLE,
        ),
        _tag("GET", "/g/collect", "send_tag_query"),
        _tag("POST", "/g/collect", "send_tag"),
        _tag("GET", "/k/{key}/g/collect", "send_tag_query_with_key"),
        _tag("POST", "/k/{key}/g/collect", "send_tag_with_key"),
    ),
)
