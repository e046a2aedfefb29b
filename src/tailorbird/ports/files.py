"""A file of rows, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from tailorbird.events.cells import Kind
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.table import Reject, Rows


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

    def close(self) -> None:
        """Let go of what was opened or unpacked."""

    def progress(self) -> tuple[int, int]:
        """How much of the file has been read, and how much there is, in one unit."""
