"""Packed facts between processes of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from tailorbird.events.packed import PackedColumns, Texts
from tailorbird.ports.log import PackedChunk

_PART_BYTES: Final = 64 * 1024 * 1024


def sent(chunks: Iterator[PackedChunk]) -> Iterator[Any]:
    """Each as its arrays, followed by its memory in parts of which each fits a frame."""
    for columns, positions, following in chunks:
        data = columns.id.data
        parts = range(0, len(data), _PART_BYTES)
        arrays = [
            [column.starts.tobytes(), column.lengths.tobytes()]
            if isinstance(column, Texts)
            else [column.tobytes()]
            for column in columns
        ]
        yield [following, positions.tobytes(), arrays, len(parts)]
        for begin in parts:
            yield memoryview(data)[begin : begin + _PART_BYTES]


def received(parts: Iterator[Any]) -> Iterator[PackedChunk]:
    """The inverse of `sent`."""
    for following, positions, arrays, count in parts:
        data = b"".join([next(parts) for _ in range(count)])
        columns: Any = (
            Texts(data, *map(_numbers, given)) if len(given) > 1 else _numbers(*given)
            for given in arrays
        )
        yield PackedChunk(PackedColumns(*columns), _numbers(positions), following)


def _numbers(data: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.frombuffer(data, np.int64)
