"""How facts become part of the history, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tailorbird.events.admission import faults
from tailorbird.events.columns import FactColumns
from tailorbird.ports.history import Appended, History


class Arrival(NamedTuple):
    """Facts that ask to be accepted, and whom to tell about those that are not."""

    columns: FactColumns
    refuse: Callable[[int, str], None]
    """Called with the place of a fact in ``columns`` and the reason."""


def accept(
    batch: Iterable[Arrival], history: History, *, now_us: int, first_live_us: int | None = None
) -> Appended:
    """Store one batch: what breaks a limit is refused, the others get known times and positions.

    ``first_live_us`` is when the workspace received its first live fact, None before that.
    """
    return history.append_columns(_admitted(batch, now_us, first_live_us))


def _admitted(
    batch: Iterable[Arrival], now_us: int, first_live_us: int | None
) -> Iterator[FactColumns]:
    for columns, refuse in batch:
        left, refused = admitted(columns, now_us, first_live_us)
        for row, reason in refused.items():
            refuse(row, reason)
        yield left


def admitted(
    columns: FactColumns, now_us: int, first_live_us: int | None = None
) -> tuple[FactColumns, dict[int, str]]:
    """The facts that break no limit, with known times, and by place why the others do."""
    refused = faults(columns)
    left = columns.without(refused.keys())
    return left._replace(known_us=_known_times(left, now_us, first_live_us)), refused


def _known_times(
    columns: FactColumns, now_us: int, first_live_us: int | None
) -> Sequence[int | None]:
    noted = any(received_us is not None for received_us in columns.known_us)
    if first_live_us is None and not noted and max(columns.time_us, default=now_us) <= now_us:
        return columns.time_us  # most files: each fact was known when it happened
    pairs = zip(columns.time_us, columns.known_us, strict=True)
    return [known_time(*pair, now_us, first_live_us) for pair in pairs]


def known_time(
    time_us: int, received_us: int | None, now_us: int, first_live_us: int | None
) -> int:
    """The instant at which the workspace learnt of an imported fact.

    That is when it was received, if somebody noted it; else its own time, if the workspace had no
    live facts yet then; else now. It is never later than now.
    """
    if received_us is not None:
        return min(received_us, now_us)
    if first_live_us is None or time_us < first_live_us:
        return min(time_us, now_us)
    return now_us
