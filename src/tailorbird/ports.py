"""Everything that the use cases ask of the world, on one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from tailorbird.events.columns import FactColumns
from tailorbird.kernel.facts import Fact

Repeats = Literal["drop", "number"]
"""What becomes of a message id that comes again within one batch.

``drop``: the first fact keeps it and the others are duplicates. ``number``: the ids are hashes of
what the rows say, equal rows are different facts, and the second gets ``.1`` after its id.
"""


class Appended(NamedTuple):
    """What became of one batch."""

    accepted: int
    duplicates: int
    first_position: int
    """The position of the first accepted fact; the others follow it without a gap."""


class History(Protocol):
    """The facts of a workspace, by column, for questions about everybody."""

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets; facts below it are stored."""

    def append_columns(self, batch: Iterable[FactColumns], *, repeats: Repeats) -> Appended:
        """Store one batch in one transaction, each message id once."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def compact(self, max_rows: int = ...) -> None:
        """Sort the recent facts in among the others, at most so many rows at a time."""


class Rows(NamedTuple):
    """A chunk of rows that a file reader could take apart, one list a column."""

    columns: dict[str, Sequence[object]]
    lines: Sequence[int]
    """The line of the file in which each row begins, from 1; for Parquet the row's number."""
    raw: Sequence[str]
    """What each row says, every field of it, in one text."""


class Reject(NamedTuple):
    """A row that was not taken, and why."""

    line: int
    reason: str
    raw: str
