"""Lines of orders gathered into one fact an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tailorbird.events.cells import tagged
from tailorbird.events.columns import FactColumns
from tailorbird.events.repeats import hash_of_row
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import bounded


class Line(NamedTuple):
    """A row that is a part of an order; properties as members of a JSON object."""

    subject: str
    name: str
    order: str
    """The text that names the order."""
    time_us: int
    known_us: int | None
    order_members: str
    item_members: str
    context: str | None
    amount: int | None
    """Price times quantity in millionths; None when one of them is not recorded."""


@dataclass(slots=True)
class _Order:
    first: Line
    time_us: int
    known_us: int | None
    amount: int | None = 0
    """None from the first line on whose price is not recorded: no part is given for the whole."""
    items: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.time_us = min(self.time_us, line.time_us)
        if self.known_us is not None and line.known_us is not None:
            self.known_us = max(self.known_us, line.known_us)
        known = self.amount is not None and line.amount is not None
        self.amount = (self.amount or 0) + (line.amount or 0) if known else None
        if line.item_members:
            self.items.append(line.item_members)

    def properties(self) -> str:
        members = [f'"order_id":{tagged(self.first.order)}', self.first.order_members]
        if self.amount is not None and bounded(self.amount) is self.amount:
            members.append(f'"revenue":{self.amount}')
        if self.items:
            members.append('"products":[' + ",".join(f"{{{item}}}" for item in self.items) + "]")
        return "{" + ",".join(filter(None, members)) + "}"


class OrderBook:
    """Orders that are open until the file has been read; its lines may stand anywhere in it.

    An order's id is a hash of what names it, so that an order that a longer file completes is
    the same order; the fact stays as it was first accepted.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._orders: dict[tuple[str, str, str], _Order] = {}
        self._lines = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Put lines to their orders; raises `InputError` beyond `limits.ORDER_LINES`."""
        for line in lines:
            key = (line.subject, line.name, line.order)
            order = self._orders.get(key)
            if order is None:
                order = self._orders[key] = _Order(line, line.time_us, line.known_us)
            order.add(line)
            self._lines += 1
        if self._lines > limits.ORDER_LINES:
            raise InputError(
                f"the file has more than {limits.ORDER_LINES:,} lines of orders, which are kept in "
                "memory until its end; cut it between two orders and import the parts"
            )

    def facts(self) -> FactColumns:
        """All orders as facts, in the order in which their first lines came."""
        orders = list(self._orders.values())
        keys = list(self._orders)
        return FactColumns(
            subject=[subject for subject, _, _ in keys],
            time_us=[order.time_us for order in orders],
            id=[self._id(key) for key in keys],
            name=[name for _, name, _ in keys],
            act=[True] * len(keys),
            active=[True] * len(keys),
            source=[self._source] * len(keys),
            known_us=[order.known_us for order in orders],
            properties=[order.properties() for order in orders],
            context=[order.first.context for order in orders],
        )

    def _id(self, key: tuple[str, str, str]) -> str:
        return hash_of_row(self._source, "\x1e".join(key))
