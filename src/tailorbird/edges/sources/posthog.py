"""PostHog: events of one distinct id each; those of its own begin with a dollar sign."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

from tailorbird.edges.sources.lz_string import read_lz_string
from tailorbird.edges.sources.posthog_own import name_of, own_properties
from tailorbird.edges.sources.wire_json import (
    Message,
    instant_text,
    list_of,
    object_of,
    page_of,
    part_of,
    read_document,
    read_packed,
    said,
    whole_of,
)
from tailorbird.events.refusals import Refusal
from tailorbird.events.wire import Body, UnreadableError
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Dialect, Endpoint, Page, Reply, Results, Sent

_CONTEXT: Final = {
    "$lib": "library",
    "$lib_version": "library_version",
    "$session_id": "session_id",
    "$browser": "browser",
    "$os": "os",
    "$device_type": "device_type",
    "$timezone": "timezone",
    "$raw_user_agent": "userAgent",
    "$browser_language": "locale",
    "$ip": "ip",
    "$groups": "groups",
}


_SETUP_ID: Final = "groups_setup_id"


def read(sent: Sent) -> Body:
    """The events of a body: one, a list of them, or a batch; as they are or in a form."""
    whole = _document(sent)
    if isinstance(whole, list):
        whole = {"batch": whole}
    whole = object_of(whole)
    events = list_of(whole["batch"], "`batch`") if "batch" in whole else [whole]
    key = whole.get("api_key") or whole.get("token") or _key_of(events[0])
    sent_at = whole.get("sent_at") or whole.get("sentAt")
    messages = [(one, _refusal_of(one)) for event in events for one in _messages(event)]
    return whole_of(messages, sent_at if isinstance(sent_at, str) else None, key)


def _refusal_of(message: Message) -> Refusal | None:
    """A server that describes a group names somebody who is none: the group would count as one."""
    if message.get("type") != "group":
        return None
    kind, group = part_of(message, "traits").get("group_type"), message.get("groupId")
    who = message.get("userId") or message.get("anonymousId")
    if who not in (_SETUP_ID, f"${kind}_{group}"):
        return None
    return Refusal("person", "no person: it describes a group and names none of its users")


def _document(sent: Sent) -> Value:
    """The JSON of a body, as it is, packed, or in a form that says how it is packed."""
    text, packing = sent.body, sent.query.get("compression")
    is_form = text.startswith(b"data=") or (not text and "data" in sent.query)
    if not is_form and packing != "lz64":
        return read_document(text)
    data = text.decode("latin-1")
    if is_form:
        form = parse_qs(data)
        data = form["data"][0] if "data" in form else sent.query.get("data", "")
        packing = form.get("compression", [packing])[0]
    if packing == "lz64":
        return read_document(read_lz_string(data).encode())
    is_json = data.lstrip()[:1] in ("{", "[")
    return read_document(data.encode()) if is_json else read_packed(data, "`data`")


def _key_of(event: Value) -> Value:
    if not isinstance(event, dict):
        return None
    return event.get("api_key") or event.get("token") or part_of(event, "properties").get("token")


def _messages(event: Value) -> list[Message]:
    """What one event says: what happened, and what is said of the person beside it."""
    if not isinstance(event, dict):
        return [{"type": None}]
    properties = part_of(event, "properties")
    name = event.get("event")
    who = _who(event, properties)
    at = said(timestamp=instant_text(event.get("timestamp")))
    context = _context(properties)
    id_ = event.get("uuid") or properties.get("$insert_id")
    once = _once(event, properties)
    around = {**context, "set_once": once} if once else context
    head: Message = {**who, **at, **said(messageId=id_, context=around)}
    traits = _traits(event, properties)
    kept = {k: v for k, v in properties.items() if k[:1] != "$" and k not in _NOT_SAID}
    kept = {**own_properties(name, properties), **kept}
    if name == "$identify":
        anonymous = properties.get("$anon_distinct_id")
        return [{**head, **said(anonymousId=anonymous), "type": "identify", "traits": traits}]
    if name in ("$set", "$set_once", "$unset"):
        return [{**head, "type": "identify", "traits": traits}]
    if name in ("$create_alias", "$merge_dangerously"):
        return [{**head, "type": "alias", "previousId": properties.get("alias")}]
    if name == "$groupidentify":
        group, about = properties.get("$group_key"), part_of(properties, "$group_set")
        kind = said(group_type=properties.get("$group_type"))
        return [{**head, "type": "group", "groupId": group, "traits": {**about, **kind}}]
    if name in ("$pageview", "$screen"):
        happened = _view(name, properties, kept)
    else:
        happened = {"type": "track", "event": name_of(name, properties), "properties": kept}
    found = [{**head, **happened}]
    if traits:
        own_id = f"{id_}:set" if isinstance(id_, str) and id_ else None
        about_her = said(messageId=own_id, context=context)
        found.append({**who, **at, **about_her, "type": "identify", "traits": traits})
    return found


_NOT_SAID: Final = frozenset({"token", "distinct_id"})


def _view(name: Value, properties: Message, kept: Message) -> Message:
    if name == "$screen":
        seen = said(name=properties.get("$screen_name"))
        return {"type": "screen", "properties": kept, **seen}
    page = page_of(properties.get("$current_url"), kept.pop("title", None), _referrer(properties))
    return {"type": "page", "properties": {**page, **kept}}


def _referrer(properties: Message) -> Value:
    given = properties.get("$referrer")
    return None if given == "$direct" else given


def _who(event: Message, properties: Message) -> Message:
    """A user once it says that she is one, and always where a server says it; else a visitor."""
    id_ = event.get("distinct_id") or properties.get("distinct_id")
    is_page = properties.get("$lib") == "web"
    is_user = properties.get("$is_identified") is True or event.get("event") == "$identify"
    return said(anonymousId=id_) if is_page and not is_user else said(userId=id_)


def _traits(event: Message, properties: Message) -> Message:
    """What it says of the person; null is what is to be known no more."""
    gone = properties.get("$unset", event.get("$unset"))
    if gone is None and "$set" not in event and "$set" not in properties:
        return {}
    found: Message = dict.fromkeys(_texts(gone))
    found |= {**part_of(event, "$set"), **part_of(properties, "$set")}
    return {key: value for key, value in found.items() if key[:1] != "$"}


def _texts(given: Value) -> list[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _once(event: Message, properties: Message) -> Message:
    """What holds only where nothing was known; what it finds by itself has names with a dollar."""
    if "$set_once" not in event and "$set_once" not in properties:
        return {}
    found = {**part_of(event, "$set_once"), **part_of(properties, "$set_once")}
    return {key.removeprefix("$"): value for key, value in found.items()}


def _context(properties: Message) -> Message:
    page = page_of(properties.get("$current_url"), None, _referrer(properties))
    there = {ours: properties[theirs] for theirs, ours in _CONTEXT.items() if theirs in properties}
    return said(**there, page=page)


def _told(sent: Sent, told: Results) -> Reply:
    return Reply({"status": "Ok"})


def _remote_config(sent: Sent, key: str) -> Reply:
    """Nothing of what its library could load beside sending events."""
    return Reply(
        {
            "token": key,
            "supportedCompression": ["gzip", "gzip-js"],
            "hasFeatureFlags": False,
            "captureDeadClicks": False,
            "capturePerformance": False,
            "autocapture_opt_out": False,
            "autocaptureExceptions": False,
            "analytics": {"endpoint": "/e/"},
            "elementsChainAsString": True,
            "sessionRecording": False,
            "heatmaps": False,
            "surveys": False,
            "defaultIdentifiedOnly": False,
            "siteApps": [],
            "isAuthenticated": False,
        }
    )


def _flags(sent: Sent, key: str) -> Reply:
    return Reply(
        {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
            "config": {"enable_collect_everything": True},
            "supportedCompression": ["gzip", "gzip-js"],
            "sessionRecording": False,
            "siteApps": [],
            "isAuthenticated": False,
            "toolbarParams": {},
        }
    )


def _key_in_flags(sent: Sent) -> str | None:
    try:
        whole = read_document(sent.body)
    except UnreadableError:
        return None
    given = part_of(whole).get("token") or part_of(whole).get("api_key")
    return given if isinstance(given, str) else None


def _endpoint(path: str, name: str, busy: Any) -> Endpoint:
    return Endpoint(
        "POST",
        path,
        name,
        "Send events as the kits of PostHog do.",
        read,
        _told,
        gives=dict[str, Any],
        busy=busy,
        example='{"api_key": "KEY", "event": "Seen", "distinct_id": "ann", "properties": {}}',
    )


def _asked(path: str, name: str, told: Any, method: Any = "POST") -> Page:
    return Page(
        path,
        name,
        "What the kits of PostHog ask before they send anything: no flags, and nothing to load.",
        told,
        method,
        _key_in_flags,
        parameters={"key": "A write key."} if "{key}" in path else {},
    )


DIALECT: Final = Dialect(
    "posthog",
    "the kits of PostHog",
    (
        _endpoint("/batch", "send_posthog_batch", 429),
        _endpoint("/capture", "send_posthog_capture", 429),
        _endpoint("/e", "send_posthog_e", 503),
        _endpoint("/i/v0/e", "send_posthog_i", 503),
    ),
    (
        _asked("/array/{key}/config", "read_posthog_config", _remote_config, "GET"),
        _asked("/flags", "read_posthog_flags", _flags),
        _asked("/decide", "read_posthog_decide", _flags),
    ),
)
