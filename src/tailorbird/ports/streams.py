"""Streams: records that keep coming, and how far they were taken.

A stream is one file: it opens at a place that it wrote down itself, and gives what is there now.
When all of that is stored, the place behind it is noted. So what was read and not noted is read
again, and counts once by ids that are the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Protocol, TypeAlias

from tailorbird.events.addresses import Address

STREAMS: Final = "tailorbird.streams"
"""The group of entry points where streams are found, by the scheme of their addresses."""


class Record(NamedTuple):
    """One thing that a stream says."""

    raw: bytes
    """Its text, without a line feed behind it."""
    id: str
    """Another one for every record, and the same whenever this one is read again."""
    number: int
    """Which one it is since the stream was opened, or the line of the file; for people."""


class Stream(Protocol):
    """One source, open at a place."""

    def records(self) -> Iterator[Record]:
        """What is there now, up to a limit of the stream's own; ends instead of waiting."""

    @property
    def place(self) -> str:
        """Behind the last record that was given; opening there goes on with the next."""

    @property
    def has_more(self) -> bool:
        """Whether something may be there now, told without reading it."""

    def close(self) -> None:
        """Let go of it."""


OpenStream: TypeAlias = Callable[[Address, str | None], Stream]
"""What an entry point gives: opens at a place, or at the beginning; raises `InputError`."""
