"""Parquet files, read by the warehouse's engine and handed on as text that says the exact value."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import duckdb

from tailorbird.edges.sources.lines import Refuse, is_gzip
from tailorbird.events.cells import Kind
from tailorbird.events.mapping import Mapping as RowMapping
from tailorbird.events.table import Reject, Rows, TextRows
from tailorbird.kernel.errors import InputError

CHUNK_ROWS: Final = 40_000

_NUMBERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
_NESTED: Final = ("STRUCT", "MAP", "UNION", "JSON")


class ParquetFile:
    """A Parquet file whose columns and types stand in it."""

    blank_is_value = True

    def __init__(self, path: Path, mapping: RowMapping) -> None:
        """Read what the file says of itself; raises `InputError` when it cannot be read."""
        self.mapping = mapping
        self._path = path
        self._folder = tempfile.TemporaryDirectory() if is_gzip(path) else None
        self._plain = path
        self._done = self._total = 0
        self._types: dict[str, str] = {}
        try:
            if self._folder is not None:
                self._plain = _unpacked(path, Path(self._folder.name))
            self._describe()
        except BaseException:
            self.close()
            raise
        self.columns: Sequence[str] = tuple(self._types)
        self.kinds: Mapping[str, Kind] = {
            name: _kind(sql_type) for name, sql_type in self._types.items()
        }

    def _describe(self) -> None:
        source = [str(self._plain)]
        with _connected(self._path) as connection:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", source)
            self._types = {row[0]: str(row[1]) for row in described.fetchall()}
            counted = connection.execute("SELECT count(*) FROM read_parquet(?)", source)
            self._total = counted.fetchall()[0][0]

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._folder is not None:
            self._folder.cleanup()

    def progress(self) -> tuple[int, int]:
        """Rows read and rows in all."""
        return self._done, self._total

    def chunks(self, refuse: Refuse) -> Iterator[Rows]:
        """All rows but those with a NUL character in a text."""
        selected = ", ".join(_as_text(name, kind) for name, kind in self._types.items())
        with _connected(self._path) as connection:
            with_nul = self._with_nul(connection)
            found = connection.execute(
                f"SELECT {selected} FROM read_parquet(?)",  # noqa: S608 - quoted column names
                [str(self._plain)],
            )
            while rows := found.fetchmany(CHUNK_ROWS):
                first = self._done + 1
                self._done += len(rows)
                lines = range(first, first + len(rows))
                yield _without_nul(rows, lines, refuse) if with_nul else _rows(rows, lines)

    def _with_nul(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether any text has such a character: mostly none has, and then no row is looked at."""
        texts = [_quoted(name) for name, kind in self._types.items() if kind == "VARCHAR"]
        found = " OR ".join(f"contains({text}, chr(0))" for text in texts) or "false"
        query = f"SELECT 1 FROM read_parquet(?) WHERE {found} LIMIT 1"  # noqa: S608
        return bool(connection.execute(query, [str(self._plain)]).fetchall())


_Row: TypeAlias = tuple[str | None, ...]


def _rows(rows: Sequence[_Row], lines: Sequence[int]) -> TextRows:
    return TextRows(rows, lines, lambda place: _raw(rows[place]))


def _without_nul(rows: list[_Row], lines: Sequence[int], refuse: Refuse) -> TextRows:
    kept = []
    for line, row in zip(lines, rows, strict=True):
        if any(cell and "\0" in cell for cell in row):
            refuse(Reject(line, "a NUL character", _raw(row)))
        else:
            kept.append((line, row))
    return _rows([row for _, row in kept], [line for line, _ in kept])


def _raw(row: _Row) -> str:
    return "\t".join("" if cell is None else cell for cell in row).replace("\0", "\\x00")


def _unpacked(path: Path, folder: Path) -> Path:
    plain = folder / "unpacked.parquet"
    try:
        with gzip.open(path) as packed, plain.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be unpacked: {error}") from error
    return plain


class _connected:  # noqa: N801 - used as a function
    """An engine of its own for one file, whose errors are told as errors of that file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
        return self._connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._connection.close()
        if isinstance(error, duckdb.Error):
            said = str(error).splitlines()[0]
            raise InputError(f"{self._path} cannot be read as Parquet: {said}") from error


def _kind(sql_type: str) -> Kind:
    bare = sql_type.removeprefix("U")
    if sql_type.endswith("]") or sql_type.startswith(_NESTED):
        return "json"
    if bare in _NUMBERS or sql_type.startswith("DECIMAL"):
        return "number"
    if sql_type == "BOOLEAN":
        return "boolean"
    return "time" if sql_type.startswith("TIMESTAMP") else "text"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_text(name: str, sql_type: str) -> str:
    column = _quoted(name)
    if _kind(sql_type) == "json":
        return f"to_json({column})::VARCHAR"
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({column}))::VARCHAR || 'Z'"
    return f"{column}::VARCHAR"
