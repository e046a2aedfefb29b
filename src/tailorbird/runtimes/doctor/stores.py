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
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.edges.stores.sqlite_sources import SqliteSources
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.kernel.instants import DAY, MINUTE, format_duration
from tailorbird.language.files import load
from tailorbird.runtimes import scheduling
from tailorbird.runtimes.copies import Copied, read_copies
from tailorbird.runtimes.doctor.findings import Finding
from tailorbird.runtimes.project import (
    CONSENTS,
    HISTORY,
    KEYS,
    LOG,
    QUARANTINED,
    REGISTRY,
    REJECTED,
    SOURCES,
    STATE,
    Project,
)
from tailorbird.runtimes.quarantine import quarantine_of

GROUPS: Final = 200
"""So many groups of the log are looked at, unless all are."""
OLD_COPY_US: Final = 7 * DAY
_NEARLY_FULL: Final = 0.9
_RESTORE: Final = "restore it: tailorbird restore BACKUP NEW --keys FILE"


def files(project: Project) -> Iterator[Finding]:
    """The definition files and what is published."""
    try:
        texts = project.files.by_path()
        count = len(load(texts).definitions.ordered)
        yield Finding(
            "definitions", "good", f"{amount(count, 'definition')} in {amount(len(texts), 'file')}"
        )
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


def sources(data: Path) -> Iterator[Finding]:
    """The store of how far sources were read, where there is one."""
    path = data / SOURCES
    if not path.exists():
        return
    try:
        with SqliteSources(path) as opened:
            count = len(opened.marks_under(""))
    except InputError as error:
        yield Finding("sources", "bad", str(error), f"remove it, with the server ended: rm {path}")
        return
    yield Finding(
        "sources",
        "good",
        f"it is known how far {amount(count, 'source or file was', 'sources and files were')} read",
    )


def schedules(project: Project) -> Iterator[Finding]:
    """Each published schedule that somebody should look at, or that all are well."""
    try:
        found = scheduling.look(project)
    except TailorbirdError as error:
        first = str(error).partition("\n")[0]
        yield Finding("schedules", "bad", first, "tailorbird schedule list")
        return
    for one in found:
        what = f"schedule {one.schedule.name}"
        if one.overdue_us:
            late = format_duration(one.overdue_us // MINUTE * MINUTE)
            says = f"it should have begun {late} ago"
            yield Finding(what, "soon", says, "have a server running: tailorbird serve")
        elif not one.is_well and one.last is not None:
            says = f"it failed the last time: {one.last.says}"
            yield Finding(what, "soon", says, f"tailorbird schedule run {one.schedule.name}")
    if found and all(one.is_well for one in found):
        yield Finding("schedules", "good", f"{len(found)} are published, and all are well")


def _no_log(data: Path) -> Finding:
    """Before anything was accepted there is none; later it was lost."""
    try:
        if (data / KEYS).exists():
            with SqliteKeyring(data / KEYS) as keyring:
                if keyring.has_keys:
                    says = f"{data / LOG} is missing, and the keys of people in it are there"
                    return Finding("log", "bad", says, _RESTORE)
    except InputError as error:
        return Finding("log", "bad", f"there is none, and {error}", _RESTORE)
    return Finding("log", "note", "there is no log yet: nothing was accepted")


def log(data: Path, *, whole: bool) -> tuple[list[Finding], LogCut | None]:
    """The log, its checksums, its keys and its writer; and how far it is."""
    path = data / LOG
    if not path.exists():
        return [_no_log(data)], None
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
        f"{amount(end, 'fact')}; {which} {count:,} of its groups have the checksums they were "
        "written with"
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


def aside(project: Project) -> Iterator[Finding]:
    """The messages that are kept aside."""
    if not (project.data / QUARANTINED).exists():
        return
    try:
        with quarantine_of(project) as opened:
            held = opened.held()
    except TailorbirdError as error:
        yield Finding("quarantine", "bad", str(error), "look at it, and remove it when it is lost")
        return
    aside = amount(held.messages, "message is", "messages are")
    says = f"{aside} kept aside, {amount(held.bytes, 'byte')}"
    if held.bytes > project.settings.quarantine_size * _NEARLY_FULL:
        yield Finding("quarantine", "soon", f"{says}: nearly full", "tailorbird quarantine list")
    else:
        yield Finding("quarantine", "good", says)


def derived(data: Path, end: int) -> Iterator[Finding]:
    """What is made from the log: how far it is behind, or that it does not belong to it."""
    for what, name in (("history", HISTORY), ("live states", STATE), ("consents", CONSENTS)):
        path = data / name
        if not path.exists() and name == CONSENTS:
            continue  # only a server makes it
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
            yield Finding(
                what, "good", f"{amount(end - position, 'fact')} behind the log's {end:,}"
            )


def rejected(project: Project) -> Iterator[Finding]:
    """The messages that were rejected, kept for looking at them."""
    path = project.data / REJECTED
    if not path.exists():
        return
    try:
        keyring = project.keyring
    except TailorbirdError:
        return  # what is wrong with the keys is told of them, and no fault of these
    try:
        with SqliteRejects(path, keyring) as opened:
            newest = opened.newest(1)
    except TailorbirdError as error:
        yield Finding("rejects", "bad", str(error), f"remove {path} when it is lost")
        return
    says = "none is kept" if not newest else f"{newest[0].number:,} so far, the newest are kept"
    yield Finding("rejects", "good", says)


def _position(path: Path) -> int:
    if path.name == STATE:
        return SqliteState.position_in(path)
    if path.name == CONSENTS:
        return SqliteConsents.position_in(path)
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
    says = f"{copied.place}, {age_h:,} h old, {amount(missing, 'fact')} behind"
    if missing and now_us - copied.made_us > OLD_COPY_US:
        return Finding(what, "soon", says, do)
    return Finding(what, "good", says)
