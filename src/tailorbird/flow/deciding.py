"""What is answered by columns, and whose histories have to be folded for the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tailorbird.language.batch.bounds import Judge
from tailorbird.language.batch.columns import Array, Column, Flags, column_of
from tailorbird.language.batch.expressions import Evaluation
from tailorbird.language.batch.plan import BatchPlan
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Operation


@dataclass(frozen=True)
class Decided:
    """What is known of some people."""

    values: dict[Key, Column]
    """Of definitions that are answered for everybody."""
    surely: Mapping[Key, Array | None]
    """Of the others: for whom they hold in any case; None where they are no conditions."""
    open: Array
    """The rows of the people of whom something is undecided."""

    def completed(
        self, fold: Callable[[Array, list[Key]], list[dict[Key, Any]]]
    ) -> dict[Key, Column]:
        """The values of all definitions; a fold answers those that are not known of some rows."""
        keys = list(self.surely)
        found = fold(self.open, keys) if len(self.open) else []
        values = dict(self.values)
        for key, surely in self.surely.items():
            told = [answer[key] for answer in found]
            if surely is None:
                values[key] = column_of(told)
            else:
                flags = surely.copy()
                flags[self.open] = np.array(told, bool)
                values[key] = Flags(flags)
        return values


def decide(
    plan: BatchPlan, evaluation: Evaluation, known: Collection[Operation], size: int
) -> Decided:
    """Answer what the known operations answer.

    Where one part of a condition decides it, the others need not be known.
    """
    judge = Judge(evaluation, plan.expressions, known, size)
    values: dict[Key, Column] = {}
    surely: dict[Key, Array | None] = {}
    is_open = np.zeros(size, bool)
    for key in plan.keys:
        expr = plan.expressions[key]
        if judge.is_known(expr):
            values[key] = evaluation.definition(key)
        elif plan.nothing(key) is False:
            bounds = judge.bounds(expr)
            surely[key] = bounds.surely
            is_open |= bounds.maybe & ~bounds.surely
        else:
            surely[key] = None
            is_open[:] = True
    return Decided(values, surely, np.flatnonzero(is_open))
