"""Which rows are lines of orders, what names their order, and what they add to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tailorbird.events.cells import reader_of
from tailorbird.events.chunks import Chunk
from tailorbird.events.mapping import Mapping, Orders, Property
from tailorbird.events.memo import Memo
from tailorbird.kernel.values import UNIT, Value, multiply

ANONYMOUS: Final = "order:"
"""What the subject of an order without a person begins with; the name of the order follows."""


class OrderReader:
    """Reads what a mapping says about orders from chunk after chunk."""

    def __init__(self, mapping: Mapping, orders: Orders) -> None:
        self._orders = orders
        self._price = _amount(mapping, "price")
        self._quantity = _amount(mapping, "quantity")
        self._amounts: Memo[tuple[Value, Value], int | None] = Memo(_product)

    def names(self, chunk: Chunk) -> list[str]:
        """The text that names each row's order; "" where no column says."""
        groups = [
            list(zip(*(chunk.texts(column) for column in group), strict=True))
            for group in self._orders.by
        ]
        return [_name([group[row] for group in groups]) for row in range(chunk.count)]

    def lines(self, event_names: Sequence[str]) -> list[int]:
        """The places of the rows that are lines of orders."""
        events = self._orders.events
        return [row for row, name in enumerate(event_names) if name in events]

    def amounts(self, chunk: Chunk) -> list[int | None]:
        """Price times quantity of each row, one piece where nobody says how many."""
        if not self._orders.revenue or self._price is None:
            return [None] * chunk.count
        entry, memo = self._price
        prices = chunk.numbers(entry.column, memo)
        quantities: Sequence[Value] = [UNIT] * chunk.count
        if self._quantity is not None:
            entry, memo = self._quantity
            quantities = chunk.numbers(entry.column, memo)
        return self._amounts.column(list(zip(prices, quantities, strict=True)))


def _of_text(read: Callable[[str], Value], text: str | None) -> Value:
    return read(text) if text else None


def _amount(mapping: Mapping, name: str) -> tuple[Property, Memo[str | None, Value]] | None:
    for entry in mapping.properties:
        if entry.path == (name,):
            read = reader_of("number", absolute=entry.absolute, unknown=entry.unknown)
            return entry, Memo(partial(_of_text, read))
    return None


def _name(candidates: Sequence[Sequence[str | None]]) -> str:
    whole = next((parts for parts in candidates if all(parts)), candidates[-1])
    return "/".join(part for part in whole if part)


def _product(pair: tuple[Value, Value]) -> int | None:
    price, quantity = pair
    if type(price) is not int or type(quantity) is not int:
        return None
    amount = multiply(price, quantity)
    return amount if type(amount) is int else None
