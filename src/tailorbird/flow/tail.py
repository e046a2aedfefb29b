"""The history follows the log: what was accepted is copied to where questions are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from tailorbird.events.columns import FactColumns
from tailorbird.flow.cycles import no_search_for_cycles
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.ports.history import Appended
from tailorbird.ports.log import EventLog, LogChunk, PackedChunk

FACTS: Final = 50_000
"""About so many facts are in memory at a time."""


TOGETHER: Final = 2_000_000
"""About so many facts are copied in one transaction."""
Progress = Callable[[int, int], None]
"""Called with how many facts are copied, and how many there are."""


class Followed(Protocol):
    """A log that can be read in arrays."""

    @property
    def end_position(self) -> int:
        """The position that the next accepted fact gets."""

    def next_group(self, position: int) -> int:
        """A position from there on, or the end, at which reading may stop."""

    def packed_from(self, position: int, end: int) -> Iterator[PackedChunk]:
        """The facts up to such an end."""


class FollowedLog(EventLog, Followed, Protocol):
    """A log that is written to and read."""


class Follower(Protocol):
    """A history that takes over the facts of a log."""

    @property
    def end_position(self) -> int:
        """The position of the log that it reflects."""

    def append_logged(self, chunks: Iterable[LogChunk | PackedChunk]) -> None:
        """Take over facts with their positions, in one transaction."""

    def columns_from(self, position: int, most: int) -> LogChunk:
        """The facts at so many positions from one on."""


class AheadOfLogError(TailorbirdError):
    """A history holds facts that its log does not have."""

    def __init__(self, history_end: int, log_end: int) -> None:
        super().__init__(
            f"the history reaches position {history_end} and the log only {log_end}: they do not "
            "belong together; restore the log, or remove the history, which is made from it again"
        )


def follow(log: Followed, history: Follower) -> int:
    """Copy what the log has and the history lacks; gives how many positions that were.

    Of very many some are copied at a time, and stay should there be an error later.
    """
    begin = history.end_position
    if begin > log.end_position:
        raise AheadOfLogError(begin, log.end_position)
    end = log.end_position
    while (position := history.end_position) < end:
        until = log.next_group(position + TOGETHER) if end - position > TOGETHER else end
        with no_search_for_cycles():
            history.append_logged(log.packed_from(position, until))
    return end - begin


def append(log: FollowedLog, history: Follower, batch: Iterable[FactColumns]) -> Appended:
    """Store a batch in the log and then in the history; an error while it is read stores nothing.

    Facts keep the known times that they come with. Should the history fail after the log has them,
    it follows when it is opened again.
    """
    follow(log, history)
    first, duplicates = log.end_position, 0

    def logged() -> Iterator[LogChunk]:
        nonlocal duplicates
        with log.writing(now_us=0) as writing:
            for columns in batch:
                position, accepted, repeated = writing(columns)
                duplicates += len(repeated)
                end = position + accepted.length
                yield LogChunk(accepted, range(position, end), end)

    history.append_logged(logged())
    return Appended(log.end_position - first, duplicates, first)


def take_over(
    log: EventLog, history: Follower, progress: Progress = lambda _done, _all: None
) -> int:
    """Write to an empty log the facts of a history that was made before there were logs.

    They keep their positions. Gives how many there were.
    """
    end = history.end_position
    with log.writing(now_us=0) as writing:
        for begin in range(0, end, FACTS):
            columns, positions, following = history.columns_from(begin, FACTS)
            told = writing(columns)
            if told.duplicates or list(positions) != list(
                range(told.first_position, told.first_position + columns.length)
            ):
                raise TailorbirdError(
                    f"the facts of the history from position {begin} on are not in order, and the "
                    "log stays empty: export the history and import it into a new project"
                )
            progress(following, end)
    return end
