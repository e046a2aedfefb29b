"""Tables as text: CSV and its cousins, row by row, so that one bad row is one bad row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tailorbird.edges.sources.lines import Block, LineFile, Refuse
from tailorbird.events.cells import Kind
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.table import Reject, Rows, TextRows
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError

RECORD_LINES: Final = 1_000
"""A quoted text over more lines than this is taken for a quote that nobody closed."""


@dataclass(slots=True)
class _Parsed:
    """Rows with the right number of cells."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)

    def chunk(self) -> TextRows:
        return TextRows(self.rows, self.lines, self.raws.__getitem__)


class CsvFile:
    """A table of text, with its columns known before the first row is read."""

    blank_is_value = False

    def __init__(self, path: Path, mapping: RowMapping) -> None:
        """Look at the first line; raises `InputError` when the file cannot be the one meant."""
        self._file = LineFile(path, mapping.encoding)
        self._separator = mapping.separator
        head = self._head(path, mapping)
        self.mapping = _fitting(path, mapping, len(head))
        self._header_lines = 0 if self.mapping.columns else 1
        self.columns: Sequence[str] = self.mapping.columns or head
        twice = {name for name in self.columns if self.columns.count(name) > 1}
        if twice:
            raise InputError(f"{path} has more than one column {sorted(twice)[0]!r}")
        self.kinds: Mapping[str, Kind] = {}

    def close(self) -> None:
        """Nothing stays open between chunks."""

    def progress(self) -> tuple[int, int]:
        """Bytes read and bytes in all."""
        return self._file.progress()

    def _head(self, path: Path, mapping: RowMapping) -> list[str]:
        peek = LineFile(path, mapping.encoding)
        for block in peek.blocks(lambda _: None):
            first = block.text.split("\n", 1)[0]
            cells = next(csv.reader([first], delimiter=self._separator), [])
            return [cell.strip() for cell in cells]
        raise InputError(f"{path} is empty")

    def chunks(self, refuse: Refuse) -> Iterator[Rows]:
        """The rows that have as many cells as there are columns."""
        pending: list[str] = []
        last: Block | None = None
        for block in self._file.blocks(refuse):
            lines = block.text.split("\n")
            first = block.first_line
            if first == 1 and self._header_lines:
                lines, first = lines[1:], 2
            if not pending and (rows := self._one_a_line(lines, block)) is not None:
                parsed = self._plain(rows, lines, first, block, refuse)
            else:
                parsed, pending = self._quoted(pending + lines, first - len(pending), block, refuse)
            last = block
            yield parsed.chunk()
        while pending and last is not None:
            line = last.first_line + last.text.count("\n") + 1 - len(pending)
            refuse(Reject(line, "a quote that is never closed", pending[0]))
            parsed, pending = self._quoted(pending[1:], line + 1, last, refuse)
            yield parsed.chunk()

    def _one_a_line(self, lines: list[str], block: Block) -> list[list[str]] | None:
        """The cells of each line, quickly; None when some line is not one whole row."""
        if '"' not in block.text:
            return [line.split(self._separator) for line in lines]
        try:
            rows = list(csv.reader(lines, delimiter=self._separator, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _plain(
        self, rows: list[list[str]], lines: list[str], first: int, block: Block, refuse: Refuse
    ) -> _Parsed:
        """Rows of which each is one line."""
        width = len(self.columns)
        if set(map(len, rows)) <= {width}:
            return _Parsed(rows, list(range(first, first + len(rows))), lines)
        parsed = _Parsed()
        for place, row in enumerate(rows):
            self._take(parsed, row, first + place, lines[place : place + 1], block, refuse)
        return parsed

    def _quoted(
        self, lines: list[str], first: int, block: Block, refuse: Refuse
    ) -> tuple[_Parsed, list[str]]:
        """Rows of lines with quotes, and the lines of a row whose end is not among them.

        A quote that is not closed, or closed far below, costs its own line only: what follows is
        read again from the next line on.
        """
        feed = _Feed(lines)
        reader = csv.reader(feed, delimiter=self._separator, strict=True)
        parsed = _Parsed()
        while feed.place < len(lines):
            begin, feed.ran_out = feed.place, False
            try:
                row = next(reader)
            except csv.Error as error:
                if feed.ran_out and len(lines) - begin <= RECORD_LINES:
                    return parsed, lines[begin:]
                refuse(Reject(first + begin, f"no table row: {error}", lines[begin]))
                feed.place = begin + 1
                continue
            taken = lines[begin : feed.place]
            if len(taken) > 1 and len(row) != len(self.columns):
                refuse(Reject(first + begin, "a quote that is not closed", lines[begin]))
                feed.place = begin + 1
                continue
            self._take(parsed, row, first + begin, taken, block, refuse)
        return parsed, []

    def _take(
        self,
        parsed: _Parsed,
        row: list[str],
        line: int,
        raw: list[str],
        block: Block,
        refuse: Refuse,
    ) -> None:
        width = len(self.columns)
        if len(row) == width:
            parsed.rows.append(row)
            parsed.lines.append(line)
            parsed.raws.append("\n".join(raw))
        elif raw != [""]:
            many = "few" if len(row) < width else "many"
            reason = f"too {many} columns: {len(row)}, expected {width}"
            last = block.first_line + block.text.count("\n")
            if block.ends_cut and many == "few" and line + len(raw) - 1 == last:
                reason = f"the last line is cut off: {len(row)} of {width} columns"
            refuse(Reject(line, reason, "\n".join(raw)))


class _Feed:
    """Lines for the row reader, which say when they run out in the middle of a row."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.place = 0
        self.ran_out = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.place >= len(self._lines):
            self.ran_out = True
            raise StopIteration
        self.place += 1
        return self._lines[self.place - 1] + "\n"


def _fitting(path: Path, mapping: RowMapping, width: int) -> RowMapping:
    """The variant of a mapping whose columns are as many as those of the file."""
    if not mapping.variants:
        if mapping.columns is not None and len(mapping.columns) != width:
            raise InputError(
                f"{path} has {amount(width, 'column')}, but the mapping {mapping.name} names "
                f"{len(mapping.columns)}: {', '.join(mapping.columns)}"
            )
        return mapping
    for variant in mapping.variants:
        if len(variant.columns or ()) == width:
            return variant
    widths = " or ".join(str(len(variant.columns or ())) for variant in mapping.variants)
    raise InputError(
        f"{path} has {amount(width, 'column')}; the mapping {mapping.name} reads {widths}"
    )
