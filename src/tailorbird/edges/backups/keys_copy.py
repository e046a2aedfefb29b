"""The copy of a project's keys: one file in another place, written over as a whole.

One line of JSON that says what it is, then the keys of all subjects in order of their hashes, then
a checksum of everything. There is one generation only: a key that was destroyed must not live on
in an older copy.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from tailorbird.edges.backups.parts import sync
from tailorbird.edges.disks import sync_path
from tailorbird.governance.seals import HASH_BYTES, KEY_BYTES, keyed_hash
from tailorbird.kernel.errors import InputError

FORM: Final = 1
"""The version of this form."""
KIND: Final = b'{"tailorbird":"keys",'
"""What every copy begins with."""
RECORD_BYTES: Final = HASH_BYTES + KEY_BYTES
_HEAD_BYTES: Final = 1_000
_AT_ONCE: Final = 10_000
_DIGEST_BYTES: Final = 32


class KeysCopy(NamedTuple):
    """What a copy of keys says about itself."""

    made_us: int
    position: int
    """All facts below this position of the log can be read with it, but those of the erased."""
    fingerprint: bytes
    """By which the log knows its keys."""
    secret: bytes
    subjects: int


def is_keys_copy(path: Path) -> bool:
    """Whether a file is a copy of keys."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(KIND)) == KIND


def write_keys(path: Path, copy: KeysCopy, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Write a copy in place of the one before, whose bytes are overwritten; then read it again.

    Only the owner may read it.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    hashed = sha256()
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        for data in _written(copy, records):
            stream.write(data)
            hashed.update(data)
        stream.write(hashed.digest())
        sync(stream)
    deque(read_keys(unfinished)[1], maxlen=0)
    before = path.open("r+b") if path.exists() else None
    unfinished.replace(path)
    sync_path(path.parent)
    if before is not None:
        with before:
            _blank(before.fileno())


def _written(copy: KeysCopy, records: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    head = {
        "tailorbird": "keys",
        "form": FORM,
        "made_us": copy.made_us,
        "position": copy.position,
        "fingerprint": copy.fingerprint.hex(),
        "secret": copy.secret.hex(),
        "subjects": copy.subjects,
    }
    yield msgspec.json.encode(head) + b"\n"
    for subject, key in records:
        yield subject + key


def _blank(handle: int) -> None:
    """Overwrite a file that has no name any more; in vain where the disk copies on write."""
    left = os.fstat(handle).st_size
    while left > 0:
        left -= os.write(handle, bytes(min(left, 1 << 20)))
    os.fsync(handle)


def read_keys(path: Path) -> tuple[KeysCopy, Iterator[tuple[bytes, bytes]]]:
    """What a copy says of itself, and its keys: they are right when the last one was given.

    Raises `InputError` that names the file.
    """
    try:
        with path.open("rb") as stream:
            line = stream.readline(_HEAD_BYTES)
    except OSError as error:
        raise InputError(f"the copy of the keys {path} cannot be read: {error.strerror}") from error
    copy = _head(path, line)
    return copy, _records(path, line, copy)


def _head(path: Path, line: bytes) -> KeysCopy:
    if not line.startswith(KIND):
        raise InputError(f"{path} is no copy of keys; `tailorbird keys copy {path}` writes one")
    try:
        head = msgspec.json.decode(line)
        if head["form"] > FORM:
            raise InputError(
                f"{path} was written by a newer version of Tailorbird (it has form {head['form']}, "
                f"this program knows {FORM}): use that version"
            )
        fingerprint, secret = (bytes.fromhex(head[name]) for name in ("fingerprint", "secret"))
        copy = KeysCopy(head["made_us"], head["position"], fingerprint, secret, head["subjects"])
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    if keyed_hash(copy.secret, "$keyring") != copy.fingerprint:
        raise _damaged(path)
    return copy


def _records(path: Path, line: bytes, copy: KeysCopy) -> Iterator[tuple[bytes, bytes]]:
    hashed = sha256(line)
    try:
        if path.stat().st_size != len(line) + copy.subjects * RECORD_BYTES + _DIGEST_BYTES:
            raise _damaged(path)
        with path.open("rb") as stream:
            stream.seek(len(line))
            left = copy.subjects
            while left:
                data = stream.read(min(left, _AT_ONCE) * RECORD_BYTES)
                if not data or len(data) % RECORD_BYTES:
                    raise _damaged(path)
                hashed.update(data)
                for at in range(0, len(data), RECORD_BYTES):
                    yield data[at : at + HASH_BYTES], data[at + HASH_BYTES : at + RECORD_BYTES]
                left -= len(data) // RECORD_BYTES
            if stream.read() != hashed.digest():
                raise _damaged(path)
    except OSError as error:
        raise InputError(f"the copy of the keys {path} cannot be read: {error.strerror}") from error


def _damaged(path: Path) -> InputError:
    return InputError(f"the copy of the keys {path} is damaged; make it again, or use another one")
