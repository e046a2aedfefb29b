"""Behaviours planted on purpose: who must be found by which definition, and who just must not.

Each behaviour is a recipe of steps after a start. Its near misses differ by as little as a
device's clock can tell: a millisecond, one view, one message delivered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND
from tailorbird.simulate import catalogue
from tailorbird.simulate.rows import ADDED, CHECKOUT, ENGAGED, MERGE, NONE, ORDERED, PAGE, VIEWED

TICK: Final = 1_000
"""A millisecond: the resolution of the simulated clocks."""
EVERYTHING: Final = 3_660 * DAY

WATCHED: Final = catalogue.PRODUCTS
"""The number of a product that only planted people look at; so are the two after it."""
DEVICES_WATCHED: Final = catalogue.PRODUCTS + 1
ONCE_WATCHED: Final = catalogue.PRODUCTS + 2


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a recipe, so long after its start."""

    event: int
    after_us: int
    product: int = NONE
    """The number of a product; `NONE` stands for one that depends on the person."""
    other: int = 0
    """How many products on from that one."""
    amount: int = 1
    known: bool = True
    twice: bool = False
    """Whether the message is delivered twice."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A recipe that the definition must not find at the instant so long after its start."""

    why: str
    steps: tuple[Step, ...]
    at_us: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A recipe that a definition finds from one instant after its start until before another."""

    name: str
    definition: str
    steps: tuple[Step, ...]
    from_us: int
    until_us: int
    near_misses: tuple[NearMiss, ...]
    exact: bool = False
    """Whether nobody else in the file can be found."""

    @property
    def recipes(self) -> tuple[tuple[Step, ...], ...]:
        """The steps of those to find, then of each near miss."""
        return self.steps, *(miss.steps for miss in self.near_misses)

    @property
    def length_us(self) -> int:
        """From the start to the last instant that matters within the span."""
        ends = [self.from_us, *(miss.at_us for miss in self.near_misses)]
        return max(ends + [step.after_us for recipe in self.recipes for step in recipe])


def _views(product: int, *afters_us: int) -> tuple[Step, ...]:
    return tuple(Step(VIEWED, after_us, product) for after_us in afters_us)


_LOOK_LOOK: Final = (Step(VIEWED, 0), Step(VIEWED, 2 * MINUTE))

_FLASH_SHOPPER: Final = Behaviour(
    name="flash_shopper",
    definition='sequence("Product Viewed", "Product Viewed", "Product Added", '
    'within="10m", last="10m")',
    steps=(*_LOOK_LOOK, Step(ADDED, 10 * MINUTE - TICK)),
    from_us=10 * MINUTE - TICK,
    until_us=20 * MINUTE - TICK,
    near_misses=(
        NearMiss(
            "the cart comes exactly ten minutes after the first view",
            (*_LOOK_LOOK, Step(ADDED, 10 * MINUTE)),
            10 * MINUTE,
        ),
    ),
)

_FLASH_BUYER: Final = Behaviour(
    name="flash_buyer",
    definition='sequence("Product Viewed", "Product Added", "Order Completed", '
    'within="5m", last="1d")',
    steps=(
        Step(VIEWED, 0),
        Step(ADDED, 40 * SECOND),
        Step(CHECKOUT, 90 * SECOND),
        Step(ORDERED, 200 * SECOND),
    ),
    from_us=200 * SECOND,
    until_us=DAY + 200 * SECOND,
    near_misses=(
        NearMiss(
            "the order comes exactly five minutes after the view",
            (Step(VIEWED, 0), Step(ADDED, MINUTE), Step(ORDERED, 5 * MINUTE)),
            5 * MINUTE,
        ),
    ),
)

_WATCHER: Final = Behaviour(
    name="watcher",
    definition=f'count("Product Viewed", where=properties.product_id == "p{WATCHED}", '
    'last="7d") >= 3',
    steps=_views(WATCHED, 0, 2 * DAY, 5 * DAY),
    from_us=5 * DAY,
    until_us=7 * DAY,
    near_misses=(
        NearMiss(
            "the first view is exactly seven days old at the third",
            _views(WATCHED, 0, 2 * DAY, 7 * DAY),
            7 * DAY,
        ),
        NearMiss(
            "one of two views is delivered twice",
            (Step(VIEWED, 0, WATCHED), Step(VIEWED, DAY, WATCHED, twice=True)),
            2 * DAY,
        ),
    ),
    exact=True,
)

_REPEAT_VIEWER: Final = Behaviour(
    name="repeat_viewer",
    definition='count("Product Viewed", by=properties.product_id, last="7d") >= 3',
    steps=_views(NONE, 0, HOUR, 3 * DAY),
    from_us=3 * DAY,
    until_us=7 * DAY,
    near_misses=(
        NearMiss(
            "three views are of three products",
            tuple(Step(VIEWED, day * DAY, other=day) for day in range(3)),
            2 * DAY,
        ),
    ),
)

_CROSS_DEVICE: Final = Behaviour(
    name="cross_device_watcher",
    definition=f'count("Product Viewed", where=properties.product_id == "p{DEVICES_WATCHED}", '
    'last="7d") >= 3',
    steps=(
        Step(VIEWED, 0, DEVICES_WATCHED, known=False),
        Step(VIEWED, HOUR, DEVICES_WATCHED, known=False),
        Step(MERGE, HOUR + MINUTE),
        Step(VIEWED, HOUR + 2 * MINUTE, DEVICES_WATCHED),
    ),
    from_us=HOUR + 2 * MINUTE,
    until_us=7 * DAY,
    near_misses=(
        NearMiss(
            "the one with two views never signed in",
            tuple(Step(VIEWED, n * HOUR, DEVICES_WATCHED, known=False) for n in range(2)),
            2 * HOUR,
        ),
    ),
    exact=True,
)

_ABANDONED_CART: Final = Behaviour(
    name="abandoned_cart",
    definition='absent("Order Completed", after="Product Added", wait="2h", last="7d")',
    steps=(Step(VIEWED, 0), Step(ADDED, MINUTE)),
    from_us=2 * HOUR + MINUTE,
    until_us=7 * DAY + 2 * HOUR + MINUTE,
    near_misses=(
        NearMiss(
            "the order comes exactly at the deadline",
            (Step(VIEWED, 0), Step(ADDED, MINUTE), Step(ORDERED, 2 * HOUR + MINUTE)),
            2 * HOUR + MINUTE,
        ),
        NearMiss(
            "two hours have passed but for a millisecond",
            (Step(VIEWED, 0), Step(ADDED, MINUTE)),
            2 * HOUR + MINUTE - TICK,
        ),
    ),
)

_HOT_SESSION: Final = Behaviour(
    name="hot_session",
    definition='in_one_session(count("Product Viewed") > 3 and count("Product Added") > 2 '
    'and did("Checkout Started"), last="30d")',
    steps=(
        *(Step(VIEWED, n * MINUTE, other=n) for n in range(4)),
        *(Step(ADDED, (5 + n) * MINUTE, other=n) for n in range(3)),
        Step(CHECKOUT, 37 * MINUTE),
    ),
    from_us=37 * MINUTE,
    until_us=30 * DAY,
    near_misses=(
        NearMiss(
            "the checkout starts half an hour and a millisecond after the last act",
            (
                *(Step(VIEWED, n * MINUTE, other=n) for n in range(4)),
                *(Step(ADDED, (5 + n) * MINUTE, other=n) for n in range(3)),
                Step(CHECKOUT, 37 * MINUTE + TICK),
            ),
            38 * MINUTE,
        ),
    ),
)

_LONG_READER: Final = Behaviour(
    name="long_reader",
    definition='count("Page Viewed", last="1d") > 3 '
    'and sum("Page Engaged", properties.seconds, last="1d") > 300',
    steps=(
        *(Step(PAGE, n * MINUTE, amount=1) for n in range(4)),
        Step(ENGAGED, 5 * MINUTE, amount=150),
        Step(ENGAGED, 9 * MINUTE, amount=151),
    ),
    from_us=9 * MINUTE,
    until_us=DAY,
    near_misses=(
        NearMiss(
            "the seconds add up to exactly five minutes",
            (
                *(Step(PAGE, n * MINUTE, amount=1) for n in range(4)),
                *(Step(ENGAGED, n * MINUTE, amount=150) for n in (5, 9)),
            ),
            9 * MINUTE,
        ),
    ),
)

_DORMANT: Final = Behaviour(
    name="dormant",
    definition='not did(any_event(), last="30d")',
    steps=(Step(PAGE, 0), Step(VIEWED, MINUTE)),
    from_us=30 * DAY + MINUTE,
    until_us=EVERYTHING,
    near_misses=(
        NearMiss(
            "the last act is thirty days old but for a millisecond",
            (Step(PAGE, 0), Step(VIEWED, MINUTE)),
            30 * DAY + MINUTE - TICK,
        ),
    ),
)

_TWICE_DELIVERED: Final = Behaviour(
    name="seen_once",
    definition=f'count("Product Viewed", where=properties.product_id == "p{ONCE_WATCHED}") == 1',
    steps=(Step(VIEWED, 0, ONCE_WATCHED, twice=True),),
    from_us=0,
    until_us=EVERYTHING,
    near_misses=(NearMiss("two views at one instant are two", _views(ONCE_WATCHED, 0, 0), MINUTE),),
    exact=True,
)

BEHAVIOURS: Final = (
    _FLASH_SHOPPER,
    _FLASH_BUYER,
    _WATCHER,
    _REPEAT_VIEWER,
    _CROSS_DEVICE,
    _ABANDONED_CART,
    _HOT_SESSION,
    _LONG_READER,
    _DORMANT,
    _TWICE_DELIVERED,
)


def rows_a_set(days: int) -> int:
    """How many rows one person and one near miss of every behaviour take."""
    recipes = [recipe for b in planted_behaviours(days) for recipe in b.recipes]
    return sum(1 + step.twice for recipe in recipes for step in recipe)


def planted_behaviours(days: int) -> tuple[Behaviour, ...]:
    """The behaviours that a span of so many days has room for."""
    return tuple(behaviour for behaviour in BEHAVIOURS if start_days(behaviour, days) > 0)


def start_days(behaviour: Behaviour, days: int) -> int:
    """On how many first days of a span a recipe may start and end a day before the span does."""
    return days - behaviour.length_us // DAY - 1
