"""A project made again from its backup and the copy of its keys: all of it, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from tailorbird.edges.backups.contents import Contents
from tailorbird.edges.backups.folder import CONTENTS, BackupFolder, Progress
from tailorbird.edges.backups.keys_copy import KeysCopy, read_keys
from tailorbird.edges.backups.parts import sync
from tailorbird.edges.disks import sync_path
from tailorbird.edges.logs.raw_groups import RawLog
from tailorbird.edges.logs.sealed_groups import frames_of
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.governance.seals import secret_for
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.backups import SEALED_FOR
from tailorbird.runtimes.project import (
    DEFINITIONS,
    HISTORY,
    KEYS,
    LOG,
    REGISTRY,
    STATE,
    Project,
)
from tailorbird.runtimes.settings import FILE, read_settings

STAGED: Final = ".restoring"
"""The folder that stores are made in; one that was left behind is removed by the next run."""


class Unreadable(NamedTuple):
    """What a backup holds and an older copy of keys cannot open."""

    subjects: int
    facts: int


class Restored(NamedTuple):
    """What a restoration made."""

    data: Path
    contents: Contents
    unreadable: Unreadable
    definitions: list[str]
    """The definition files that were written."""


def restore(
    source: Path,
    into: Path,
    keys: Path | None,
    *,
    accept_loss: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Restored:
    """Make a project out of a backup and the copy of its keys.

    Everything is read and checked before the folder gets its first file, and the stores come to
    their place together. Raises `InputError`; then the folder is as it was.
    """
    folder = BackupFolder(source)
    contents = folder.contents()
    if contents is None:
        raise InputError(
            f"{source} is no backup: there is no {CONTENTS} in it; `tailorbird backup` writes one"
        )
    copy = _right_keys(contents, keys)
    data = _free_place(into, folder, contents)
    folder.verify(contents, progress)
    unreadable = _unreadable(folder, contents, copy, keys)
    if unreadable.subjects and not accept_loss:
        assert copy is not None
        raise InputError(
            f"the keys in {keys} are of {format_instant(copy.made_us)} and the backup is newer: "
            f"{amount(unreadable.subjects, 'of its subjects has', 'of its subjects have')} no "
            "key there, and their "
            f"{amount(unreadable.facts, 'fact')} could not be read; give a newer copy, or give "
            "them up "
            "with --accept-loss"
        )
    staged = data / STAGED if data.exists() else data.with_name(f"{STAGED}-{data.name}")
    made = [path for path in (data.parent, into) if not path.exists()]
    try:
        shutil.rmtree(staged, ignore_errors=True)
        into.mkdir(parents=True, exist_ok=True)
        staged.mkdir(mode=0o700, parents=True)
        _build(staged, folder, contents, keys)
        _put_in_place(staged, data)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
        if isinstance(error, OSError):
            raise InputError(
                f"{error.filename or data} cannot be written: {error.strerror}"
            ) from error
        raise
    return Restored(data, contents, unreadable, _write_files(into, folder, contents))


def _right_keys(contents: Contents, keys: Path | None) -> KeysCopy | None:
    """What the given copy of keys says; a backup of nothing needs none.

    Raises `InputError` that says which copy is missing.
    """
    needed = contents.log.keyring
    which = (
        f"the keys with the fingerprint {needed.hex()[:16]}, which `tailorbird keys copy` wrote "
        "to another place"
    )
    if keys is None:
        if not contents.log.end_position:
            return None
        raise InputError(
            "a backup has no keys in it, and without them nothing in it can be read: give "
            f"--keys FILE with {which}"
        )
    copy = read_keys(keys)[0]
    if needed and copy.fingerprint != needed:
        raise InputError(
            f"{keys} has the keys {copy.fingerprint.hex()[:16]} of another project; this backup "
            f"needs {which}"
        )
    if not contents.is_sealed(secret_for(copy.secret, SEALED_FOR)):
        raise InputError(
            f"the backup was changed by somebody without the keys in {keys}: its {CONTENTS} has "
            "another seal than it was written with; take another backup"
        )
    return copy


def _free_place(into: Path, folder: BackupFolder, contents: Contents) -> Path:
    """The data folder to be; raises `InputError` where a project has its stores already."""
    if into.exists() and not into.is_dir():
        raise InputError(f"{into} is no folder")
    settings = into / FILE
    if not settings.exists():
        if into.exists() and any(into.iterdir()):
            raise InputError(
                f"{into} is not empty and no project; name an empty folder, a new one, or a "
                "project without data"
            )
        folder.read(contents.settings)  # what is read as settings is what was written as them
        settings = folder.path / contents.settings.file
    data = into / read_settings(settings).data
    if settings.parent != into and not data.resolve().is_relative_to(into.resolve()):
        raise InputError(
            f"the settings in the backup keep the data in {data}, outside of {into}: write a "
            f"{FILE} with the `data` that you want into {into} first; `data: data` is usual"
        )
    for name in (LOG, KEYS, REGISTRY, STATE, HISTORY):
        if (data / name).exists():
            raise InputError(
                f"{data} has a {name} already: a backup is restored where there is no data; move "
                "it away first"
            )
    if data.exists() and any(path.name != STAGED for path in data.iterdir()):
        raise InputError(f"{data} is not empty; move what is in it away first")
    return data


def _unreadable(
    folder: BackupFolder, contents: Contents, copy: KeysCopy | None, keys: Path | None
) -> Unreadable:
    """Who came after the copy of the keys was made; reads all of that copy, so that it is checked.

    A subject without a key below the copy's own position was erased.
    """
    if copy is None or keys is None:
        return Unreadable(0, 0)
    counted: dict[bytes, int] = {}
    for part in contents.parts:
        if part.end_position > copy.position:
            for group in folder.groups(part):
                if group.end_position > copy.position:
                    for frame in frames_of(group.blob):
                        counted[frame.subject] = counted.get(frame.subject, 0) + len(frame.places)
    for subject, _ in read_keys(keys)[1]:
        counted.pop(subject, None)
    return Unreadable(len(counted), sum(counted.values()))


def _build(data: Path, folder: BackupFolder, contents: Contents, keys: Path | None) -> None:
    """Make the stores in a folder, and open them as a project does."""
    with (data / REGISTRY).open("wb") as stream:
        stream.write(folder.read(contents.registry))
        sync(stream)
    with SqliteRegistry(data / REGISTRY) as registry:
        newest = registry.newest()
        for name in () if newest is None else newest.files:
            if Path(name).name != name or name in ("", "..", "."):
                raise InputError(
                    f"the backup is damaged: its registry names {name!r}, which is no file name"
                )
    with RawLog(data / LOG) as raw:
        for part in contents.parts:
            raw.put(folder.groups(part))
        raw.finish(contents.log)
    if keys is None:
        return
    copy, records = read_keys(keys)
    with (
        SqliteKeyring.restored(data / KEYS, copy.secret, records) as keyring,
        SqliteLog(data / LOG, keyring) as log,
    ):
        for part in contents.parts:  # the seals of one group of each are tried
            log.read(part.end_position - 1, 1)


def _put_in_place(staged: Path, data: Path) -> None:
    """Give the stores their place: as one folder, or, in a folder that is there, one by one."""
    if staged.parent != data:
        staged.replace(data)
        sync_path(data.parent)
        return
    for path in sorted(staged.iterdir()):
        path.replace(data / path.name)
    staged.rmdir()
    sync_path(data)


def _write_files(into: Path, folder: BackupFolder, contents: Contents) -> list[str]:
    """Settings and definitions, where the folder has none of its own."""
    if not (into / FILE).exists():
        (into / FILE).write_bytes(folder.read(contents.settings))
    if (into / DEFINITIONS).exists():
        return []
    with Project(into) as project:
        newest = project.registry.newest()
        if newest is None:
            return []
        return project.files.take(newest, project.registry.find, aside=False).written
