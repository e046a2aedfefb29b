"""Everything that the use cases ask of the world, on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tailorbird.events.cells import Kind
from tailorbird.events.columns import FactColumns
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.table import Reject, Rows
from tailorbird.kernel.facts import Fact

if TYPE_CHECKING:
    from tailorbird.language.batch.columns import Array


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

    def append_columns(self, batch: Iterable[FactColumns]) -> Appended:
        """Store one batch in one transaction, each message id once."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def compact(self, max_rows: int = ...) -> None:
        """Sort the recent facts in among the others, at most so many rows at a time."""


class Warehouse(Protocol):
    """A history that answers queries in SQL; ``facts`` and ``subjects`` are its relations."""

    def query(self, sql: str, parameters: object = None) -> dict[str, Array]:
        """The columns of an answer, masked where null."""

    def define_table(self, name: str, columns: Mapping[str, Array]) -> None:
        """Make or replace a temporary table that queries can join."""

    def hot_columns(self) -> dict[tuple[str, ...], int]:
        """The properties with typed columns, and the numbers in the names of those."""

    def links(self) -> list[Fact]:
        """Everything that says which subjects are one person."""

    def workspace_facts(self) -> list[Fact]:
        """All facts about everybody."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def subject_numbers(self, subjects: Iterable[str]) -> dict[str, int]:
        """The numbers of those subjects that have one."""

    def subject_names(self, numbers: Iterable[int]) -> list[str]:
        """The subjects with the given numbers, in the same order."""


class RowFile(Protocol):
    """A file of rows, opened, whatever its format."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns; empty where each row names its own."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What the file itself says that its columns hold."""

    @property
    def mapping(self) -> RowMapping:
        """The mapping asked for, or that of its variants which the file fits."""

    @property
    def blank_is_value(self) -> bool:
        """Whether the file tells an empty text from a null."""

    def chunks(self, refuse: Callable[[Reject], None]) -> Iterator[Rows]:
        """All rows that can be taken apart, in the order of the file; the others are refused."""

    def progress(self) -> tuple[int, int]:
        """How much of the file has been read, and how much there is, in one unit."""
