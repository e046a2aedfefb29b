"""Part files of a backup: groups of the log one behind the other, each checked when it is read."""

from __future__ import annotations

import os
import stat
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from tailorbird.edges.disks import sync_path
from tailorbird.edges.logs.raw_groups import RawGroup
from tailorbird.kernel.errors import InputError

HEAD: Final = b"tailorbird groups 1\n"
PART_BYTES: Final = 256 * 1024 * 1024
"""When a part has so many bytes, the next group begins another one."""
_LENGTH: Final = struct.Struct(">Q")
_READ_BYTES: Final = 1024 * 1024
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[int, int, bytes, int, int, bytes]).decode


class Part(NamedTuple):
    """One part as a backup's list of contents has it."""

    file: str
    first_position: int
    end_position: int
    bytes: int
    sha256: str


class DamagedBackupError(InputError):
    """A file of a backup is not what was written."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the backup is damaged: {path} {reason}")


def write_parts(folder: Path, groups: Iterable[RawGroup]) -> Iterator[Part]:
    """Write groups to parts; each is on the disk, and was read again, when it is given."""
    remaining = iter(groups)
    group = next(remaining, None)
    while group is not None:
        unfinished = folder / ".unfinished"
        first = group.first_position
        with _Writing(unfinished) as writing:
            while group is not None and writing.bytes < PART_BYTES:
                writing.add(group)
                end = group.end_position
                group = next(remaining, None)
        file = f"{first:016d}-{end:016d}.groups"
        part = Part(file, first, end, writing.bytes, writing.digest)
        verify_part(unfinished, part)
        unfinished.replace(folder / file)
        sync_path(folder)
        yield part


class _Writing:
    """A file that counts and hashes what is written to it."""

    def __init__(self, path: Path) -> None:
        self._stream: IO[bytes] = path.open("wb")
        self._hash = sha256()
        self.bytes = 0
        self._put(HEAD)

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: object) -> None:
        with self._stream:
            sync(self._stream)

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._hash.update(data)
        self.bytes += len(data)

    def add(self, group: RawGroup) -> None:
        """Write one group."""
        body = _encode(group)
        self._put(_LENGTH.pack(len(body)))
        self._put(body)

    @property
    def digest(self) -> str:
        """The hash of all that was written."""
        return self._hash.hexdigest()


def verify_part(path: Path, part: Part) -> None:
    """Raise `DamagedBackupError` unless a file has exactly what the list of contents says."""
    verify_bytes(path, part.bytes, part.sha256)
    deque(read_part(path, part), maxlen=0)


def verify_bytes(path: Path, length: int, digest: str) -> None:
    """Raise `DamagedBackupError` unless a file, read from the disk, has a length and a hash."""
    hashed, found = sha256(), 0
    try:
        with _opened(path) as stream:
            _forget_cached(stream)
            while found <= length and (data := stream.read(_READ_BYTES)):
                hashed.update(data)
                found += len(data)
    except OSError as error:
        raise DamagedBackupError(path, f"cannot be read: {error.strerror}") from error
    if found != length:
        has = f"more than {length:,}" if found > length else f"{found:,}"
        raise DamagedBackupError(path, f"has {has} bytes, not {length:,}")
    if hashed.hexdigest() != digest:
        raise DamagedBackupError(path, "has another checksum than it was written with")


def read_part(path: Path, part: Part) -> Iterator[RawGroup]:
    """The groups of a part, in order and without a gap; raises `DamagedBackupError`."""
    position = part.first_position
    try:
        with _opened(path) as stream:
            if stream.read(len(HEAD)) != HEAD:
                raise DamagedBackupError(path, "is no part of a backup of this form")
            while head := stream.read(_LENGTH.size):
                (length,) = _LENGTH.unpack(head)
                group = RawGroup(*_decode(stream.read(min(length, part.bytes))))
                if group.first_position != position or not group.is_sound:
                    raise DamagedBackupError(path, f"is not sound at position {position}")
                yield group
                position = group.end_position
    except (struct.error, msgspec.MsgspecError) as error:
        raise DamagedBackupError(path, f"is not sound at position {position}") from error
    except OSError as error:
        raise DamagedBackupError(path, f"cannot be read: {error.strerror}") from error
    if position != part.end_position:
        raise DamagedBackupError(path, f"ends at position {position}, not {part.end_position}")


def sync(stream: IO[bytes]) -> None:
    """Have the disk keep what was written to a file."""
    stream.flush()
    os.fsync(stream.fileno())


def _opened(path: Path) -> IO[bytes]:
    """A file to read; whoever wrote a backup shall not have others read by way of it."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DamagedBackupError(path, "is no plain file")
    return os.fdopen(handle, "rb")


def _forget_cached(stream: IO[bytes]) -> None:
    """Ask the system to read a file from the disk, where it can be asked that."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
