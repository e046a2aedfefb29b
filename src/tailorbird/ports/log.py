"""The durable log of facts and the keys that it is sealed with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from tailorbird.events.columns import FactColumns
from tailorbird.events.packed import PackedColumns
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.language.batch.columns import Array


class NotWritableError(TailorbirdError):
    """Nothing can be accepted now: nothing of this batch is told as stored, the others are safe."""

    retryable = True

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        self.is_lasting = is_lasting
        """Whether only a new start helps, because what a disk said cannot be trusted any more."""
        super().__init__(message)


class StaleWriterError(TailorbirdError):
    """Another process has become the log's writer since this one opened it."""

    def __init__(self) -> None:
        super().__init__("another process has become the writer of the log; this one has to end")


class DamagedLogError(TailorbirdError):
    """A part of the log is not what was written."""

    def __init__(self, first_position: int, count: int) -> None:
        self.first_position = first_position
        self.count = count
        super().__init__(
            f"the log is damaged: positions {first_position} to {first_position + count - 1} "
            "cannot be read; restore it from a backup"
        )


class Logged(NamedTuple):
    """What became of one batch of facts that asked to be in the log."""

    first_position: int
    """The position of the first accepted fact; the others follow without a gap."""
    accepted: FactColumns
    """Those that are new, as they are kept: each with its id and the instant it became known."""
    duplicates: Sequence[int]
    """The places, in the batch, of facts whose message id is known."""


class LogChunk(NamedTuple):
    """Some facts of the log, in order of position."""

    columns: FactColumns
    positions: Sequence[int]
    """One for each fact. Facts of erased subjects are gone, their positions stay unused."""
    next_position: int
    """Where to read on."""


class PackedChunk(NamedTuple):
    """The same in arrays."""

    columns: PackedColumns
    positions: Array
    next_position: int


class EventLog(Protocol):
    """The durable order of accepted facts; everything else is made from it."""

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""

    def writing(self, now_us: int) -> AbstractContextManager[Callable[[FactColumns], Logged]]:
        """Append batches, all or none; they are on the disk when the block is left."""

    def append(self, batches: Sequence[FactColumns], now_us: int) -> list[Logged]:
        """Append some batches with one sync; they are on the disk when this returns."""

    def read(self, position: int, most: int) -> LogChunk:
        """The facts from a position on, about so many."""


class Keyring(Protocol):
    """Random keys by name, in a file of their own that is never part of a backup."""

    def hashes_of(self, texts: Iterable[str]) -> list[bytes]:
        """What stands for some identifiers outside of seals; their keys have these names."""

    def found(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of those names that have one."""

    def made(self, subjects: Collection[bytes]) -> dict[bytes, bytes]:
        """The keys of all these names, made where there was none."""

    def destroy(self, subjects: Collection[bytes]) -> None:
        """Forget keys for ever: what was sealed with them can be read no more."""
