"""Values smoothed over their last occurrences, person by person over the rows in order."""

from __future__ import annotations

import numpy as np

from tailorbird.kernel.smoothing import exponential, kalman
from tailorbird.kernel.values import MISSING
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, as_numbers, column_of
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk
from tailorbird.language.batch.readings import Computed, Ordered, numbers
from tailorbird.language.batch.roles import Roles
from tailorbird.language.operations import Smooth


def smooth(operation: Smooth, moment: Moment) -> Ordered:
    """The smoothed numbers; doubles depend on their order, so that one function does it."""
    number = filters.value(operation.value, moment).number or "NULL::BIGINT"
    roles = Roles(moment)
    role = roles.of(operation.select)
    amount, there = roles.value(number, role), roles.value(f"({number}) IS NOT NULL", role)

    def compute(chunk: Chunk, _now: Array) -> Computed:
        rows = np.flatnonzero(chunk.columns[there].astype(bool))
        who, values = chunk.who[rows], chunk.columns[amount][rows]
        first = np.flatnonzero(np.append(True, who[1:] != who[:-1])[: len(who)])
        series = np.split(values, first[1:]) if len(first) else []
        smoothed = column_of([_smoothed(operation, one.tolist()) for one in series])
        found = as_numbers(smoothed, len(first))
        return who[first], [np.ma.array(found.values, mask=~found.present)]

    return Ordered(roles.rows(None), roles.columns, None, compute, numbers, MISSING)


def _smoothed(operation: Smooth, values: list[int]) -> object:
    if operation.method == "kalman":
        return kalman(values, operation.q, operation.r)
    return exponential(values, operation.alpha)
