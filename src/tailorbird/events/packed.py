"""Facts by column in arrays: the form in which very many of them travel, without an object each."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


class Texts(NamedTuple):
    """A column of texts that lie somewhere in one piece of memory."""

    data: bytes
    """UTF-8; other columns may lie in it too."""
    starts: Array
    lengths: Array
    """In bytes; below zero where there is no text."""

    def picked(self, rows: Array) -> Texts:
        """Those of some rows."""
        return Texts(self.data, self.starts[rows], self.lengths[rows])


class PackedColumns(NamedTuple):
    """The columns of `FactColumns`, all accepted: numbers and flags are 64-bit integers."""

    subject: Texts
    time_us: Array
    id: Texts
    name: Texts
    act: Array
    active: Array
    source: Texts
    known_us: Array
    properties: Texts
    context: Texts

    @property
    def length(self) -> int:
        """How many facts these are."""
        return len(self.time_us)

    def picked(self, rows: Array) -> PackedColumns:
        """The facts of some rows, in the order in which these are given."""
        picked: Any = (
            column.picked(rows) if isinstance(column, Texts) else column[rows] for column in self
        )
        return PackedColumns(*picked)
