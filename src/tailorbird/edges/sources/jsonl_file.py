"""Files of which each line is one object: JSON, a CloudEvent, a request of an access log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tailorbird.edges.sources.line_readers import ReadLine
from tailorbird.edges.sources.lines import LineFile, Refuse
from tailorbird.events.cells import Kind
from tailorbird.events.json_rows import read_object
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.refusals import RefusedError
from tailorbird.events.table import JsonRows, Reject, Rows

CHUNK_ROWS: Final = 20_000


class JsonlFile:
    """Lines that say themselves which keys they have."""

    blank_is_value = True
    columns: Sequence[str] = ()

    def __init__(self, path: Path, mapping: RowMapping, read: ReadLine = read_object) -> None:
        """``read`` makes an object of a line."""
        self._read = read
        self._file = LineFile(path, mapping.encoding)
        self.mapping = mapping
        self.kinds: Mapping[str, Kind] = {}

    def close(self) -> None:
        """Nothing stays open between chunks."""

    def progress(self) -> tuple[int, int]:
        """Bytes read and bytes in all."""
        return self._file.progress()

    def chunks(self, refuse: Refuse) -> Iterator[Rows]:
        """The lines that are objects; empty lines are nothing."""
        for block in self._file.blocks(refuse):
            lines = block.text.split("\n")
            for begin in range(0, len(lines), CHUNK_ROWS):
                part = lines[begin : begin + CHUNK_ROWS]
                yield self._chunk(part, block.first_line + begin, refuse)

    def _chunk(self, lines: list[str], first: int, refuse: Refuse) -> JsonRows:
        rows: list[dict[str, Any]] = []
        numbers: list[int] = []
        for place, line in enumerate(lines):
            if not line or line.isspace():
                continue
            try:
                rows.append(self._read(line))
            except RefusedError as reason:
                refuse(Reject(first + place, str(reason), line))
            else:
                numbers.append(first + place)
        return JsonRows(rows, numbers, lambda place: lines[numbers[place] - first])
