"""What the use cases ask of a history to compare spans of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class Sampled(NamedTuple):
    """One fact of a sample."""

    name: str
    span: int
    """The number of the span of time that it lies in."""
    properties: str | None
    """Tagged JSON."""


class SampledFacts(Protocol):
    """A history that counts events in spans of time, and gives samples of them."""

    def counted(self, spans: Sequence[tuple[int, int]]) -> dict[tuple[str, int], int]:
        """By event and number of a span how many facts lie in it, reserved ones left out.

        A span is from an instant to before another.
        """

    def sampled(self, spans: Sequence[tuple[int, int]], most: int) -> Iterator[Sampled]:
        """So many facts of each event and span, always the same ones."""

    @property
    def first_time_us(self) -> int | None:
        """The time of the first act; None when there is none."""


class NamedFact(NamedTuple):
    """One fact of an event."""

    subject: str
    time_us: int
    id: str
    source: str
    properties: str | None
    """Tagged JSON."""


class NamedFacts(Protocol):
    """A history that gives all facts of an event."""

    def named(self, name: str, begin_us: int, end_us: int) -> Iterator[NamedFact]:
        """The facts of an event from an instant to before another, in no order."""
