"""Shops of all makers say the same in one vocabulary, and what they said first is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.vocabulary import HERE, NAMES, translated
from tailorbird.kernel.values import UNIT


def track(event: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "ann", "properties": properties}


def said(event: str, **properties: Any) -> tuple[str, Any]:
    told = translated(track(event, **properties))
    return told["event"], told["properties"]


HAT = {"product_id": "p1", "name": "Hat", "brand": "Acme", "category": "hats", "price": 12 * UNIT}
GA4_HAT = {
    "item_id": "p1",
    "item_name": "Hat",
    "item_brand": "Acme",
    "item_category": "hats",
    "price": 12 * UNIT,
}
OLD_HAT = {"id": "p1", "name": "Hat", "brand": "Acme", "category": "hats", "price": "12.00"}
SHOPIFY_HAT = {
    "id": "v1",
    "price": {"amount": "12.0", "currencyCode": "GBP"},
    "title": "Large",
    "product": {"id": "p1", "title": "Hat", "vendor": "Acme", "type": "hats"},
}


def test_a_product_seen_is_the_same_whoever_says_it() -> None:
    seen = ("Product Viewed", HAT)
    assert said("view_item", items=[GA4_HAT]) == seen
    assert said("view_item", ecommerce={"items": [GA4_HAT]}) == seen
    assert said("productDetail", ecommerce={"detail": {"products": [OLD_HAT]}}) == seen
    assert said("product_view", items=[GA4_HAT]) == seen
    name, shopify = said("product_viewed", data={"productVariant": SHOPIFY_HAT})
    assert name == "Product Viewed"
    assert {key: shopify[key] for key in HAT} == HAT
    assert (shopify["variant_id"], shopify["variant"], shopify["currency"]) == (
        "v1",
        "Large",
        "GBP",
    )


def test_several_products_stand_in_a_list() -> None:
    two = [GA4_HAT, {"item_id": "p2"}]
    assert said("add_to_cart", items=two)[1] == {"products": [HAT, {"product_id": "p2"}]}
    assert said("view_item_list", items=[GA4_HAT])[1] == {"products": [HAT]}


ORDER = {
    "order_id": "o1",
    "revenue": 20 * UNIT,
    "tax": 4 * UNIT,
    "shipping": 3 * UNIT,
    "total": 27 * UNIT,
    "currency": "GBP",
}


def test_an_order_is_the_same_whoever_says_it() -> None:
    money = {"value": 20 * UNIT, "tax": 4 * UNIT, "shipping": 3 * UNIT, "currency": "GBP"}
    assert said("purchase", transaction_id="o1", **money) == ("Order Completed", ORDER)
    old = {"id": "o1", "revenue": "20.00", "tax": "4", "shipping": "3"}
    box = {"currency": "GBP", "purchase": {"actionField": old}}
    assert said("transaction", ecommerce=box) == ("Order Completed", ORDER)
    woo = {"id": "o1", "total": "27.00", "total_tax": "4.00", "shipping_total": "3.00"}
    lines = [{"id": 9 * UNIT, "product_id": "p1", "name": "Hat", "quantity": "2", "price": 10}]
    name, order = said("order.created", **woo, currency="GBP", line_items=lines)
    assert name == "Order Completed"
    assert order["products"] == [
        {"product_id": "p1", "name": "Hat", "quantity": 2 * UNIT, "price": 10}
    ]
    assert {key: order[key] for key in ORDER if key != "revenue"} == {
        key: value for key, value in ORDER.items() if key != "revenue"
    }


def test_a_checkout_of_shopify_is_an_order_with_its_money() -> None:
    checkout = {
        "order": {"id": "o1"},
        "totalPrice": {"amount": 27 * UNIT, "currencyCode": "GBP"},
        "totalTax": {"amount": "4.00", "currencyCode": "GBP"},
        "lineItems": [{"id": "l1", "title": "Hat", "quantity": 2 * UNIT, "variant": SHOPIFY_HAT}],
    }
    name, order = said("checkout_completed", data={"checkout": checkout})
    assert name == "Order Completed"
    assert (order["order_id"], order["total"], order["tax"], order["currency"]) == (
        "o1",
        27 * UNIT,
        4 * UNIT,
        "GBP",
    )
    assert order["products"][0]["product_id"] == "p1"
    assert order["products"][0]["quantity"] == 2 * UNIT


def test_what_was_moved_is_kept_as_it_came() -> None:
    message = track("view_item", items=[GA4_HAT], page="/hats")
    told = translated({**message, "context": {"locale": "en"}})
    assert told["context"] == {
        "locale": "en",
        "original": {"event": "view_item", "properties": {"items": [GA4_HAT]}},
    }
    assert told["properties"]["page"] == "/hats"
    assert message == track("view_item", items=[GA4_HAT], page="/hats"), "it was written into"


@pytest.mark.parametrize(
    "message",
    [
        track("Product Viewed", product_id="p1"),
        {"type": "page", "name": "view_item"},
        {"type": "track", "event": 5},
        {"type": "track"},
        track("My Own Event", items=[GA4_HAT]),
    ],
)
def test_what_the_table_does_not_name_is_let_pass(message: dict[str, Any]) -> None:
    assert translated(message) is message


def test_what_is_no_object_is_left_to_be_refused() -> None:
    told = translated({"type": "track", "event": "purchase", "properties": [1]})
    assert (told["event"], told["properties"]) == ("Order Completed", [1])
    assert translated({**track("purchase"), "context": 5})["context"] == 5


def test_no_name_is_translated_twice_or_into_two() -> None:
    assert len({name.there for name in NAMES}) == len(NAMES)
    assert not set(HERE.values()) & set(HERE)


KEYS = (
    *("items", "ecommerce", "products", "id", "price", "amount", "purchase", "detail", "tax"),
    *("actionField", "checkout", "order", "data", "productVariant", "cartLine", "value"),
    *("merchandise", "variant", "lineItems"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(HERE)), JSON, JSON)
def test_any_json_is_translated_and_keeps_its_person(event: str, first: Any, second: Any) -> None:
    message = {"type": "track", "event": event, "userId": "ann", "properties": first}
    told = translated({**message, "context": second})
    assert (told["event"], told["userId"]) == (HERE[event], "ann")
    assert translated(told) is told
