"""The records of a stream, as files of rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from tailorbird.edges.sources.line_readers import reader_of
from tailorbird.edges.sources.lines import LINE_BYTES, shown
from tailorbird.events.cells import Kind
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.refusals import RefusedError
from tailorbird.events.table import JsonRows, Reject, Rows
from tailorbird.ports.streams import Record, Stream

CHUNK_ROWS: Final = 5_000
_SHOWN_BYTES: Final = 2_000


class StreamRows:
    """What a stream has now; the ids that are made of its rows are those of its records."""

    blank_is_value = True
    columns: Sequence[str] = ()

    def __init__(
        self, stream: Stream, mapping: RowMapping, secret: bytes = b"", origin: str = ""
    ) -> None:
        """``origin`` tells the stream from others of the same source; see `line_readers`."""
        self._read = reader_of(mapping, secret)
        self._stream = stream
        self._origin = origin
        self._done = 0
        self.mapping = mapping
        self.kinds: Mapping[str, Kind] = {}

    @property
    def place(self) -> str:
        """Behind what was read."""
        return self._stream.place

    def close(self) -> None:
        """Let go of the stream."""
        self._stream.close()

    def progress(self) -> tuple[int, int]:
        """Records read; nobody knows how many come."""
        return self._done, self._done

    def chunks(self, refuse: Callable[[Reject], None]) -> Iterator[Rows]:
        """The records that say something; empty ones are nothing."""
        records = self._stream.records()
        while some := list(islice(records, CHUNK_ROWS)):
            self._done += len(some)
            yield self._chunk(some, refuse)

    def _chunk(self, records: Sequence[Record], refuse: Callable[[Reject], None]) -> JsonRows:
        rows: list[dict[str, Any]] = []
        kept: list[tuple[Record, str]] = []
        for record in records:
            try:
                text = _text(record.raw, self.mapping.encoding)
                if text.strip():
                    rows.append(self._read(text))
                    kept.append((record, text))
            except RefusedError as reason:
                refuse(Reject(record.number, str(reason), shown(record.raw[:_SHOWN_BYTES])))
        return JsonRows(
            rows,
            [record.number for record, _ in kept],
            lambda place: kept[place][1],
            lambda place: f"{self._origin}\x1f{kept[place][0].id}\x1f{kept[place][1]}",
        )


def _text(raw: bytes, encoding: str) -> str:
    if len(raw) > LINE_BYTES:
        raise RefusedError("size", f"the line is longer than {LINE_BYTES} bytes")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise RefusedError("json", f"no {encoding} text: {error.reason}") from None
    if "\0" in text:
        raise RefusedError("json", "a NUL character")
    return text
