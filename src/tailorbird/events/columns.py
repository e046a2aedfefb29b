"""Facts by column: the form in which many of them travel at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import compress
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.events.cells import tagged
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import read_tagged


class FactColumns(NamedTuple):
    """Facts that have no position yet, one list a column, all of the same length."""

    subject: Sequence[str]
    time_us: Sequence[int]
    id: Sequence[str]
    name: Sequence[str]
    act: Sequence[bool]
    active: Sequence[bool]
    source: Sequence[str]
    known_us: Sequence[int | None]
    """When each was received; None where nobody noted it, which only an accepted one may not be."""
    properties: Sequence[str | None]
    """Tagged JSON of an object; None when it is empty."""
    context: Sequence[str | None]
    """Like ``properties``."""

    @property
    def length(self) -> int:
        """How many facts these are (``len`` of a named tuple is its number of columns)."""
        return len(self.id)

    def without(self, rows: Collection[int]) -> FactColumns:
        """The facts but those at the given places."""
        if not rows:
            return self
        kept = [True] * self.length
        for row in rows:
            kept[row] = False
        picked: Any = (list(compress(column, kept)) for column in self)
        return FactColumns(*picked)


def columns_of(facts: Iterable[Fact]) -> FactColumns:
    """Facts turned into columns; their positions are left behind.

    >>> columns_of([Fact("a", 1, "m", "Seen", {"x": 1}, {}, True, True, "web", 7, 1)]).properties
    ['{"x":1}']
    """
    rows = [
        (
            fact.subject,
            fact.time_us,
            fact.id,
            fact.name,
            fact.act,
            fact.active,
            fact.source,
            fact.known_us,
            tagged(fact.properties) if fact.properties else None,
            tagged(fact.context) if fact.context else None,
        )
        for fact in facts
    ]
    return columns_from_rows(rows)


def columns_from_rows(rows: Sequence[tuple[Any, ...]]) -> FactColumns:
    """Columns from rows whose cells stand in the order of the columns."""
    if not rows:
        return FactColumns(*([] for _ in FactColumns._fields))
    if len(rows) == 1:  # most requests are one event; the same, quicker
        return FactColumns._make([[cell] for cell in rows[0]])
    return FactColumns(*(list(column) for column in zip(*rows, strict=True)))


def facts_of(columns: FactColumns, positions: Sequence[int]) -> list[Fact]:
    """Accepted facts out of columns: the inverse of `columns_of`, with positions.

    A context comes with many facts, mostly the same: then they share it.
    """
    contexts = {text: object_of(text) for text in set(columns.context)}
    rows = zip(
        columns.subject,
        columns.time_us,
        columns.id,
        columns.name,
        map(object_of, columns.properties),
        map(contexts.__getitem__, columns.context),
        columns.act,
        columns.active,
        columns.source,
        positions,
        columns.known_us,
        strict=True,
    )
    return list(map(fact_of, rows))


fact_of: Final = partial(tuple.__new__, Fact)
"""The same as `Fact._make`, several times as fast: cells that stand in the order of the fields."""


_decode: Final = msgspec.json.Decoder().decode
"""Several times faster than `read_tagged`, for texts in which nothing needs a tag."""


def object_of(text: str | None) -> dict[str, Any]:
    """What the tagged JSON of an object holds; nothing for None."""
    if text is None:
        return {}
    value = _decode(text) if '"#' not in text and "\\u" not in text else read_tagged(text)
    assert isinstance(value, dict)
    return value
