"""The columns of the flat file: for each the numbers in a row, and how numbers become values.

Whoever writes rows, as text, as messages or as facts, goes by this one list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from tailorbird.simulate import catalogue, population
from tailorbird.simulate.draws import Bools, Ints
from tailorbird.simulate.rows import (
    ADDED,
    CONSENT,
    ENGAGED,
    EVENTS,
    MERGE,
    NONE,
    ORDERED,
    PAGE,
    SEARCHED,
    TRAITS,
    Items,
    Rows,
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Text made of a prefix and the number."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of some texts, by index."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number that counts parts of a unit."""

    parts: int


@dataclass(frozen=True, slots=True)
class Hex:
    """Up to sixteen hexadecimal digits of the number's 64 bits."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date as text."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""


Kind: TypeAlias = Labelled | Chosen | Scaled | Hex | Moment | Day | Flag

Cells: TypeAlias = "np.ma.MaskedArray[tuple[int], np.dtype[np.int64]]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, where a message keeps the value, and the numbers in some rows."""

    name: str
    kind: Kind
    numbers: Callable[[Rows], Cells]
    path: tuple[str, ...] = ()
    """Keys below ``context`` or ``properties``; empty for what stands at a message's top."""


def _all(numbers: Ints) -> Cells:
    return np.ma.MaskedArray(numbers, mask=False)


def _where(present: Bools, numbers: Ints) -> Cells:
    return np.ma.MaskedArray(numbers, mask=~present)


def _amount(code: int) -> Callable[[Rows], Cells]:
    return lambda rows: _where(rows.event == code, rows.amount)


def _product(numbers: Callable[[Ints], Ints]) -> Callable[[Rows], Cells]:
    return lambda rows: _where(rows.product != NONE, numbers(rows.product))


def _trait(numbers: Callable[[Ints], Ints]) -> Callable[[Rows], Cells]:
    return lambda rows: _where(rows.event == TRAITS, numbers(rows.person))


def _place(numbers: Callable[[Ints], Ints]) -> Callable[[Rows], Cells]:
    return lambda rows: _where(
        population.located(rows.person) & (rows.event < TRAITS), numbers(rows.person)
    )


def order_cents(items: Items) -> int:
    """What an order costs in all, in hundredths of the currency."""
    shelf = catalogue.shelf()
    return sum(shelf[product].cents * quantity for product, quantity in items)


def _revenue(rows: Rows) -> Cells:
    cents = np.zeros(len(rows), dtype=np.int64)
    ordered = np.flatnonzero(rows.event == ORDERED)
    cents[ordered] = [order_cents(items) for items in rows.items[ordered]]
    return _where(rows.event == ORDERED, cents)


def _same(numbers: Ints) -> Ints:
    return numbers


COLUMNS: Final = (
    Column("message_id", Hex(), lambda rows: _all(rows.message)),
    Column("event", Chosen(EVENTS), lambda rows: _all(rows.event.astype(np.int64))),
    Column("user_id", Labelled("u"), lambda rows: _where(rows.known, rows.person)),
    Column("anonymous_id", Labelled("a"), lambda rows: _where(~rows.known, rows.person)),
    Column("time", Moment(), lambda rows: _all(rows.time_us)),
    Column("sent_at", Moment(), lambda rows: _all(rows.sent_us)),
    Column("received_at", Moment(), lambda rows: _all(rows.received_us)),
    Column(
        "session_id",
        Labelled("s"),
        lambda rows: _all(rows.session),
        ("context", "session", "id"),
    ),
    Column(
        "device_type",
        Chosen(population.DEVICES),
        lambda rows: _all(population.device(rows.person)),
        ("context", "device", "type"),
    ),
    Column(
        "page_url",
        Labelled("https://shop.example/products/p"),
        _product(_same),
        ("context", "page", "url"),
    ),
    Column(
        "latitude",
        Scaled(1_000_000),
        _place(population.latitude),
        ("context", "location", "latitude"),
    ),
    Column(
        "longitude",
        Scaled(1_000_000),
        _place(population.longitude),
        ("context", "location", "longitude"),
    ),
    Column("name", Chosen(catalogue.PAGES), _amount(PAGE), ("properties", "name")),
    Column("query", Chosen(catalogue.QUERIES), _amount(SEARCHED), ("properties", "query")),
    Column("seconds", Scaled(1), _amount(ENGAGED), ("properties", "seconds")),
    Column("product_id", Labelled("p"), _product(_same), ("properties", "product_id")),
    Column(
        "category",
        Chosen(catalogue.CATEGORIES),
        _product(catalogue.category),
        ("properties", "category"),
    ),
    Column("brand", Chosen(catalogue.BRANDS), _product(catalogue.brand), ("properties", "brand")),
    Column("price", Scaled(100), _product(catalogue.price_cents), ("properties", "price")),
    Column("quantity", Scaled(1), _amount(ADDED), ("properties", "quantity")),
    Column(
        "order_id",
        Labelled("o"),
        lambda rows: _where(rows.event == ORDERED, rows.session),
        ("properties", "order_id"),
    ),
    Column("revenue", Scaled(100), _revenue, ("properties", "revenue")),
    Column("city", Chosen(population.CITIES), _trait(population.city), ("properties", "city")),
    Column(
        "country", Chosen(population.COUNTRIES), _trait(population.city), ("properties", "country")
    ),
    Column(
        "timezone", Chosen(population.ZONES), _trait(population.city), ("properties", "timezone")
    ),
    Column("birthday", Day(), _trait(population.birthday), ("properties", "birthday")),
    Column(
        "purpose",
        Chosen(("marketing",)),
        lambda rows: _where(rows.event == CONSENT, np.zeros(len(rows), dtype=np.int64)),
        ("properties", "purpose"),
    ),
    Column("granted", Flag(), _amount(CONSENT), ("properties", "granted")),
    Column(
        "other",
        Labelled("a"),
        lambda rows: _where(rows.event == MERGE, rows.person),
        ("properties", "other"),
    ),
)
"""All columns but `products`, the lines of orders."""
LINES: Final = "products"
