"""What a disk may hold after a power cut, made from a recording of writes and syncs.

A synced write is on the disk. Of the others each may be there, be missing, or be there in some of
its sectors, whatever the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import apsw

SECTOR = 512
_NAME = "recording"

Fault = Callable[[str, str], None]
"""Called with "write" or "sync" and a file's name before it is done; may raise."""


class Event(NamedTuple):
    kind: str
    """write, sync, truncate, or ack: what the oracle knows at that point."""
    file: str
    offset: int = 0
    data: bytes = b""
    acknowledged: int = 0


class Recording:
    """Everything that was done to the files of a folder since it was copied."""

    def __init__(self, folder: Path) -> None:
        self.start = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.events: list[Event] = []

    def acknowledge(self, count: int) -> None:
        self.events.append(Event("ack", "", acknowledged=count))

    def image(self, end: int, chance: Random) -> tuple[dict[str, bytes], int]:
        """Files after a cut behind so many events, and what was acknowledged before it."""
        synced = {name: bytearray(data) for name, data in self.start.items()}
        pending: dict[str, list[Event]] = {}
        acknowledged = 0
        for event in self.events[:end]:
            if event.kind == "ack":
                acknowledged = event.acknowledged
            elif event.kind == "sync":
                for done in pending.pop(event.file, []):
                    _apply(synced, done)
            else:
                pending.setdefault(event.file, []).append(event)
        share = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        for events in pending.values():
            for event in events:
                if chance.random() < share:
                    _apply(synced, event)
                elif event.kind == "write" and chance.random() < share:
                    _tear(synced, event, chance)
        return {name: bytes(data) for name, data in synced.items()}, acknowledged


def _apply(files: dict[str, bytearray], event: Event) -> None:
    data = files.setdefault(event.file, bytearray())
    if event.kind == "truncate":
        del data[event.offset :]
        return
    end = event.offset + len(event.data)
    data.extend(bytes(max(0, end - len(data))))
    data[event.offset : end] = event.data


def _tear(files: dict[str, bytearray], event: Event, chance: Random) -> None:
    """Some sectors of a write arrive."""
    first = -event.offset % SECTOR
    for begin in (0, *range(first, len(event.data), SECTOR)):
        end = first if begin == 0 and first else begin + SECTOR
        if chance.random() < 0.5:
            part = event.data[begin:end]
            _apply(files, event._replace(offset=event.offset + begin, data=part))


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], recorder: _Recorder) -> None:
        super().__init__("unix", name, flags)
        full = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._file, self._recorder = Path(full).name, recorder

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._recorder.before("write", self._file)
        super().xWrite(data, offset)
        self._recorder.note(Event("write", self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._recorder.note(Event("truncate", self._file, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._recorder.before("sync", self._file)
        super().xSync(flags)
        self._recorder.note(Event("sync", self._file))


class _Recorder(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(_NAME, "unix", makedefault=True)
        self.recording: Recording | None = None
        self.fault: Fault | None = None

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        return _File(name, flags, self)

    def before(self, kind: str, file: str) -> None:
        if self.fault is not None:
            self.fault(kind, file)

    def note(self, event: Event) -> None:
        if self.recording is not None:
            self.recording.events.append(event)


@contextmanager
def watched() -> Iterator[_Recorder]:
    """Open databases inside of this, to record or disturb what they do to the disk."""
    recorder = _Recorder()
    try:
        yield recorder
    finally:
        recorder.unregister()
