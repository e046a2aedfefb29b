"""Copies of a project while it is in use: a backup of log and registry, and apart its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.edges.backups.contents import Contents, Copy
from tailorbird.edges.backups.folder import CONTENTS, REGISTRY, SETTINGS, BackupFolder, Progress
from tailorbird.edges.backups.keys_copy import KeysCopy, is_keys_copy, read_keys, write_keys
from tailorbird.edges.backups.parts import Part
from tailorbird.edges.logs.raw_groups import LogCut, RawLog
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.copies import Copied, remember
from tailorbird.runtimes.project import LOG, Project
from tailorbird.runtimes.project import REGISTRY as REGISTRY_FILE
from tailorbird.runtimes.settings import FILE

SEALED_FOR: Final = b"backup"
"""For what the workspace has another secret when its backups are sealed."""


class BackedUp(NamedTuple):
    """What one run of a backup did."""

    contents: Contents
    new_facts: int
    new_bytes: int
    seconds: float


def back_up(
    project: Project,
    to: Path,
    *,
    verify_all: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> BackedUp:
    """Bring the backup in a folder up to the present.

    Only groups of the log that it lacks are written, and read again. The cut is taken while nobody
    can publish: the registry and the log below its end belong together. Raises `InputError` for
    a folder that holds something else; then nothing in it is changed.
    """
    _refuse_within(project, to)
    project.take_over_old_history()
    folder = BackupFolder(to)
    with folder.writing(), RawLog(project.data / LOG) as log:
        before = folder.contents()
        with SqliteRegistry(project.data / REGISTRY_FILE) as registry:
            newest = registry.newest()
            with registry.held() as registry_bytes:
                cut, made_us = log.cut(), project.now_us()
        _refuse_other(folder, before, log, cut)
        if before is not None and verify_all:
            folder.verify(before, progress)
        begin = 0 if before is None else before.log.end_position
        new: list[Part] = []
        for part in folder.add_groups(log.groups(begin, cut.end_position)):
            new.append(part)
            progress(part.end_position - begin, cut.end_position - begin)
        contents = Contents(
            made_us,
            cut,
            (*(() if before is None else before.parts), *new),
            folder.put(REGISTRY, registry_bytes),
            0 if newest is None else newest.number,
            folder.put(SETTINGS, (project.folder / FILE).read_bytes()),
        )
        contents = contents.sealed(project.keyring.secret_for(SEALED_FOR))
        folder.finish(contents)
    place = str(to.resolve())
    remember(project.data, backup=Copied(place, made_us, cut.end_position))
    took_s = (project.now_us() - made_us) / 1_000_000
    written = sum(part.bytes for part in new) + _small(contents.registry, contents.settings)
    return BackedUp(contents, cut.end_position - begin, written, took_s)


def _small(*copies: Copy) -> int:
    return sum(copy.bytes for copy in copies)


def _refuse_within(project: Project, to: Path) -> None:
    """A copy beside what it is a copy of goes with it."""
    data = project.data.resolve()
    if to.resolve().is_relative_to(data):
        raise InputError(
            f"{to} lies in the project's own data folder {data}, and would be lost with it: "
            "name a folder on another disk or machine"
        )


def _refuse_other(folder: BackupFolder, before: Contents | None, log: RawLog, cut: LogCut) -> None:
    """A backup goes on only with the log that it was made of."""
    if before is None or not before.log.end_position:
        return
    if before.log.keyring != cut.keyring:
        raise InputError(
            f"{folder.path} is a backup of another project; name another folder for this one"
        )
    end = before.log.end_position
    its, ours = folder.last_group(before), log.last_below(end)
    if end > cut.end_position or its != ours:
        raise InputError(
            f"{folder.path} holds facts up to position {end} that are not those of this project, "
            "which has gone on from an older state since; keep that backup, and name another "
            "folder for the backups from now on"
        )


class KeysCopied(NamedTuple):
    """What one copy of the keys holds."""

    path: Path
    subjects: int
    position: int


def copy_keys(project: Project, to: Path) -> KeysCopied:
    """Write the keys of all subjects to a file in place of the copy that was there.

    Raises `InputError` for a place that holds something else, or that lies in a backup.
    """
    path = to / f"{project.folder.resolve().name}.keys" if to.is_dir() else to
    _refuse_within(project, path)
    _refuse_for_keys(project, path)
    project.take_over_old_history()
    # The end first: the keys of what is below it are on the disk by then.
    with RawLog(project.data / LOG) as log:
        position = log.cut().end_position
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with project.keyring.held() as (secret, count, records):
            copy = KeysCopy(project.now_us(), position, project.keyring.fingerprint, secret, count)
            write_keys(path, copy, records)
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be written: {error.strerror}") from error
    remember(project.data, keys=Copied(str(path.resolve()), copy.made_us, position))
    return KeysCopied(path, count, position)


def _refuse_for_keys(project: Project, path: Path) -> None:
    for folder in path.resolve().parents:
        if (folder / CONTENTS).exists():
            raise InputError(
                f"{path} lies in the backup {folder}: with its keys in it a backup protects "
                "nobody; name another place"
            )
    if not path.exists():
        return
    if not is_keys_copy(path):
        raise InputError(f"{path} exists and is no copy of keys; name another file")
    if read_keys(path)[0].fingerprint != project.keyring.fingerprint:
        raise InputError(f"{path} has the keys of another project; name another file")
