"""Messages that arrive over the network to facts: ids, clocks put right, links between people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tailorbird.events.cells import as_text, tagged
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.envelope import RefusedError, row_of_message
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.kernel.facts import MERGE, RESERVED, WORKSPACE_FACTS
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import Value

LINKED: Final = "$merge"
"""Follows the message id in the id of a link that an identify call makes."""
ORIGINAL: Final = "originalTimestamp"
"""In the context of a fact whose clock was ahead: the time that it came with."""


class Arrived(NamedTuple):
    """The facts of some messages."""

    columns: FactColumns
    places: list[int]
    """For each fact the place of its message; some messages are two facts."""
    refused: dict[int, str]
    """By the place of a message why it is none."""


def arrived(
    messages: Sequence[tuple[Value, str | None]],
    shared: Mapping[str, Any],
    *,
    source: str,
    now_us: int,
    new_id: Callable[[], str],
) -> Arrived:
    """Turn messages into facts; each comes with the fault that it may have.

    ``shared`` says what holds for messages that say nothing else of it. A client's clock is put
    right by ``sentAt``: as much as that is off from now, the message's time is too. Later than
    now is nothing; such a time becomes now, and the context keeps what was said.
    """
    maker = _Maker(source, now_us, new_id)
    rows: list[tuple[Any, ...]] = []
    places: list[int] = []
    refused: dict[int, str] = {}
    for place, (message, fault) in enumerate(messages):
        try:
            made = maker.rows(message, fault, shared)
        except RefusedError as reason:
            refused[place] = str(reason)
            continue
        rows += made
        places += [place] * len(made)
    return Arrived(columns_from_rows(rows), places, refused)


class _Maker:
    def __init__(self, source: str, now_us: int, new_id: Callable[[], str]) -> None:
        self._source = source
        self._now_us = now_us
        self._now = format_instant(now_us)
        self._new_id = new_id
        self._times = TimeReader(TimeForm())

    def rows(
        self, message: Value, fault: str | None, shared: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The rows of one message's facts."""
        if fault is not None:
            raise RefusedError(fault)
        if not isinstance(message, dict):
            raise RefusedError("a message is a JSON object")
        _check_reserved(message)
        said = {**message, "receivedAt": self._now}
        if said.get("timestamp") is None and said.get(ORIGINAL) is not None:
            said["timestamp"] = said[ORIGINAL]
        sent = self._instant(message.get("sentAt") or shared.get("sentAt"))
        row = self._row(said, sent)
        id_ = row[2] or self._new_id()
        whole = (*row[:2], id_, *row[3:7], None, *row[8:10], False)
        other = _other(message)
        if other is None or other == row[0]:
            return [whole]
        link = tagged({"other": other})
        time_us = row[1]
        return [
            whole,
            (
                row[0],
                time_us,
                id_ + LINKED,
                MERGE,
                False,
                True,
                self._source,
                None,
                link,
                None,
                False,
            ),
        ]

    def _row(self, said: dict[str, Any], sent_us: int | None) -> tuple[Any, ...]:
        """The row of a message, its time put right."""
        row = row_of_message(said, self._source, self._times)
        time_us = row[1]
        if sent_us is not None and said.get("timestamp") is not None:
            time_us += self._now_us - sent_us
        if time_us > self._now_us:
            given = said.get("context")
            context = given if isinstance(given, dict) else {}
            said = {**said, "context": {**context, ORIGINAL: said["timestamp"]}}
            row = row_of_message(said, self._source, self._times)
            time_us = self._now_us
        return (row[0], time_us, *row[2:])

    def _instant(self, text: Value) -> int | None:
        return self._times.instant(text) if isinstance(text, str) else None


def _check_reserved(message: Mapping[str, Any]) -> None:
    """Nobody who may only write events may set cut points, settings or verdicts."""
    name = message.get("event")
    if message.get("type") != "track" or name not in RESERVED:
        return
    kind = "about the workspace " if name in WORKSPACE_FACTS else ""
    raise RefusedError(f"{name} is a reserved name {kind}and does not come as a track call")


def _other(message: Mapping[str, Any]) -> str | None:
    """The visitor who turns out to be the user whom an identify call names."""
    if message.get("type") != "identify" or not as_text(message.get("userId")):
        return None
    return as_text(message.get("anonymousId")) or None
