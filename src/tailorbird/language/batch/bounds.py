"""What is certain about a condition of which not every part is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from tailorbird.language.batch.columns import Array, as_flags
from tailorbird.language.batch.expressions import Evaluation
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Apply, Expr, Given, Leaf, Operation, parts


class Bounds(NamedTuple):
    """For whom a condition holds whatever the unknown parts are, and for whom it may hold."""

    surely: Array
    maybe: Array


class Judge:
    """Judges conditions by the operations that are known."""

    def __init__(
        self,
        evaluation: Evaluation,
        expressions: Mapping[Key, Expr],
        known: Collection[Operation],
        size: int,
    ) -> None:
        self._evaluation = evaluation
        self._expressions = expressions
        self._known = known
        self._size = size
        self._is_known: dict[Expr, bool] = {}

    def bounds(self, expr: Expr) -> Bounds:
        """What is certain about a condition."""
        if self.is_known(expr):
            holds = as_flags(self._evaluation.column(expr), self._size)
            return Bounds(holds, holds)
        if isinstance(expr, Given):
            return self.bounds(self._expressions[expr.key])
        if isinstance(expr, Apply) and expr.name in ("and", "or", "not"):
            return self._logic(expr)
        return Bounds(np.zeros(self._size, bool), np.ones(self._size, bool))

    def _logic(self, expr: Apply) -> Bounds:
        below = [self.bounds(argument) for argument in expr.arguments]
        if expr.name == "not":
            return Bounds(~below[0].maybe, ~below[0].surely)
        combine = np.logical_and if expr.name == "and" else np.logical_or
        surely, maybe = (reduce(combine, side) for side in zip(*below, strict=True))
        return Bounds(surely, maybe)

    def is_known(self, expr: Expr) -> bool:
        """Whether everything that an expression reads is known."""
        found = self._is_known.get(expr)
        if found is None:
            found = self._is_known[expr] = self._reads_known(expr)
        return found

    def _reads_known(self, expr: Expr) -> bool:
        if isinstance(expr, Leaf):
            return expr.operation in self._known
        if isinstance(expr, Given):
            return self.is_known(self._expressions[expr.key])
        return all(self.is_known(part) for part in parts(expr))
