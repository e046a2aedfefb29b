"""Products and orders as shops of several makers write them, in the fields that are used here."""

from __future__ import annotations

from typing import Any, Final

from tailorbird.kernel import limits
from tailorbird.kernel.values import MISSING, Value, parse_number

Message = dict[str, Any]

PRODUCT: Final = {
    "item_id": "product_id",
    "item_name": "name",
    "item_brand": "brand",
    "item_category": "category",
    "item_variant": "variant",
    "index": "position",
    "id": "product_id",
    "title": "name",
    "vendor": "brand",
}
"""What a field of a product is called elsewhere, and here; others keep their names."""
_LISTS: Final = ("items", "products", "lineItems", "line_items")
_ACTIONS: Final = ("detail", "click", "add", "remove", "checkout", "purchase", "refund")
"""Under these an older data layer has its products, and the order in ``actionField``."""
ORDER: Final = {
    "transaction_id": "order_id",
    "id": "order_id",
    "number": "order_number",
    "total_price": "total",
    "totalPrice": "total",
    "total_tax": "tax",
    "totalTax": "tax",
    "shipping_total": "shipping",
    "discount_total": "discount",
    "currencyCode": "currency",
}
"""The same for an order."""
_MONEY: Final = ("value", "revenue", "total", "tax", "shipping", "discount")


def products_of(given: Message) -> tuple[list[Message], Message]:
    """The products of an event's properties, and the rest of these.

    >>> products_of({"ecommerce": {"add": {"products": [{"id": "p1"}]}}, "page": "/"})
    ([{'product_id': 'p1'}], {'page': '/'})
    """
    rest = _unfolded(given)
    found: list[Message] = []
    for name in _LISTS:
        listed = rest.get(name)
        if isinstance(listed, list) and _are_products(listed):
            found += [_product(one) for one in rest.pop(name)]
    for name, read in (("productVariant", _variant), ("cartLine", _line)):
        if isinstance(rest.get(name), dict):
            found.append(read(rest.pop(name)))
    return found, rest


def _are_products(listed: list[Value]) -> bool:
    return len(listed) <= limits.ITEMS and all(isinstance(one, dict) for one in listed)


def _unfolded(given: Message) -> Message:
    """Without the boxes in which shops put what they say."""
    rest = dict(given)
    for box in ("ecommerce", "data"):
        if isinstance(rest.get(box), dict):
            rest = {**rest.pop(box), **rest}
    for action in _ACTIONS:
        told = rest.get(action)
        if isinstance(told, dict) and ("products" in told or "actionField" in told):
            del rest[action]
            field = told.get("actionField")
            order = field if isinstance(field, dict) else {}
            others = {key: value for key, value in told.items() if key != "actionField"}
            rest = {**order, **others, **rest}
    for box in ("checkout", "order"):
        if isinstance(rest.get(box), dict):
            told = rest.pop(box)
            rest = {**_plain(told), **rest}
    return rest


def _plain(told: Message) -> Message:
    """A checkout of Shopify: its money is an object, and its order has the id that counts."""
    order = told.get("order")
    own = {key: value for key, value in told.items() if key != "order"}
    if isinstance(order, dict) and order.get("id") is not None:
        own["id"] = order["id"]
    return own


def _product(given: Message) -> Message:
    if isinstance(given.get("variant"), dict):
        rest = {key: value for key, value in given.items() if key not in ("variant", "id")}
        return {**_variant(given["variant"]), **_named(rest)}
    if "product_id" in given or "item_id" in given:  # then an id is that of a line
        given = {key: value for key, value in given.items() if key != "id"}
    return _named(given)


def _named(given: Message) -> Message:
    told = {PRODUCT.get(key, key): value for key, value in given.items()}
    for key in ("price", "quantity"):
        if key in told:
            told[key] = amount_of(told[key])
    return told


def _variant(given: Message) -> Message:
    """A variant of a product in Shopify, with its price and the product that it is of."""
    product = given.get("product")
    about = product if isinstance(product, dict) else {}
    told: Message = {
        "product_id": about.get("id", given.get("id")),
        "variant_id": given.get("id") if "id" in about else None,
        "sku": given.get("sku"),
        "name": about.get("title", given.get("title")),
        "brand": about.get("vendor"),
        "category": about.get("type"),
        "variant": given.get("title") if "title" in about else None,
        "price": amount_of(given.get("price")),
        "currency": _currency(given.get("price")),
    }
    return {key: value for key, value in told.items() if value is not None and value != ""}


def _line(given: Message) -> Message:
    """A line of a cart in Shopify."""
    goods = given.get("merchandise")
    product = _variant(goods) if isinstance(goods, dict) else {}
    return {**product, "quantity": amount_of(given.get("quantity"))}


def order_of(given: Message) -> Message:
    """An order's own properties, its money as numbers, its total worked out where it is not said.

    ``value`` of GA4 is what the products cost: the revenue. The total has tax and shipping too.

    >>> order_of({"transaction_id": "o1", "value": 20000000, "tax": 1000000})
    {'order_id': 'o1', 'revenue': 20000000, 'tax': 1000000, 'total': 21000000}
    """
    told = _order_named(given)
    for key, value in list(told.items()):
        if isinstance(value, dict) and "amount" in value:
            told[key] = amount_of(value)
            if (currency := _currency(value)) is not None:
                told.setdefault("currency", currency)
        elif key in _MONEY:
            told[key] = amount_of(value)
    if "value" in told and "revenue" not in told:
        told = {("revenue" if key == "value" else key): value for key, value in told.items()}
    parts = [told.get(key, 0) for key in ("revenue", "tax", "shipping")]
    if "total" not in told and "revenue" in told and all(type(part) is int for part in parts):
        told["total"] = sum(parts)
    return told


def _order_named(given: Message) -> Message:
    if "order_id" in given or "transaction_id" in given:
        return {("order_id" if k == "transaction_id" else k): v for k, v in given.items()}
    return {ORDER.get(key, key): value for key, value in given.items()}


def amount_of(given: Value) -> Value:
    """A number that may stand as text, or as an object with a currency; as it is where it is none.

    >>> amount_of({"amount": "12.50", "currencyCode": "GBP"}), amount_of("2"), amount_of("many")
    (12500000, 2000000, 'many')
    """
    if isinstance(given, dict) and "amount" in given:
        given = given["amount"]
    if not isinstance(given, str) or not given.strip():
        return given
    number = parse_number(given.strip())
    return given if number is MISSING else number


def _currency(given: Value) -> Value:
    return given.get("currencyCode") if isinstance(given, dict) else None
