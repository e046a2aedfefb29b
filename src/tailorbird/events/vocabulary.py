"""One vocabulary: what shops of other makers call events and items, in the names used here.

A message whose event has a name of the table gets the name that definitions use, and its products,
order and money stand where every definition looks for them. What was moved is kept as it came, in
``context.original``. A name that is not in the table is let pass as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tailorbird.events.products import order_of, products_of

Message = dict[str, Any]


class Name(NamedTuple):
    """What an event is called elsewhere, and here."""

    there: str
    here: str
    said_by: str
    """Whose name it is."""


_GA4: Final = {
    "view_item": "Product Viewed",
    "view_item_list": "Product List Viewed",
    "select_item": "Product Clicked",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "add_to_wishlist": "Product Added to Wishlist",
    "view_cart": "Cart Viewed",
    "begin_checkout": "Checkout Started",
    "checkout_progress": "Checkout Step Completed",
    "add_shipping_info": "Checkout Step Completed",
    "add_payment_info": "Payment Info Entered",
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
    "search": "Products Searched",
    "view_search_results": "Products Searched",
    "sign_up": "Signed Up",
    "login": "Signed In",
}
_DATA_LAYER: Final = {
    "productDetail": "Product Viewed",
    "productImpressions": "Product List Viewed",
    "productClick": "Product Clicked",
    "addToCart": "Product Added",
    "removeFromCart": "Product Removed",
    "addToWishlist": "Product Added to Wishlist",
    "checkout": "Checkout Started",
    "checkoutOption": "Checkout Step Completed",
    "promotionClick": "Promotion Clicked",
    "transaction": "Order Completed",
}
_SNOWPLOW: Final = {
    "product_view": "Product Viewed",
    "list_view": "Product List Viewed",
    "list_click": "Product Clicked",
    "promo_view": "Promotion Viewed",
    "promo_click": "Promotion Clicked",
    "checkout_step": "Checkout Step Completed",
    "add-to-basket": "Product Added",
    "remove-from-basket": "Product Removed",
}
_SHOPIFY: Final = {
    "product_viewed": "Product Viewed",
    "collection_viewed": "Product List Viewed",
    "product_added_to_cart": "Product Added",
    "product_removed_from_cart": "Product Removed",
    "cart_viewed": "Cart Viewed",
    "checkout_started": "Checkout Started",
    "checkout_contact_info_submitted": "Checkout Step Completed",
    "checkout_address_info_submitted": "Checkout Step Completed",
    "checkout_shipping_info_submitted": "Checkout Step Completed",
    "payment_info_submitted": "Payment Info Entered",
    "checkout_completed": "Order Completed",
    "search_submitted": "Products Searched",
    "orders/create": "Order Completed",
    "orders/cancelled": "Order Cancelled",
    "refunds/create": "Order Refunded",
}
_WOOCOMMERCE: Final = {
    "added_to_cart": "Product Added",
    "removed_from_cart": "Product Removed",
    "wc-blocks_added_to_cart": "Product Added",
    "wc-blocks_removed_from_cart": "Product Removed",
    "order.created": "Order Completed",
    "order.refunded": "Order Refunded",
    "order.cancelled": "Order Cancelled",
}
NAMES: Final = tuple(
    Name(there, here, said_by)
    for said_by, names in (
        ("GA4", _GA4),
        ("dataLayer", _DATA_LAYER),
        ("Snowplow", _SNOWPLOW),
        ("Shopify", _SHOPIFY),
        ("WooCommerce", _WOOCOMMERCE),
    )
    for there, here in names.items()
)
"""The whole table."""
HERE: Final[Mapping[str, str]] = {name.there: name.here for name in NAMES}
"""By a name of the table the name that is stored."""
ONE_PRODUCT: Final = frozenset(
    {
        "Product Viewed",
        "Product Clicked",
        "Product Added",
        "Product Removed",
        "Product Added to Wishlist",
    }
)
"""Events about one product, whose fields stand at the top; several stand in ``products``."""
_ORDERS: Final = frozenset({"Order Completed", "Order Refunded", "Order Cancelled"})
_RENAMED: Final = {
    "search_term": "query",
    "searchTerm": "query",
    "item_list_id": "list_id",
    "item_list_name": "list_name",
    "promotion_name": "name",
    "creative_name": "creative",
    "creative_slot": "position",
    "payment_type": "payment_method",
    "shipping_tier": "shipping_method",
}


def translated(message: Message) -> Message:
    """The message in the names of this vocabulary; the same one where it has nothing to say.

    >>> told = translated({"type": "track", "event": "view_item", "properties": {"items": [
    ...     {"item_id": "p1", "price": 12500000}]}})
    >>> told["event"], told["properties"]
    ('Product Viewed', {'product_id': 'p1', 'price': 12500000})
    >>> told["context"]["original"]["event"]
    'view_item'
    """
    if message.get("type") != "track":
        return message
    event = message.get("event")
    here = HERE.get(event) if isinstance(event, str) else None
    if here is None:
        return message
    given = message.get("properties")
    properties = given if isinstance(given, dict) else {}
    told = _properties(here, properties)
    moved = {key: value for key, value in properties.items() if told.get(key) != value}
    original: Message = {"event": event, "properties": moved} if moved else {"event": event}
    around = message.get("context")
    context = around if isinstance(around, dict) else {}
    if given is not None and not isinstance(given, dict):
        return {**message, "event": here}  # to be refused as it is
    if around is not None and not isinstance(around, dict):
        return {**message, "event": here}
    return {
        **message,
        "event": here,
        "properties": told,
        "context": {**context, "original": original},
    }


def _properties(here: str, given: Message) -> Message:
    found, rest = products_of(given)
    told = {_RENAMED.get(key, key): value for key, value in rest.items()}
    if here in _ORDERS:
        told = order_of(told)
    if here in ONE_PRODUCT and len(found) == 1:
        return {**told, **found[0]}
    return {**told, "products": found} if found else told
