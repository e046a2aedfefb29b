"""The project: its files, its log and keys, what is made of the log, and its copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tailorbird.edges.logs.lease import Lease
from tailorbird.edges.logs.raw_groups import LogCut, RawLog
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.instants import DAY
from tailorbird.language.files import load
from tailorbird.runtimes.copies import Copied, read_copies
from tailorbird.runtimes.doctor.findings import Finding
from tailorbird.runtimes.project import HISTORY, KEYS, LOG, REGISTRY, STATE, Project

GROUPS: Final = 200
"""So many groups of the log are looked at, unless all are."""
OLD_COPY_US: Final = 7 * DAY
_RESTORE: Final = "restore it: tailorbird restore BACKUP NEW --keys FILE"


def files(project: Project) -> Iterator[Finding]:
    """The definition files and what is published."""
    try:
        texts = project.files.by_path()
        count = len(load(texts).definitions.ordered)
        yield Finding("definitions", "good", f"{count} definitions in {len(texts)} files")
    except TailorbirdError as error:
        first = str(error).partition("\n")[0]
        yield Finding("definitions", "soon", first, "see all faults: tailorbird check")


def registry(data: Path) -> Finding:
    """What is published."""
    path = data / REGISTRY
    if not path.exists():
        return Finding("registry", "soon", "nothing is published", "tailorbird publish")
    try:
        with SqliteRegistry(path) as opened:
            newest, keys = opened.newest(), opened.api_keys()
    except InputError as error:
        return Finding("registry", "bad", str(error), _RESTORE)
    alive = sum(key.revoked_us is None for key in keys)
    if newest is None:
        return Finding(
            "registry", "soon", f"nothing is published; {alive} keys", "tailorbird publish"
        )
    return Finding("registry", "good", f"version {newest.number} is published; {alive} keys")


def log(data: Path, *, whole: bool) -> tuple[list[Finding], LogCut | None]:
    """The log, its checksums, its keys and its writer; and how far it is."""
    path = data / LOG
    if not path.exists():
        return [Finding("log", "note", "there is no log yet: nothing was accepted")], None
    found = [_writer(path)]
    try:
        with RawLog(path) as opened:
            cut = opened.cut()
            end = cut.end_position
            looked = opened.groups(0, end) if whole else opened.sampled(GROUPS if end else 0)
            count = sum(1 for _ in looked)
    except TailorbirdError as error:
        return [*found, Finding("log", "bad", str(error), _RESTORE)], None
    which = "all" if whole else "some"
    says = (
        f"{end:,} facts; {which} {count:,} of its groups have the checksums they were written with"
    )
    found.append(Finding("log", "good", says, "" if whole else "--all looks at all"))
    return [*found, *_keys(data, cut)], cut


def _writer(path: Path) -> Finding:
    holder = Lease.holder(path.with_suffix(".lock"))
    says = f"process {holder} writes to it" if holder else "no process writes to it now"
    return Finding("log writer", "good", says)


def _keys(data: Path, cut: LogCut) -> Iterator[Finding]:
    path = data / KEYS
    if not path.exists():
        state = "bad" if cut.end_position else "note"
        do = f"put the copy of its keys back: without {path} nothing can be read"
        yield (
            Finding("keys", "bad", f"{path} is missing", do)
            if state == "bad"
            else Finding("keys", "note", "there are no keys yet")
        )
        return
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        says = f"{path} can be read by other users (mode {mode:o})"
        yield Finding("keys rights", "soon", says, f"chmod 600 {path}")
    else:
        yield Finding("keys rights", "good", f"{path} can be read by its owner alone")
    try:
        with SqliteKeyring(path) as keyring:
            belongs = not cut.keyring or keyring.fingerprint == cut.keyring
    except InputError as error:
        yield Finding("keys", "bad", str(error), "put the copy of the keys back")
        return
    if belongs:
        yield Finding("keys", "good", "they are those of the log")
    else:
        yield Finding(
            "keys", "bad", f"{path} has the keys of another log", "put the right copy back"
        )


def derived(data: Path, end: int) -> Iterator[Finding]:
    """What is made from the log: how far it is behind, or that it does not belong to it."""
    for what, name in (("history", HISTORY), ("live states", STATE)):
        path = data / name
        if not path.exists():
            says = "there is none yet; it is made from the log when it is needed"
            yield Finding(what, "note", says)
            continue
        do = f"remove {path}: it is made from the log again"
        try:
            position = _position(path)
        except Exception as error:
            yield _unreadable(what, error, do)
            continue
        if position > end:
            says = f"at {position:,}, and the log ends at {end:,}: they do not belong together"
            yield Finding(what, "bad", says, do)
        else:
            yield Finding(what, "good", f"{end - position:,} facts behind the log's {end:,}")


def _position(path: Path) -> int:
    if path.name == STATE:
        return SqliteState.position_in(path)
    from tailorbird.edges.warehouses.layout import position_in

    return position_in(str(path))


def _unreadable(what: str, error: Exception, do: str) -> Finding:
    said = str(error).partition("\n")[0]
    holder = re.search(r"PID (\d+)", str(error))
    if "lock" in str(error) and holder is not None:
        return Finding(what, "good", f"process {holder[1]} has it open")
    return Finding(what, "bad", f"it cannot be read: {said}", do)


def copies(data: Path, end: int, now_us: int) -> Iterator[Finding]:
    """How old the newest backup and the newest copy of the keys are."""
    known = read_copies(data)
    yield _copy("backup", known.backup, end, now_us, "tailorbird backup FOLDER")
    yield _copy("keys copy", known.keys, end, now_us, "tailorbird keys copy FILE")


def _copy(what: str, copied: Copied | None, end: int, now_us: int, do: str) -> Finding:
    if copied is None:
        if not end:
            return Finding(what, "note", "none was made, and there is nothing to copy yet")
        return Finding(what, "soon", "none was ever made from here", do)
    age_h = (now_us - copied.made_us) // (DAY // 24)
    missing = end - copied.position
    says = f"{copied.place}, {age_h:,} h old, {missing:,} facts behind"
    if missing and now_us - copied.made_us > OLD_COPY_US:
        return Finding(what, "soon", says, do)
    return Finding(what, "good", says)
