"""The columns of a chunk of rows, whichever kind of file it comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from tailorbird.events.cells import Fragments, as_text, tagged
from tailorbird.events.mapping import Property
from tailorbird.events.memo import Memo
from tailorbird.events.table import JsonRows, TextRows
from tailorbird.kernel.values import MISSING, Value, at_path


class Chunk(Protocol):
    """What the mapping of rows asks of a chunk."""

    count: int

    def texts(self, column: str) -> Sequence[str | None]:
        """A column as texts; None or "" where a row has nothing there."""

    def numbers(self, column: str, memo: Memo[str | None, Value]) -> Sequence[Value]:
        """A column as numbers."""

    def contents(self) -> list[str]:
        """What each row says as a whole: equal rows give equal texts."""


class TextChunk:
    """Rows of texts under named columns."""

    def __init__(self, rows: TextRows, names: Sequence[str]) -> None:
        self.count = len(rows.rows)
        self._rows = rows.rows
        self._columns = dict(zip(names, zip(*rows.rows, strict=True), strict=True))

    def texts(self, column: str) -> Sequence[str | None]:
        """A column as texts."""
        return self._columns[column]

    def numbers(self, column: str, memo: Memo[str | None, Value]) -> Sequence[Value]:
        """A column as numbers."""
        return memo.column(self._columns[column])

    def contents(self) -> list[str]:
        """The cells of each row in one text."""
        try:
            return ["\x1f".join(row) for row in self._rows]  # type: ignore[arg-type]
        except TypeError:  # a null
            return ["\x1f".join([cell or "" for cell in row]) for row in self._rows]


class JsonChunk:
    """Rows that are JSON objects; a column is a key, or keys joined by dots."""

    def __init__(self, rows: JsonRows) -> None:
        self.count = len(rows.rows)
        self._rows = rows
        self.objects = rows.rows

    def values(self, column: str) -> list[Value]:
        """A column as it is; missing where a row does not have it."""
        if any(column in row for row in self.objects) or "." not in column:
            return [row.get(column, MISSING) for row in self.objects]
        path = column.split(".")
        return [at_path(row, path) for row in self.objects]

    def texts(self, column: str) -> Sequence[str | None]:
        """A column as texts: numbers are written out, anything else is nothing."""
        return [as_text(value) for value in self.values(column)]

    def numbers(self, column: str, memo: Memo[str | None, Value]) -> Sequence[Value]:
        """A column as numbers; a text that writes one counts too."""
        return memo.column(self.texts(column))

    def contents(self) -> list[str]:
        """The line of each row, or what else tells it from others."""
        return [self._rows.said(row) for row in range(self.count)]


class PropertyReader:
    """One property of a mapping, ready to read its column from chunk after chunk."""

    def __init__(self, entry: Property, read: Callable[[str], Value], *, blank: bool) -> None:
        """``read`` turns a text of the column into a value."""
        self.entry = entry
        self._as_it_is = entry.kind is None and not entry.absolute and not entry.unknown
        self._fragments = Fragments(entry.path[-1], read, blank=blank)
        self._read = read

    def members(self, chunk: Chunk, names: Sequence[str]) -> Sequence[str]:
        """The property for each row as a member of a JSON object."""
        found = self._members(chunk)
        if self.entry.events is None:
            return found
        return [
            member if name in self.entry.events else ""
            for member, name in zip(found, names, strict=True)
        ]

    def _members(self, chunk: Chunk) -> Sequence[str]:
        if not isinstance(chunk, JsonChunk):
            return self._fragments.column(chunk.texts(self.entry.column))
        values = chunk.values(self.entry.column)
        if self._as_it_is:
            return self._fragments.values(values)
        return self._fragments.values([self._converted(value) for value in values])

    def _converted(self, value: Value) -> Value:
        if value is None or value is MISSING:
            return value
        text = as_text(value)
        if text is not None:
            return self._read(text)
        return value if isinstance(value, bool) and self.entry.kind == "boolean" else MISSING


def other_members(chunk: JsonChunk, used: Collection[str]) -> list[str]:
    """All keys of each object but those that the mapping reads, as members."""
    keys = set(used) | {column.split(".")[0] for column in used}
    left: list[dict[str, Any]] = [
        {key: value for key, value in row.items() if key not in keys and value is not MISSING}
        for row in chunk.objects
    ]
    return [tagged(row)[1:-1] for row in left]
