"""The folder of a backup: it grows by what is new, and is changed by whole files only.

What is already there is never written again. The list of contents comes last, so that a backup
that was interrupted at any point is still the one before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from tailorbird.edges.backups.contents import Contents, Copy, read_contents, write_contents
from tailorbird.edges.backups.keys_copy import is_keys_copy
from tailorbird.edges.backups.parts import (
    DamagedBackupError,
    Part,
    read_part,
    sync,
    verify_bytes,
    verify_part,
    write_parts,
)
from tailorbird.edges.disks import sync_path
from tailorbird.edges.logs.lease import Lease
from tailorbird.edges.logs.raw_groups import RawGroup
from tailorbird.kernel.errors import InputError

CONTENTS: Final = "backup.json"
LOG: Final = "log"
LOCK: Final = "backup.lock"
REGISTRY: Final = "registry.sqlite"
SETTINGS: Final = "tailorbird.yaml"

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in any unit."""


class BackupFolder:
    """A place that backups of one project go to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def contents(self) -> Contents | None:
        """What is in it; None in an empty or absent folder."""
        path = self.path / CONTENTS
        try:
            return read_contents(path.read_bytes(), str(path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write to it alone; raises `InputError` for a place that is none for backups."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            there = sorted(path.name for path in self.path.iterdir())
            if CONTENTS not in there and set(there) - {LOG, LOCK}:
                raise InputError(
                    f"{self.path} is no backup and not empty ({there[0]}): name an empty folder"
                )
            for path in self.path.iterdir():
                if is_keys_copy(path):
                    raise InputError(
                        f"{path} is a copy of keys: with keys beside it a backup protects nobody; "
                        "move one of them to another place"
                    )
            lease = Lease(self.path / LOCK)
            try:
                (self.path / LOG).mkdir(exist_ok=True)
                yield
            finally:
                lease.close()
        except OSError as error:
            raise InputError(
                f"{error.filename or self.path} cannot be written: {error.strerror}"
            ) from error

    def add_groups(self, groups: Iterable[RawGroup]) -> Iterator[Part]:
        """Write groups that are new; each part was read again from the disk when it is given."""
        return write_parts(self.path / LOG, groups)

    def put(self, file: str, data: bytes) -> Copy:
        """Write a small file under a name that tells what is in it, and read it again."""
        digest = sha256(data).hexdigest()
        stem, _, suffix = file.rpartition(".")
        copy = Copy(f"{stem}-{digest[:16]}.{suffix}", len(data), digest)
        self._write(copy.file, data)
        verify_bytes(self.path / copy.file, copy.bytes, copy.sha256)
        return copy

    def finish(self, contents: Contents) -> None:
        """Make this what the backup holds, and remove what nothing names any more."""
        self._write(CONTENTS, write_contents(contents))
        if self.contents() != contents:
            raise DamagedBackupError(self.path / CONTENTS, "is not what was written")
        kept = {contents.registry.file, contents.settings.file}
        stems = tuple(f"{Path(name).stem}-" for name in (REGISTRY, SETTINGS))
        for path in self.path.iterdir():
            if path.name.startswith(stems) and path.name not in kept:
                path.unlink()
        parts = {part.file for part in contents.parts}
        for path in (self.path / LOG).iterdir():
            if path.name not in parts:
                path.unlink()

    def _write(self, file: str, data: bytes) -> None:
        unfinished = self.path / ".unfinished"
        with unfinished.open("wb") as stream:
            stream.write(data)
            sync(stream)
        unfinished.replace(self.path / file)
        sync_path(self.path)

    # Reading

    def verify(self, contents: Contents, progress: Progress = lambda _done, _total: None) -> None:
        """Read all that the contents name; raises `DamagedBackupError`."""
        done = 0
        for copy in (contents.registry, contents.settings):
            verify_bytes(self.path / copy.file, copy.bytes, copy.sha256)
            done += copy.bytes
        following = 0
        for part in contents.parts:
            path = self.path / LOG / part.file
            if part.first_position != following:
                raise DamagedBackupError(path, f"does not follow on position {following}")
            verify_part(path, part)
            following = part.end_position
            done += part.bytes
            progress(done, contents.bytes)
        if following != contents.log.end_position:
            end = contents.log.end_position
            raise DamagedBackupError(self.path / CONTENTS, f"has parts to {following}, not {end}")

    def read(self, copy: Copy) -> bytes:
        """A small file; raises `DamagedBackupError` when it is not what was written."""
        verify_bytes(self.path / copy.file, copy.bytes, copy.sha256)
        return (self.path / copy.file).read_bytes()

    def groups(self, part: Part) -> Iterator[RawGroup]:
        """The groups of a part."""
        return read_part(self.path / LOG / part.file, part)

    def last_group(self, contents: Contents) -> RawGroup | None:
        """The last group that is in it."""
        if not contents.parts:
            return None
        (last,) = deque(self.groups(contents.parts[-1]), maxlen=1)
        return last
