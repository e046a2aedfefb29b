"""Where facts may come from besides files: what a database is asked, and how far it was read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from tailorbird.events.addresses import Address

DATABASES = "tailorbird.databases"
"""The group of entry points where databases are found, by the scheme of their addresses."""


class Mark(NamedTuple):
    """A value of the column that a query is read on by."""

    kind: Literal["number", "text"]
    """Which of both a database is given it as; a time is text."""
    text: str


class ReadOn(NamedTuple):
    """Which rows of a query are new."""

    column: str
    """It grows from row to row as they are added; rows that say nothing there are never read."""
    least: Mark | None
    """Only rows with this value or more; None: all."""


class Answered(Protocol):
    """What a database answers to a query, while it is being read."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows, some at a time, ordered by the column that they are read on by.

        A cell is None, a truth value, a number, a text, bytes, a date, a time, a list or a
        mapping with texts as keys.
        """


class Database(Protocol):
    """A database that can be read and not written; its errors are told as `InputError`."""

    def ask(self, sql: str, on: ReadOn | None) -> AbstractContextManager[Answered]:
        """The rows of one query; nothing of the database is changed by it."""


OpenDatabase: TypeAlias = Callable[[Address], Database]
"""What an entry point gives: it may look at the address, and connects when it is asked."""


class ReadMark(NamedTuple):
    """How far a source was read."""

    mark: Mark
    position: int
    """The log's end when it was noted: a log that is shorter is another one, or an older copy."""
    noted_us: int


class Marks(Protocol):
    """How far sources were read, by a key for each source and question."""

    def find_mark(self, key: str) -> ReadMark | None:
        """How far one was read."""

    def put_mark(self, key: str, mark: ReadMark) -> None:
        """Note how far one was read, once all of that is stored."""

    def marks_under(self, begin: str) -> Mapping[str, ReadMark]:
        """All whose keys begin so."""

    def drop_marks(self, keys: Sequence[str]) -> None:
        """Forget some."""


State = Literal["running", "done", "failed", "cut"]
"""``cut``: the program that ran it ended before it did."""


class Run(NamedTuple):
    """One run of something that is done on a schedule, or was asked for by hand."""

    number: int
    name: str
    kind: str
    due_us: int | None
    """When it was due; None: somebody asked for it."""
    started_us: int
    ended_us: int | None
    state: State
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    says: str
    """Why it failed, or what it did in a few words."""


class Ended(NamedTuple):
    """What became of a run."""

    state: State
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    says: str = ""


class Runs(Protocol):
    """What became of runs, the newest `limits.RUNS_KEPT` of each name."""

    def begin_run(self, name: str, kind: str, due_us: int | None, now_us: int) -> int:
        """Note that one begins, and give its number; `InputError` while one of that name runs."""

    def end_run(self, number: int, ended: Ended, now_us: int) -> None:
        """Note what became of one."""

    def cut_runs(self, now_us: int, kinds: Collection[str] | None = None) -> list[Run]:
        """Note that those of some kinds, or all, which nobody ended were cut; gives them."""

    def newest_runs(self, most: int, name: str | None = None) -> list[Run]:
        """So many, of all or of one name, the newest first."""

    def last_runs(self) -> Mapping[str, Run]:
        """The newest of each name."""
