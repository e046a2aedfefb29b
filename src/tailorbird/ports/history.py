"""The facts of a workspace as they are asked about, of everybody and of single people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from tailorbird.events.columns import FactColumns
from tailorbird.kernel.facts import Fact
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

    def beside(self) -> Warehouse:
        """The same history for another thread."""

    def as_of_now(self) -> AbstractContextManager[None]:
        """All that is read within is as it was at first, whatever others do to the history."""

    def reading_ahead(self) -> Warehouse:
        """The same history for another thread, as of the same instant; one for each question."""

    def query(self, sql: str, parameters: object = None) -> dict[str, Array]:
        """The columns of an answer, masked where null."""

    def define_table(self, name: str, columns: Mapping[str, Array]) -> None:
        """Make or replace a temporary table that queries can join."""

    @property
    def is_compact(self) -> bool:
        """Whether rows come in the order of (who, time_us, id) from queries that ask for none."""

    def hot_columns(self) -> dict[tuple[str, ...], int]:
        """The properties with typed columns, and the numbers in the names of those."""

    def links(self) -> list[Fact]:
        """Everything that says which subjects are one person."""

    def workspace_facts(self) -> list[Fact]:
        """All facts about everybody."""

    def history_of(self, subjects: Iterable[str]) -> list[Fact]:
        """All facts of some subjects, ordered by time and message id."""

    def facts_where(
        self, condition: str, *, contexts: bool = True, names: Mapping[int, str] | None = None
    ) -> list[Fact]:
        """Facts that meet a condition in SQL, ordered by subject number, time and message id.

        Without ``contexts`` these are empty, which is quicker. So is knowing the ``names`` of all
        their subjects, by number.
        """

    def subject_numbers(self, subjects: Iterable[str]) -> dict[str, int]:
        """The numbers of those subjects that have one."""

    def subject_names(self, numbers: Iterable[int]) -> list[str]:
        """The subjects with the given numbers, in the same order."""


class Scratch(Warehouse, Protocol):
    """An empty history that is thrown away, for trying out small cases."""

    def append(self, facts: Sequence[Fact]) -> Appended:
        """Store facts as one batch, each message id once."""

    def close(self) -> None:
        """Throw it away."""


class Histories(Protocol):
    """Where the facts of single people are read again."""

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        """The facts of some subjects below a position of the log, in any order."""
