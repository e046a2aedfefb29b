"""Rows as messages in the shape that Segment's HTTP interface takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tailorbird.simulate.draws import Ints
from tailorbird.simulate.records import Record, cells, records
from tailorbird.simulate.rows import EVENTS, MERGE, PAGE, TRAITS, Rows

_TYPES: Final = {PAGE: "page", TRAITS: "identify", MERGE: "alias"}


def messages(rows: Rows) -> Iterator[Record]:
    """One message a row: page, identify and alias calls, and track calls for everything else."""
    properties, contexts = records(rows, decimals)
    names = ("message_id", "user_id", "anonymous_id", "time", "sent_at", "received_at")
    tops = zip(*(cells(name, rows, decimals) for name in names), strict=True)
    for code, top, inner, context in zip(
        rows.event.tolist(), tops, properties, contexts, strict=True
    ):
        message, user, anonymous, time, sent, received = top
        who = {"userId": user} if user else {"anonymousId": anonymous}
        yield {
            "type": _TYPES.get(code, "track"),
            "messageId": message,
            **who,
            **_said(code, inner),
            "context": context,
            "timestamp": time,
            "sentAt": sent,
            "receivedAt": received,
        }


def _said(code: int, properties: Record) -> dict[str, Any]:
    if code == PAGE:
        return {"name": properties["name"], "properties": properties}
    if code == TRAITS:
        return {"traits": properties}
    if code == MERGE:
        return {"previousId": properties["other"]}
    return {"event": EVENTS[code], "properties": properties}


def decimals(counts: Ints, parts: int) -> list[float | int]:
    """Counts of parts as the numbers that JSON writes: the nearest double, whole ones as such."""
    written: list[float | int] = (counts if parts == 1 else counts / parts).tolist()
    return written
