"""Bots: few, tireless, with many views a second."""

from __future__ import annotations

from typing import Final

import numpy as np

from tailorbird.simulate import catalogue
from tailorbird.simulate.draws import Draws, Ints, lognormal
from tailorbird.simulate.rows import PAGE, VIEWED, Rows, new_rows

BURST_SIZES: Final = lognormal(400, 0.8, 5_000, 40)
_GAPS_MS: Final = lognormal(120, 0.6, 900, 20)
_PAGES: Final = 0.05


def bursts(draws: Draws, bots: Ints, starts_us: Ints, sizes: Ints, first_session: int) -> Rows:
    """The rows of bursts, one visit each."""
    visit = np.repeat(np.arange(len(sizes)), sizes)
    firsts = np.cumsum(sizes) - sizes
    elapsed = np.cumsum(draws.of(len(visit), _GAPS_MS))
    times_us = starts_us[visit] + (elapsed - elapsed[firsts][visit]) * 1000
    event = np.where(draws.chance(len(visit), _PAGES), PAGE, VIEWED).astype(np.uint8)
    product = draws.below(len(visit), catalogue.PRODUCTS)
    return new_rows(event, bots[visit], times_us, first_session + visit).with_columns(
        product=np.where(event == VIEWED, product, -1),
        amount=np.where(event == PAGE, product % len(catalogue.PAGES), -1),
    )
