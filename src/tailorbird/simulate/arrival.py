"""How rows reach the shop: at once, hours late from a phone, or twice."""

from __future__ import annotations

from typing import Final

import numpy as np

from tailorbird.kernel.instants import MINUTE
from tailorbird.simulate import population
from tailorbird.simulate.draws import Bools, Draws, Ints, lognormal, scrambled
from tailorbird.simulate.population import lot
from tailorbird.simulate.rows import Rows, joined

LATE_US: Final = 10 * MINUTE
"""A row counts as late when it is received so much later than it happened."""

_MOBILE_SHARE: Final = 0.55
_IN_BATCHES: Final = 0.8
"""Of the late rows, those that a phone kept through a whole visit and sent together."""
_BATCH_SALT: Final = 31
_BATCH_MS: Final = lognormal(7_200_000, 1.0, 72_000_000, 900_000)
_RETRY_MS: Final = lognormal(2_400_000, 0.8, 36_000_000, 660_000)
_SENDING_MS: Final = lognormal(600, 0.8, 5_000, 10)
_TRAVEL_MS: Final = lognormal(80, 0.5, 2_000, 5)
_AGAIN_MS: Final = lognormal(20_000, 1.6, 20_000_000, 1_000)


def delivered(draws: Draws, rows: Rows, late: float, seed: int, first_message: int) -> Rows:
    """The rows with message ids and the instants at which they were sent and received."""
    count = len(rows)
    sending_ms = draws.of(count, _SENDING_MS)
    late_alone = draws.chance(count, late * (1 - _IN_BATCHES))
    sending_ms[late_alone] = draws.of(int(late_alone.sum()), _RETRY_MS)
    sent_us = rows.time_us + sending_ms * 1000
    travel_ms = draws.of(count, _TRAVEL_MS)
    kept = np.flatnonzero(_kept(rows, late, seed))
    sent_us[kept] = _sent_together_us(draws, rows.take(kept))
    travel_ms[kept] = 100
    return rows.with_columns(
        sent_us=sent_us,
        received_us=sent_us + travel_ms * 1000,
        message=scrambled(first_message + np.arange(count), seed).view(np.int64),
    )


def _kept(rows: Rows, late: float, seed: int) -> Bools:
    """Rows of visits that a phone without a network kept until later."""
    kept = lot(rows.session, seed + _BATCH_SALT, late * _IN_BATCHES / _MOBILE_SHARE)
    kept &= population.device(rows.person) == population.MOBILE
    return kept


def _sent_together_us(draws: Draws, rows: Rows) -> Ints:
    """One instant for all rows of a visit, some time after the last of them."""
    sessions, visit = np.unique(rows.session, return_inverse=True)
    last_us = np.zeros(len(sessions), dtype=np.int64)
    np.maximum.at(last_us, visit, rows.time_us)
    sent_us: Ints = (last_us + draws.of(len(sessions), _BATCH_MS) * 1000)[visit]
    return sent_us


def with_copies(draws: Draws, rows: Rows, which: Ints) -> Rows:
    """The rows and some once more, sent again a little later under the same message id."""
    if not len(which):
        return rows
    again = rows.take(which)
    wait_us = draws.of(len(which), _AGAIN_MS) * 1000
    again = again.with_columns(
        sent_us=again.sent_us + wait_us,
        received_us=again.received_us + wait_us,
        copy=np.ones(len(which), dtype=np.bool_),
    )
    return joined([rows, again])
