"""What the frames of a group hold, read by arrays: each step reads one column of all rows.

What `sealed_groups.packed` writes is all that is understood. `sealed_groups.unpacked` reads the
same row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Final

import msgspec
import numpy as np

from tailorbird.events.packed import Array, PackedColumns, Texts

_PAIR: Final = 0x92
_ONE_ROW: Final = 0x91
_ROW: Final = 0x99
_NIL: Final = 0xC0
_FALSE: Final = 0xC2
_SHORT_TEXT: Final = 0xA0
_LONGER_TEXTS: Final = {0xD9: ">u1", 0xDA: ">u2", 0xDB: ">u4"}
_NUMBERS: Final = {
    0xCC: ">u1",
    0xCD: ">u2",
    0xCE: ">u4",
    0xCF: ">u8",
    0xD0: ">i1",
    0xD1: ">i2",
    0xD2: ">i4",
    0xD3: ">i8",
}
_BEHIND: Final = bytes(8)
"""A number may be looked for behind the last row."""

_several: Final = msgspec.msgpack.Decoder(tuple[msgspec.Raw, list[msgspec.Raw]]).decode


def rows_in(plains: Sequence[bytes]) -> PackedColumns:
    """The rows of opened frames, frame by frame.

    Raises ``ValueError`` where something else is found than what is written.
    """
    data = b"".join(plains) + _BEHIND
    starts = np.fromiter(accumulate(map(len, plains), initial=0), np.int64)[:-1]
    frames = _Walk(data, starts)
    frames.expect(_PAIR)
    subject = frames.texts()
    is_one = frames.here() == _ONE_ROW
    begins = _begins(plains, starts, frames.at + 1, is_one)
    counts = np.fromiter(map(len, begins), np.int64, len(plains))
    rows = _Walk(data, np.fromiter(chain.from_iterable(begins), np.int64, int(counts.sum())))
    rows.expect(_ROW)
    return PackedColumns(
        Texts(data, np.repeat(subject.starts, counts), np.repeat(subject.lengths, counts)),
        time_us=rows.numbers(),
        id=rows.texts(),
        name=rows.texts(),
        act=rows.flags(),
        active=rows.flags(),
        source=rows.texts(),
        known_us=rows.numbers(),
        properties=rows.texts(),
        context=rows.texts(),
    )


def _begins(
    plains: Sequence[bytes], starts: Array, first: Array, is_one: Array
) -> list[Sequence[int]]:
    """Where the rows of each frame begin; those of one row are known without looking."""
    found: list[Sequence[int]] = [(one,) for one in first.tolist()]
    for number in np.flatnonzero(~is_one).tolist():
        plain = plains[number]
        lengths = [len(row) for row in _several(plain)[1]]
        begin = int(starts[number]) + len(plain) - sum(lengths)
        found[number] = list(accumulate(lengths[:-1], initial=begin))
    return found


class _Walk:
    """Reads a value at many places at once, and goes on behind it."""

    def __init__(self, data: bytes, at: Array) -> None:
        self._data = data
        self._codes = np.frombuffer(data, np.uint8)
        self.at = at

    def here(self) -> Array:
        """The bytes at the places."""
        found: Array = self._codes[self.at]
        return found

    def expect(self, code: int) -> None:
        """Go on behind a byte that has to be at all places."""
        if np.any(self.here() != code):
            raise ValueError("a frame of another form")
        self.at = self.at + 1

    def flags(self) -> Array:
        """Booleans, as 0 and 1."""
        found = self.here().astype(np.int64) - _FALSE
        if np.any((found != 0) & (found != 1)):
            raise ValueError("no boolean where one is written")
        self.at = self.at + 1
        return found

    def numbers(self) -> Array:
        """Integers of 64 bits."""
        codes = self.here()
        found = codes.astype(np.int8).astype(np.int64)  # one byte says itself from -32 to 127
        known = found >= -32
        heads = self._heads(codes, _NUMBERS, found, known)
        if not known.all():
            raise ValueError("no integer where one is written")
        self.at = self.at + heads
        return found

    def texts(self) -> Texts:
        """Texts; none where there is nil."""
        codes = self.here()
        lengths = codes.astype(np.int64) - _SHORT_TEXT
        known = (lengths >= 0) & (lengths < 32) | (codes == _NIL)
        lengths[codes == _NIL] = -1
        heads = self._heads(codes, _LONGER_TEXTS, lengths, known)
        if not known.all():
            raise ValueError("no text where one is written")
        starts = self.at + heads
        self.at = starts + np.maximum(lengths, 0)
        return Texts(self._data, starts, lengths)

    def _heads(self, codes: Array, forms: Mapping[int, str], found: Array, known: Array) -> Array:
        """The bytes of each head, where ``found`` gets the numbers that stand behind codes."""
        heads = np.ones(len(codes), np.int64)
        for code, form in forms.items():
            rows = np.flatnonzero(codes == code)
            if len(rows):
                found[rows] = self._after(rows, form)
                heads[rows] += np.dtype(form).itemsize
                known[rows] = True
        return heads

    def _after(self, rows: Array, form: str) -> Array:
        """The numbers of a form behind the places of some rows."""
        size = np.dtype(form).itemsize
        places = self.at[rows][:, None] + np.arange(1, size + 1)
        found: Array = self._codes[places].view(form)[:, 0].astype(np.int64)
        return found
