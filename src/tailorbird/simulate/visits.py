"""What people do in a visit: look, search, linger, fill a cart, sometimes buy."""

from __future__ import annotations

from typing import Final

import numpy as np

from tailorbird.simulate import catalogue
from tailorbird.simulate.draws import Bools, Draws, Ints, Quantiles, lognormal
from tailorbird.simulate.rows import (
    ADDED,
    CHECKOUT,
    ENGAGED,
    NONE,
    ORDERED,
    PAGE,
    SEARCHED,
    VIEWED,
    WISHED,
    Codes,
    Items,
    Rows,
    new_rows,
)

_ACTS: Final = (VIEWED, PAGE, SEARCHED, ENGAGED)
_ACT_SHARES: Final = (0.80, 0.11, 0.04, 0.05)
_ADDS: Final = 0.0625
"""Of the rows that follow a product viewed in the same visit, those that put it into the cart."""
_WISHES: Final = 0.012
_BUYS: Final = 0.78
"""Of the visits with something in the cart and two rows to go, those that end in an order."""
_REACHES_CHECKOUT: Final = 0.3
"""Of the other visits with something in the cart, those that end at the checkout."""
_ORDER_LINES: Final = 4

SURE_SIZES: Final = Quantiles(lambda share: min(1 / (1 - share) ** 0.4, 60))
"""Rows of the visit that everybody makes: mostly one, a long tail."""
RETURN_SIZES: Final = lognormal(2.6, 0.95, 400)
"""Rows of any further visit."""
_GAPS_MS: Final = lognormal(24_000, 1.3, 1_500_000, 400)
_SECONDS: Final = lognormal(25, 1.2, 1_200, 1)


def visits(draws: Draws, people: Ints, starts_us: Ints, sizes: Ints, first_session: int) -> Rows:
    """The rows of visits, each visit's rows together and in order; sizes are rows a visit."""
    visit = np.repeat(np.arange(len(sizes)), sizes)
    firsts = np.cumsum(sizes) - sizes
    place = np.arange(len(visit)) - firsts[visit]
    event = _acts(draws, place)
    product = draws.of(len(visit), catalogue.POPULARITY)
    _follow_up(draws, event, product, place)
    bought = _end(draws, event, visit, sizes[visit] - 1 - place)
    times_us = starts_us[visit] + _elapsed_ms(draws, visit, firsts) * 1000
    rows = new_rows(event, people[visit], times_us, first_session + visit).with_columns(
        product=np.where(np.isin(event, (VIEWED, ADDED, WISHED)), product, NONE),
        amount=_amounts(draws, event),
    )
    for row, items in zip(bought.tolist(), _orders(rows, visit, bought), strict=True):
        rows.items[row] = items
    return rows


def _elapsed_ms(draws: Draws, visit: Ints, firsts: Ints) -> Ints:
    """Milliseconds since the start of the visit."""
    gaps = draws.of(len(visit), _GAPS_MS)
    elapsed = np.cumsum(gaps)
    waited: Ints = elapsed - elapsed[firsts][visit]
    return waited


def _acts(draws: Draws, place: Ints) -> Codes:
    acts = np.array(_ACTS, dtype=np.uint8)[draws.choice(len(place), _ACT_SHARES)]
    acts[(acts == ENGAGED) & (place == 0)] = PAGE  # nobody lingers before a page is open
    return acts


def _follow_up(draws: Draws, event: Codes, product: Ints, place: Ints) -> None:
    """Some views are followed by the same product going into the cart or onto the wishlist."""
    after_view = np.flatnonzero((event[:-1] == VIEWED) & (place[1:] > 0)) + 1
    chosen = after_view[draws.chance(len(after_view), _ADDS + _WISHES)]
    # Of two in a row the second is dropped: its view has itself become an add.
    chosen = chosen[np.diff(chosen, prepend=-2) > 1]
    event[chosen] = np.where(draws.chance(len(chosen), _ADDS / (_ADDS + _WISHES)), ADDED, WISHED)
    product[chosen] = product[chosen - 1]


def _end(draws: Draws, event: Codes, visit: Ints, left: Ints) -> Ints:
    """Visits with a cart may end at the checkout or with an order; the rows of the orders."""
    carted = np.zeros(int(visit[-1]) + 1 if len(visit) else 0, dtype=np.bool_)
    carted[visit[(event == ADDED) & (left >= 2)]] = True
    lasts = np.flatnonzero(left == 0)[carted]
    buys: Bools = draws.chance(len(lasts), _BUYS)
    stops = ~buys & draws.chance(len(lasts), _REACHES_CHECKOUT)
    bought: Ints = lasts[buys]
    event[bought - 1] = CHECKOUT
    event[bought] = ORDERED
    event[lasts[stops]] = CHECKOUT
    return bought


def _amounts(draws: Draws, event: Codes) -> Ints:
    amount = np.full(len(event), NONE, dtype=np.int64)
    for code, table in ((ENGAGED, _SECONDS), (ADDED, _PIECES)):
        which = np.flatnonzero(event == code)
        amount[which] = draws.of(len(which), table)
    for code, choices in ((PAGE, catalogue.PAGES), (SEARCHED, catalogue.QUERIES)):
        which = np.flatnonzero(event == code)
        amount[which] = draws.below(len(which), len(choices))
    return amount


_PIECES: Final = Quantiles(lambda share: 1 + (share > 0.85) + (share > 0.96))


def _orders(rows: Rows, visit: Ints, bought: Ints) -> list[Items]:
    """What the orders in these rows hold: the last things put into the cart before them."""
    added = np.flatnonzero(rows.event == ADDED)
    from_, to = (np.searchsorted(visit[added], visit[bought], side) for side in ("left", "right"))
    lines = list(zip(rows.product[added].tolist(), rows.amount[added].tolist(), strict=True))
    return [
        tuple(lines[max(start, end - _ORDER_LINES) : end])
        for start, end in zip(from_.tolist(), to.tolist(), strict=True)
    ]
