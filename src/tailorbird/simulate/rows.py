"""Rows as columns of numbers: one batch of a clickstream before it becomes text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tailorbird.kernel import facts
from tailorbird.simulate.draws import Bools, Ints

VIEWED: Final = 0
PAGE: Final = 1
SEARCHED: Final = 2
ENGAGED: Final = 3
ADDED: Final = 4
WISHED: Final = 5
CHECKOUT: Final = 6
ORDERED: Final = 7
TRAITS: Final = 8
CONSENT: Final = 9
MERGE: Final = 10

EVENTS: Final = (
    *("Product Viewed", facts.PAGE_VIEWED, "Product Searched", "Page Engaged", "Product Added"),
    *("Product Added to Wishlist", "Checkout Started", "Order Completed"),
    *(facts.TRAITS, facts.CONSENT, facts.MERGE),
)
"""Event names by the code that a row carries."""

NONE: Final = -1
"""No product, no order, no amount."""

Codes: TypeAlias = NDArray[np.uint8]
Items: TypeAlias = tuple[tuple[int, int], ...]
"""What an order holds: product and quantity of each line."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length; times are instants in microseconds."""

    event: Codes
    person: Ints
    known: Bools
    """Whether the row carries the user id; else it carries the anonymous id."""
    time_us: Ints
    sent_us: Ints
    received_us: Ints
    message: Ints
    session: Ints
    product: Ints
    amount: Ints
    """Pieces of a product, seconds on a page, or the index of a page, query or answer."""
    items: NDArray[np.object_]
    copy: Bools
    """Whether the same message was delivered before."""

    def __len__(self) -> int:
        return len(self.event)

    def take(self, which: Any) -> Rows:
        """The rows at indices, in a slice or where a mask is true."""
        return Rows(*(getattr(self, field.name)[which] for field in fields(self)))

    def with_columns(self, **columns: NDArray[Any]) -> Rows:
        """The same rows with some columns replaced (copying none of the others)."""
        return Rows(*(columns.get(f.name, getattr(self, f.name)) for f in fields(self)))


def new_rows(event: Codes, person: Ints, time_us: Ints, session: Ints) -> Rows:
    """Rows with nothing but a time, sent and received at once, by people without a user id."""
    count = len(event)
    nothing = np.full(count, NONE, dtype=np.int64)
    no = np.zeros(count, dtype=np.bool_)
    return Rows(
        event=event,
        person=person,
        known=no,
        time_us=time_us,
        sent_us=time_us,
        received_us=time_us,
        message=nothing,
        session=session,
        product=nothing,
        amount=nothing,
        items=np.full(count, None, dtype=np.object_),
        copy=no,
    )


def joined(batches: Sequence[Rows]) -> Rows:
    """All rows of the batches, one batch after the other."""
    columns = (
        np.concatenate([getattr(batch, field.name) for batch in batches]) for field in fields(Rows)
    )
    return Rows(*columns)
