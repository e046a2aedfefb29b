"""A file to which lines are added, followed through rotation and truncation.

A place says which file it is by its number on the disk, how far it was read, and what stood just
before, so that a file that was cut and filled again is told from one that grew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from tailorbird.edges.sources.lines import LINE_BYTES
from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError
from tailorbird.ports.streams import Record

STEP_BYTES: Final = 64 * 1024 * 1024
"""After so much a step ends, so that the place behind it is noted."""
_BLOCK_BYTES: Final = 1024 * 1024
_BEFORE_BYTES: Final = 64
_BOM: Final = b"\xef\xbb\xbf"


class _Place(msgspec.Struct, omit_defaults=True):
    """How far a file was read."""

    inode: int = 0
    offset: int = 0
    turn: int = 0
    """How often this file was cut and filled again."""
    before: str = ""
    """A hash of the bytes before the offset."""
    lines: int = 0
    is_skipping: bool = False
    """Whether it stands within a line that is too long."""


class FileTail:
    """One path, whatever file stands there."""

    def __init__(self, address: Address, place: str | None) -> None:
        """Open at a place; raises `InputError` for one that is none."""
        self._path = Path(address.path)
        self._at = _Place()
        if place is not None:
            try:
                self._at = msgspec.json.decode(place, type=_Place)
            except msgspec.DecodeError as error:
                raise InputError(f"{self._path}: this is no place in a file: {error}") from error
        self._read_bytes = 0

    def close(self) -> None:
        """Nothing stays open between records."""

    @property
    def place(self) -> str:
        """See `Stream`."""
        return msgspec.json.encode(self._at).decode()

    @property
    def has_more(self) -> bool:
        """Whether the file is another one, was cut, or has a whole line that was not read."""
        try:
            with self._path.open("rb") as stream:
                found = os.fstat(stream.fileno())
                if found.st_ino != self._at.inode or found.st_size < self._at.offset:
                    return True
                stream.seek(self._at.offset)
                while block := stream.read(_BLOCK_BYTES):
                    if b"\n" in block:
                        return True
        except FileNotFoundError:
            return False
        except OSError:
            return True  # reading it tells what is wrong
        return False

    def records(self) -> Iterator[Record]:
        """The whole lines that are there; one without its line feed is not whole yet."""
        self._read_bytes = 0
        try:
            yield from self._rest_of_former()
            with self._path.open("rb") as stream:
                self._turn_to(stream)
                yield from self._lines(stream)
        except FileNotFoundError:
            return  # it was moved away, and the next one is not there yet
        except OSError as error:
            raise InputError(f"{self._path} cannot be read: {error.strerror or error}") from error

    def _rest_of_former(self) -> Iterator[Record]:
        """What was added to the file before another one took its name."""
        if not self._at.inode:
            return
        if self._path.exists() and self._path.stat().st_ino == self._at.inode:
            return
        former = next(
            (
                path
                for path in sorted(self._path.parent.glob(f"{_quoted(self._path.stem)}*"))
                if path.is_file() and path.stat().st_ino == self._at.inode
            ),
            None,
        )
        if former is None:
            return
        with former.open("rb") as stream:
            if self._is_same(stream):
                yield from self._lines(stream, is_ended=self._path.exists())

    def _turn_to(self, stream: BinaryIO) -> None:
        """Begin anew where another file stands at the path, or this one was cut."""
        inode = os.fstat(stream.fileno()).st_ino
        if inode != self._at.inode:
            if self._read_bytes < STEP_BYTES:
                self._at = _Place(inode)
        elif not self._is_same(stream):
            self._at = _Place(inode, turn=self._at.turn + 1)

    def _is_same(self, stream: BinaryIO) -> bool:
        size = os.fstat(stream.fileno()).st_size
        return size >= self._at.offset and (
            not self._at.offset or self._before(stream) == self._at.before
        )

    def _before(self, stream: BinaryIO) -> str:
        start = max(self._at.offset - _BEFORE_BYTES, 0)
        stream.seek(start)
        said = stream.read(self._at.offset - start)
        return blake2b(said, digest_size=8).hexdigest()

    def _lines(self, stream: BinaryIO, *, is_ended: bool = False) -> Iterator[Record]:
        """``is_ended``: nothing is added to the file any more, so its last line is whole."""
        if self._read_bytes >= STEP_BYTES or os.fstat(stream.fileno()).st_ino != self._at.inode:
            return
        stream.seek(self._at.offset)
        carried = b""
        while self._read_bytes < STEP_BYTES:
            block = stream.read(_BLOCK_BYTES)
            self._read_bytes += len(block)
            *whole, carried = (carried + block).split(b"\n")
            for line in whole:
                yield from self._record(line, len(line) + 1)
            if not block:
                if is_ended and carried:
                    yield from self._record(carried, len(carried))
                break
            if len(carried) > LINE_BYTES:
                yield from self._too_long(carried)
                carried = b""
        self._at.before = self._before(stream)

    def _record(self, line: bytes, length: int) -> Iterator[Record]:
        at = self._at
        id_ = f"{at.inode}.{at.turn}:{at.offset}"
        is_first, skipped = not at.offset, at.is_skipping
        at.offset += length
        at.lines += 1
        at.is_skipping = False
        if not skipped:
            said = line.removesuffix(b"\r")
            yield Record(said.removeprefix(_BOM) if is_first else said, id_, at.lines)

    def _too_long(self, begun: bytes) -> Iterator[Record]:
        """A line that cannot be a fact: its beginning is told, and the rest passed over."""
        at = self._at
        if not at.is_skipping:
            yield Record(begun, f"{at.inode}.{at.turn}:{at.offset}", at.lines + 1)
        at.is_skipping = True
        at.offset += len(begun)


def _quoted(name: str) -> str:
    """A name in which nothing stands for parts of other names."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
