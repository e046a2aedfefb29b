"""Rows as file readers hand them over, in chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias


class TextRows(NamedTuple):
    """Rows of a table whose cells are texts; None is a null."""

    rows: Sequence[Sequence[str | None]]
    lines: Sequence[int]
    """The line in which each row begins, from 1; the row's number where a file has no lines."""
    raw: Callable[[int], str]
    """What the row at a place says, in one text."""


class JsonRows(NamedTuple):
    """Rows that are JSON objects, read by `kernel.values.read_json`."""

    rows: Sequence[dict[str, Any]]
    lines: Sequence[int]
    raw: Callable[[int], str]
    origin: Callable[[int], str] | None = None
    """What the id of a row is made of that has none; None: what it says."""

    def said(self, place: int) -> str:
        """What the id of the row at a place is made of."""
        return (self.origin or self.raw)(place).strip()


Rows: TypeAlias = TextRows | JsonRows


class Reject(NamedTuple):
    """A row that was not taken."""

    line: int
    reason: str
    raw: str
