"""Simulated clickstreams as files: Parquet with flat columns, JSON lines, and the truth."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import duckdb
import msgspec
import numpy as np

from tailorbird.edges.arrow_stream import ArrowStream, Cells, Chunk, Form
from tailorbird.edges.interrupts import interrupts_held
from tailorbird.simulate.columns import (
    COLUMNS,
    LINES,
    Chosen,
    Day,
    Flag,
    Hex,
    Kind,
    Labelled,
    Moment,
    Scaled,
)
from tailorbird.simulate.messages import decimals, messages
from tailorbird.simulate.records import order_lines
from tailorbird.simulate.rows import ORDERED, Rows
from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.stream import simulated_rows
from tailorbird.simulate.truth import truth_of

Progress = Callable[[int], None]
"""Told how many rows have been handed to the file so far."""

_MEMORY: Final = "1GB"
_FORMAT: Final = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000"
"""A dictionary of ids that hardly repeat costs time and saves no space."""
_FORMS: Final[dict[str, Form]] = {**{column.name: "number" for column in COLUMNS}, LINES: "text"}


def write_parquet(simulation: Simulation, path: Path, progress: Progress | None = None) -> None:
    """All rows as one Parquet file with a column per property, rows in order of arrival."""
    columns = ", ".join(f"{_sql(column.kind, column.name)} AS {column.name}" for column in COLUMNS)
    with (
        _whole(path) as unfinished,
        duckdb.connect() as engine,
        interrupts_held() as raise_if_heard,
    ):
        engine.execute(f"SET memory_limit = '{_MEMORY}'")
        engine.execute("SET threads = 1")  # with more, equal rows need not make equal files
        rows = ArrowStream(_FORMS, _ahead(_chunks(simulation, progress), raise_if_heard))
        engine.register("simulated_rows", rows)
        try:  # names of columns are the program's own, and the path is quoted
            engine.execute(
                f"COPY (SELECT {columns}, {LINES} FROM simulated_rows) TO "  # noqa: S608
                f"'{_quoted(unfinished)}' ({_FORMAT})"
            )
        except duckdb.Error as error:
            raise rows.failure or error from error


def write_json_lines(simulation: Simulation, path: Path, progress: Progress | None = None) -> None:
    """All rows as Segment messages, one a line, in order of arrival; packed when it ends in .gz."""
    encoder = msgspec.json.Encoder()
    with _whole(path) as unfinished, _opened(unfinished, packed=path.suffix == ".gz") as file:
        for rows in _told(simulation, progress):
            file.write(encoder.encode_lines(messages(rows)))


def write_truth(simulation: Simulation, path: Path) -> None:
    """What was planted, as indented JSON."""
    with _whole(path) as unfinished:
        text = msgspec.json.format(msgspec.json.encode(truth_of(simulation)), indent=2)
        unfinished.write_bytes(text + b"\n")


def _chunks(simulation: Simulation, progress: Progress | None) -> Iterator[Chunk]:
    encoder = msgspec.json.Encoder()
    for rows in _told(simulation, progress):
        chunk: dict[str, Cells] = {column.name: column.numbers(rows) for column in COLUMNS}
        lines: list[str | None] = [None] * len(rows)
        for row in np.flatnonzero(rows.event == ORDERED).tolist():
            lines[row] = encoder.encode(order_lines(rows.items[row], decimals)).decode()
        chunk[LINES] = lines
        yield chunk


def _ahead(chunks: Iterator[Chunk], raise_if_heard: Callable[[], None]) -> Iterator[Chunk]:
    """The same chunks, the next one being drawn while the engine writes the last."""
    with ThreadPoolExecutor(1) as drawer:
        drawn = drawer.submit(next, chunks, None)
        while (chunk := drawn.result()) is not None:
            drawn = drawer.submit(next, chunks, None)
            raise_if_heard()
            yield chunk


def _told(simulation: Simulation, progress: Progress | None) -> Iterator[Rows]:
    """All rows; after each batch of them the progress is told."""
    done = 0
    for rows in simulated_rows(simulation):
        yield rows
        done += len(rows)
        if progress is not None:
            progress(done)


def _sql(kind: Kind, column: str) -> str:
    """The value that a number in a column stands for; see `records` for the same in Python."""
    match kind:
        case Labelled(prefix):
            return f"'{prefix}' || {column}"
        case Chosen(texts):
            return f"list_extract({list(texts)}, {column} + 1)"
        case Scaled(parts):
            return column if parts == 1 else f"{column}::DOUBLE / {parts}"
        case Hex():
            return f"to_hex({column})"
        case Moment():
            return f"make_timestamp({column})"
        case Day():
            return f"(DATE '1970-01-01' + {column}::INTEGER)::VARCHAR"
        case Flag():
            return f"{column}::BOOLEAN"


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path beside the wanted one that takes its name when everything went well."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    with path.open("wb") as plain:
        if not packed:
            yield plain
            return
        # Without a name and a time in its header the same rows make the same packed file.
        with gzip.GzipFile("", "wb", 5, plain, mtime=0) as file:
            yield cast(BinaryIO, file)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
