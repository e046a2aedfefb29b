"""Lines of a text file, compressed or not, in blocks; what is no text is refused line by line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BufferedReader
from pathlib import Path
from typing import Final, NamedTuple, cast

from tailorbird.events.table import Reject
from tailorbird.kernel import limits

BLOCK_BYTES: Final = 4 * 1024 * 1024
LINE_BYTES: Final = 4 * limits.FACT_BYTES
"""A longer line cannot be a fact; it is refused without being kept in memory."""

_GZIP: Final = b"\x1f\x8b"
_RAW_CHARACTERS: Final = 2_000
_BOM: Final = b"\xef\xbb\xbf"

Refuse = Callable[[Reject], None]


class Block(NamedTuple):
    """Whole lines of a file in one text, the last one without its line feed."""

    first_line: int
    text: str
    ends_cut: bool
    """Whether the file ends with this block and its last line has no line feed."""


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed, by what it begins with."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP


class LineFile:
    """A text file that is read once from its beginning to its end."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._done_bytes = 0
        self._damaged = False

    def progress(self) -> tuple[int, int]:
        """Bytes read and bytes in all, of the file as it lies on the disk."""
        return self._done_bytes, self._path.stat().st_size

    def blocks(self, refuse: Refuse) -> Iterator[Block]:
        """The file's lines; one that cannot be read is refused and stands there as an empty one."""
        packed = is_gzip(self._path)
        with self._path.open("rb") as disk:
            stream = cast(BufferedReader, gzip.GzipFile(fileobj=disk)) if packed else disk
            with closing(stream):
                yield from self._decoded(self._split(stream, disk, refuse), refuse)

    def _split(
        self, stream: BufferedReader, disk: BufferedReader, refuse: Refuse
    ) -> Iterator[tuple[int, bytes, bool]]:
        """Blocks of whole lines with the number of their first line."""
        line, carried, too_long = 1, b"", False
        while read := self._read(stream, line, refuse):
            self._done_bytes = disk.tell()
            block = carried + read
            if line == 1 and block.startswith(_BOM):
                block = block[len(_BOM) :]
            whole, feed, carried = block.rpartition(b"\n")
            if feed:
                if too_long:  # what is left of a line that was refused above
                    whole, too_long = whole[whole.find(b"\n") :] if b"\n" in whole else b"", False
                yield line, whole, False
                line += whole.count(b"\n") + 1
            if len(carried) > LINE_BYTES:
                if not too_long:
                    reason = f"the line is longer than {LINE_BYTES} bytes"
                    refuse(Reject(line, reason, shown(carried[:_RAW_CHARACTERS])))
                carried, too_long = b"", True
        if carried and not too_long:
            yield line, carried, True

    def _read(self, stream: BufferedReader, line: int, refuse: Refuse) -> bytes:
        parts: list[bytes] = []
        missing = 0 if self._damaged else BLOCK_BYTES
        while missing > 0:
            try:
                part = stream.read1(missing)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                self._damaged = True
                reason = f"the compressed file is damaged or cut off behind this line: {error}"
                refuse(Reject(line, reason, ""))
                break
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _decoded(
        self, blocks: Iterator[tuple[int, bytes, bool]], refuse: Refuse
    ) -> Iterator[Block]:
        for first, raw, ends_cut in blocks:
            try:
                text = raw.decode(self._encoding)
                if "\0" not in text:
                    yield Block(first, text.replace("\r\n", "\n").removesuffix("\r"), ends_cut)
                    continue
            except UnicodeDecodeError:
                pass
            lines = [
                self._line(first + place, line, refuse)
                for place, line in enumerate(raw.split(b"\n"))
            ]
            yield Block(first, "\n".join(lines), ends_cut)

    def _line(self, number: int, raw: bytes, refuse: Refuse) -> str:
        try:
            text = raw.decode(self._encoding).removesuffix("\r")
        except UnicodeDecodeError as error:
            refuse(Reject(number, f"no {self._encoding} text: {error.reason}", shown(raw)))
            return ""
        if "\0" in text:
            refuse(Reject(number, "a NUL character", shown(raw)))
            return ""
        return text


def shown(raw: bytes) -> str:
    """Bytes for people to read, whatever they are."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
