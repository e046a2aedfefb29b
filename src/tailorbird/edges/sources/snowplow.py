"""Snowplow: payloads of short names, one event each, in a list or in a query.

The app id is the write key: its trackers have no other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tailorbird.edges.sources.pixel import picture
from tailorbird.edges.sources.wire_json import (
    Message,
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
    read_packed,
    said,
    whole_of,
)
from tailorbird.events.cells import read_number
from tailorbird.events.wire import Body, UnreadableError
from tailorbird.governance.api_keys import id_of
from tailorbird.kernel.values import Value
from tailorbird.ports.dialects import Dialect, Endpoint, Reply, Results, Sent

Entities = dict[str, list[Message]]
"""What stands beside an event, by the name of its schema."""
_SHOP: Final = "snowplow_ecommerce_action"
NAMES: Final = {
    "link_click": "Link Clicked",
    "submit_form": "Form Submitted",
    "change_form": "Form Changed",
    "focus_form": "Form Focused",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "social_interaction": "Shared",
    "site_search": "Products Searched",
    "button_click": "Button Clicked",
    "file_download": "File Downloaded",
    "application_install": "Application Installed",
    "application_foreground": "Application Foregrounded",
    "application_background": "Application Backgrounded",
}
"""What its own events are called here; others keep the name of their schema."""
_ORDER: Final = {
    "transaction_id": "order_id",
    "revenue": "revenue",
    "currency": "currency",
    "tax": "tax",
    "shipping": "shipping",
    "discount_amount": "discount",
    "discount_code": "coupon",
    "payment_method": "payment_method",
}


_PROMOTION: Final = {
    "id": "promotion_id",
    "name": "name",
    "creative_id": "creative",
    "type": "promotion_type",
    "position": "position",
    "slot": "slot",
}
_STEP: Final = {
    "step": "step",
    "payment_method": "payment_method",
    "delivery_method": "shipping_method",
    "delivery_provider": "shipping_provider",
    "coupon_code": "coupon",
    "account_type": "account_type",
}
_REFUND: Final = {
    "transaction_id": "order_id",
    "refund_amount": "value",
    "currency": "currency",
    "refund_reason": "reason",
}
_HEAD: Final = {
    "nuid": "anonymousId",
    "tnuid": "anonymousId",
    "duid": "anonymousId",
    "uid": "userId",
    "eid": "messageId",
}
"""What a payload says of its event; of several that say the same the last one counts."""
_AROUND: Final = {
    "ua": "userAgent",
    "lang": "locale",
    "tz": "timezone",
    "ip": "ip",
    "sid": "session_id",
}
_APP: Final = {"aid": "id", "p": "platform"}
_LIBRARY: Final = {"tna": "name", "tv": "version"}
_BESIDE: Final = {
    "transaction": _ORDER,
    "promotion": _PROMOTION,
    "checkout_step": _STEP,
    "refund": _REFUND,
}
"""What stands beside an event of a shop, which of it is said of the event, and by which name."""


def read_payloads(sent: Sent) -> Body:
    """The payloads of a body."""
    whole = object_of(read_document(sent.body))
    return _body(list_of(whole.get("data"), "`data`"), browser_of(sent))


def read_query(sent: Sent) -> Body:
    """The one payload that a query is."""
    if "e" not in sent.query:
        raise UnreadableError("the query has no parameter `e`, which says what happened")
    return _body([dict(sent.query)], browser_of(sent))


def _body(payloads: list[Value], agent: str | None) -> Body:
    said_ids = (one.get("aid") for one in payloads if isinstance(one, dict))
    app_ids = dict.fromkeys(app_id for app_id in said_ids if isinstance(app_id, str))
    keys = {app_id for app_id in app_ids if id_of(app_id) is not None}

    def told(payload: Value) -> list[Message]:
        payload = object_of(payload, "a payload")
        if agent is not None and "ua" not in payload and payload.get("p") == "web":
            payload["ua"] = agent
        message = _message(payload, keys)
        at = message.get("timestamp")
        return [message, *linked(payload.get("uid"), payload.get("duid"), at)]

    return whole_of(each_of(payloads, told), key=next(iter(app_ids), None))


def _message(payload: Message, keys: Collection[str]) -> Message:
    entities = _entities(payload)
    page = page_of(payload.get("url"), payload.get("page"), payload.get("refr"))
    true_time, sent_at = payload.get("ttm"), payload.get("stm")
    is_coarse = not isinstance(sent_at, str) or sent_at.endswith("000")  # counted in seconds
    message = named(payload, _HEAD)
    put(message, "timestamp", instant_text(true_time or payload.get("dtm")))
    put(message, "context", _context(payload, page, entities, keys))
    if not true_time and not is_coarse:
        put(message, "sentAt", instant_text(sent_at))
    message |= _content(payload, page, entities)
    return message


def _content(payload: Message, page: Message, entities: Entities) -> Message:
    kind = payload.get("e")
    if kind == "pv":
        return {"type": "page", "properties": page}
    if kind == "pp":
        seen = {name: _number(payload, f"pp_{name}") for name in ("mix", "max", "miy", "may")}
        return {"type": "track", "event": "Page Pinged", "properties": {**page, **said(**seen)}}
    if kind == "se":
        given = {
            "category": payload.get("se_ca"),
            "label": payload.get("se_la"),
            "property": payload.get("se_pr"),
            "value": _number(payload, "se_va"),
        }
        return {"type": "track", "event": payload.get("se_ac"), "properties": said(**given)}
    if kind in ("tr", "ti"):
        return _transaction(payload, str(kind))
    if kind == "ue":
        return _described(payload, entities)
    return {"type": "track", "event": None}


def _transaction(payload: Message, kind: str) -> Message:
    if kind == "tr":
        given = said(
            order_id=payload.get("tr_id"),
            total=_number(payload, "tr_tt"),
            tax=_number(payload, "tr_tx"),
            shipping=_number(payload, "tr_sh"),
            currency=payload.get("tr_cu"),
            affiliation=payload.get("tr_af"),
        )
        return {"type": "track", "event": "Order Completed", "properties": given}
    given = said(
        order_id=payload.get("ti_id"),
        product_id=payload.get("ti_sk"),
        name=payload.get("ti_nm"),
        category=payload.get("ti_ca"),
        price=_number(payload, "ti_pr"),
        quantity=_number(payload, "ti_qu"),
        currency=payload.get("ti_cu"),
    )
    return {"type": "track", "event": "Order Item Sent", "properties": given}


def _described(payload: Message, entities: Entities) -> Message:
    """An event that names the schema of its data."""
    told = _json(payload, "ue_pr", "ue_px").get("data")
    name, data = _schema_name(told), part_of(told, "data")
    if name == "screen_view":
        seen = said(name=data.pop("name", None))
        return {"type": "screen", "properties": data, **seen}
    if name == _SHOP:
        return _shopping(data, entities)
    return {"type": "track", "event": NAMES.get(name, name), "properties": data}


def _shopping(data: Message, entities: Entities) -> Message:
    """What happened in a shop: the products and the order stand beside the event."""
    kind = data.pop("type", None)
    products = entities.get("product", [])
    beside: Message = {}
    for kind_beside, names_beside in _BESIDE.items():
        told = next(iter(entities.get(kind_beside, [])), {})
        beside |= {ours: told[theirs] for theirs, ours in names_beside.items() if theirs in told}
    cart = next(iter(entities.get("cart", [])), {})
    given = {
        **data,
        **said(cart_id=cart.get("cart_id"), value=cart.get("total_value")),
        **beside,
        **said(items=[_item(one) for one in products] or None),
    }
    names = {"product_view": "view_item", "list_view": "view_item_list", "transaction": "purchase"}
    names |= {"list_click": "select_item", "promo_view": "view_promotion"}
    names |= {"promo_click": "select_promotion", "checkout_step": "checkout_progress"}
    event = names.get(kind, kind) if isinstance(kind, str) else kind
    return {"type": "track", "event": event, "properties": given}


def _item(product: Message) -> Message:
    named = {"id": "item_id", "name": "item_name", "brand": "item_brand"}
    named |= {"category": "item_category", "variant": "item_variant"}
    return {named.get(key, key): value for key, value in product.items()}


def _entities(payload: Message) -> Entities:
    found: Entities = {}
    if "co" not in payload and "cx" not in payload:
        return found
    told = _json(payload, "co", "cx").get("data")
    for one in told if isinstance(told, list) else ():
        found.setdefault(_schema_name(one), []).append(part_of(one, "data"))
    return found


def _schema_name(told: Value) -> str:
    """The name in ``iglu:maker/name/form/version``; empty where there is none."""
    schema = told.get("schema") if isinstance(told, dict) else None
    parts = schema.split("/") if isinstance(schema, str) else []
    return parts[1] if len(parts) == 4 else ""


def _json(payload: Message, plain: str, packed: str) -> Message:
    """An object that stands there as JSON, or packed in base 64."""
    if isinstance(given := payload.get(plain), str):
        what = f"`{plain}`"
        return object_of(read_document(given, what), what)
    if isinstance(given := payload.get(packed), str):
        what = f"`{packed}`"
        return object_of(read_packed(given, what), what)
    return {}


def _number(payload: Message, name: str) -> Value:
    given = payload.get(name)
    return read_number(given) if isinstance(given, str) else given


_KNOWN: Final = frozenset({"product", "transaction", "cart", "client_session"})


def _context(payload: Message, page: Message, entities: Entities, keys: Collection[str]) -> Message:
    context = named(payload, _AROUND)
    app = named(payload, _APP)
    if isinstance(app_id := app.get("id"), str) and app_id in keys:
        del app["id"]
    put(context, "page", page)
    put(context, "app", app)
    put(context, "library", named(payload, _LIBRARY))
    if entities:
        others = {name: told for name, told in entities.items() if name and name not in _KNOWN}
        session = next(iter(entities.get("client_session", [])), {})
        context = {**said(session_id=session.get("sessionId"), entities=others), **context}
    return context


def _told(sent: Sent, told: Results) -> Reply:
    return Reply(b"ok", kind="text/plain")


DIALECT: Final = Dialect(
    "snowplow",
    "the trackers of Snowplow",
    (
        Endpoint(
            "POST",
            "/com.snowplowanalytics.snowplow/tp2",
            "send_snowplow",
            "Send payloads as the trackers of Snowplow do; the app id is the write key.",
            read_payloads,
            _told,
            gives=bytes,
            kind="text/plain",
            example='{"data": [{"e": "pv", "url": "https://shop.example/", "duid": "v1"}]}',
        ),
        Endpoint(
            "GET",
            "/i",
            "send_snowplow_query",
            "Send one payload in a query, as the trackers of Snowplow do.",
            read_query,
            picture,
            takes=None,
            gives=bytes,
            kind="image/gif",
        ),
    ),
)
