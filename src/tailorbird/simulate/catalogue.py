"""The shop's shelf: products with a category, a brand and a price, all from the number alone."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailorbird.simulate.draws import Ints, lognormal, ranks, scrambled

PRODUCTS: Final = 20_000
RESERVED: Final = 3
"""Products after those on the shelf, for people who behave as planned."""
CATEGORIES: Final = (
    *("electronics.smartphone", "electronics.audio", "computers.notebook", "apparel.shoes"),
    *("apparel.dress", "home.kitchen", "home.garden", "kids.toys", "sport.bicycle", "books"),
    *("beauty.perfume", "luxury.watch"),
)
BRANDS: Final = (
    *("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper"),
    *("Larch", "Maple", "Oak", "Pine", "Rowan", "Spruce", "Willow", "Yew"),
)
QUERIES: Final = (
    *("shoes", "phone", "gift", "headphones", "garden chair", "toy train", "watch", "tea"),
)
PAGES: Final = ("Home", "Category", "Cart", "Account", "Help")
POPULARITY: Final = ranks(PRODUCTS, 40)

_PRICES: Final = lognormal(3_500, 1.1, 400_000, 99)
_SALT: Final = 101


def price_cents(products: Ints) -> Ints:
    """What one piece costs, in hundredths of the currency."""
    return _PRICES.at((scrambled(products, _SALT) >> np.uint64(32)).astype(np.uint32))


def category(products: Ints) -> NDArray[np.int64]:
    """The index of each product's category."""
    return (scrambled(products, _SALT + 1) % np.uint64(len(CATEGORIES))).astype(np.int64)


def brand(products: Ints) -> NDArray[np.int64]:
    """The index of each product's brand."""
    return (scrambled(products, _SALT + 2) % np.uint64(len(BRANDS))).astype(np.int64)


class Product(NamedTuple):
    """One product on the shelf."""

    category: str
    brand: str
    cents: int


@cache
def shelf() -> tuple[Product, ...]:
    """Every product by its number, for the few that are looked at one by one."""
    numbers = np.arange(PRODUCTS + RESERVED, dtype=np.int64)
    columns = (category(numbers), brand(numbers), price_cents(numbers))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(Product(CATEGORIES[kind], BRANDS[maker], cents) for kind, maker, cents in rows)
