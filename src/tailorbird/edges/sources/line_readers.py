"""What one line of text says as an object that a mapping can read, by the mapping's format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tailorbird.edges.sources.cloudevents import message_of
from tailorbird.events.access_lines import LineReader
from tailorbird.events.json_rows import read_object
from tailorbird.events.log_layout import VISITORS, read_layout
from tailorbird.events.mapping import Mapping
from tailorbird.events.refusals import RefusedError
from tailorbird.events.wire import UnreadableError
from tailorbird.kernel.errors import InputError, nearest

ReadLine = Callable[[str], dict[str, Any]]
"""Raises `RefusedError` for a line that says nothing."""


def read_event(line: str) -> dict[str, Any]:
    """The message that a line with a CloudEvent is."""
    try:
        return message_of(read_object(line))
    except UnreadableError as error:
        raise RefusedError("type", str(error)) from None


def reader_of(mapping: Mapping, secret: bytes = b"") -> ReadLine:
    """What reads the lines of a mapping's format; raises `InputError` for one without lines.

    ``secret`` makes hashes of visitors.
    """
    if mapping.format == "access-log":
        return _log_reader(mapping, secret).read
    if mapping.format == "cloudevents":
        return read_event
    if mapping.format in (None, "jsonl", "segment"):
        return read_object
    raise InputError(
        f"the mapping {mapping.name} reads {mapping.format}; lines that keep coming are JSON, "
        "CloudEvents or those of an access log"
    )


def _log_reader(mapping: Mapping, secret: bytes) -> LineReader:
    """What reads the lines of a mapping's layout; raises `InputError` for names nobody logs."""
    layout = read_layout(mapping.layout)
    wanted = {column.partition(".")[0] for column in mapping.columns_used()}
    for column, what in mapping.columns_used().items():
        if column.partition(".")[0] not in layout.names:
            known = ", ".join(sorted(layout.names))
            raise InputError(
                f"the mapping {mapping.name} reads {what} from {column!r}, which no line of "
                f"its layout says{nearest(column, layout.names)}; it says {known}"
            )
    if wanted & set(VISITORS) and not secret:
        raise InputError("hashes of visitors need the keys of a project")
    return LineReader(
        layout,
        site=mapping.site,
        secret=secret,
        wanted=None if mapping.others else wanted,
    )
