"""The machine: interpreter, engines, disk, memory, clock."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tailorbird.edges.disks import file_system, free_bytes, is_encrypted, sync_seconds
from tailorbird.edges.file_systems import NETWORK
from tailorbird.edges.reserve import FILE as RESERVE
from tailorbird.edges.sqlite_files import engine_version
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import SECOND, format_instant
from tailorbird.runtimes.doctor.findings import Finding
from tailorbird.runtimes.settings import Settings
from tailorbird.server.assets import BUILT, CONSOLE, NOT_BUILT, SNIPPET, BuiltFiles
from tailorbird.version import VERSION

FREE_BYTES: Final = 2_000_000_000
"""With no more than so much to spare the disk is to be looked after."""
LEAST_FREE_BYTES: Final = 10_000_000
"""With less room nothing can be written, whatever the settings say."""
SYNCS: Final = 20
SLOW_SYNC_S: Final = 0.05
OPEN_FILES: Final = 1_024
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_FIRST_YEAR_US: Final = 1_704_067_200 * SECOND  # the program is younger than 2024


def programs() -> Iterator[Finding]:
    """The interpreter and the engines."""
    where = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    yield Finding("program", "good", f"tailorbird {VERSION} under {where}")
    found, may_damage = engine_version()
    says = f"SQLite {found}, DuckDB {version('duckdb')}"
    if may_damage:
        yield Finding(
            "engines",
            "bad",
            f"{says}: SQLite before 3.51.3 may damage a file that two connections write to",
            "install a newer apsw: pip install --upgrade apsw",
        )
    else:
        yield Finding("engines", "good", says)


def built_files(folder: Path = BUILT) -> Finding:
    """What browsers are given, which is built apart from the program."""
    there = BuiltFiles(folder).names
    wanted = {SNIPPET: SNIPPET, "the console": CONSOLE}
    missing = [what for what, name in wanted.items() if name not in there]
    if missing:
        were = "was" if len(missing) == 1 else "were"
        return Finding("pages", "note", f"{' and '.join(missing)} {were} {NOT_BUILT}", "make front")
    return Finding("pages", "good", f"{' and '.join(wanted)} are built")


def disk(data: Path, settings: Settings) -> Iterator[Finding]:
    """Room, kind and syncs of the disk under the data folder."""
    kind = file_system(data)
    if kind in NETWORK:
        yield Finding(
            "disk kind",
            "bad",
            f"{data} lies on a network file system ({kind})",
            "set `data` to a folder on a disk of this machine",
        )
    elif kind in _IN_MEMORY:
        yield Finding(
            "disk kind",
            "soon",
            f"{data} lies in memory ({kind}): nothing of it is left after a power cut",
            "set `data` to a folder on a disk, unless this is a trial",
        )
    else:
        yield Finding("disk kind", "good", f"{data} lies on {kind or 'a disk of unknown kind'}")
    yield _room(data, settings)
    yield _syncs(data)
    if is_encrypted(data):
        yield Finding("disk secrecy", "good", "the system encrypts the disk under the data folder")
    else:
        yield Finding(
            "disk secrecy",
            "note",
            "the log is sealed; history and live states are plain, and the system does not say "
            "that it encrypts the disk under them",
            "put the data folder on an encrypted volume if others can get at the disk",
        )


def _room(data: Path, settings: Settings) -> Finding:
    held = (data / RESERVE).stat().st_size if (data / RESERVE).exists() else 0
    free = free_bytes(data)
    kept = f", and a reserve of {held / 1e9:,.1f} GB" if held else ""
    says = f"{free / 1e9:,.1f} GB free for {data}{kept}"
    least = settings.least_room + settings.reserve - held
    if free < max(least, LEAST_FREE_BYTES):
        ends = f"{says}: a server accepts nothing with less than {least / 1e9:,.1f} GB"
        return Finding("disk room", "bad", ends, "make room now, or move the data to a larger disk")
    if free < FREE_BYTES + least:
        return Finding("disk room", "soon", says, "make room, or move the data to a larger disk")
    return Finding("disk room", "good", says)


def _syncs(data: Path) -> Finding:
    try:
        taken_s = sync_seconds(data, SYNCS)
    except OSError as error:
        return Finding(
            "disk syncs", "bad", f"a sync failed: {error.strerror}", "replace the disk, soon"
        )
    middle_s, slowest_s = taken_s[len(taken_s) // 2], taken_s[-1]
    says = f"a sync takes {middle_s * 1e3:.2f} ms, the slowest of {SYNCS} {slowest_s * 1e3:.1f} ms"
    if middle_s > SLOW_SYNC_S:
        do = "each answer waits for a sync: use a disk that syncs faster"
        return Finding("disk syncs", "soon", says, do)
    return Finding("disk syncs", "good", says)


def limits_of_machine(settings: Settings) -> Iterator[Finding]:
    """Memory, cores and open files against what the settings want."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    text = settings.memory_limit
    wanted = int(text[:-2]) * (10**9 if text.endswith("GB") else 10**6)
    says = f"the history may take {text} of {memory / 1e9:,.1f} GB"
    if wanted > memory:
        yield Finding("memory", "bad", says, "set memory_limit to less than half of the memory")
    elif wanted > memory // 2:
        yield Finding("memory", "soon", says, "set memory_limit to less than half of the memory")
    else:
        yield Finding("memory", "good", says)
    cores, threads = os.cpu_count() or 1, settings.threads
    says = f"the history may use {threads} of {amount(cores, 'core')}"
    if threads > cores:
        yield Finding("cores", "soon", says, f"set threads to {cores} or less")
    else:
        yield Finding("cores", "good", says)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    says = f"{files:,} files and connections may be open at a time"
    if files < OPEN_FILES:
        yield Finding("open files", "soon", says, "allow more: ulimit -n 65536, or LimitNOFILE=")
    else:
        yield Finding("open files", "good", says)


def clock(now_us: int, newest_known_us: int) -> Finding:
    """The machine's clock against what the log has seen."""
    says = f"it is {format_instant(now_us)}"
    do = "set the clock, and let it be kept right by NTP"
    if now_us < _FIRST_YEAR_US:
        return Finding("clock", "bad", f"{says}, before this program was written", do)
    if now_us < newest_known_us - SECOND:
        seen = format_instant(newest_known_us)
        return Finding("clock", "soon", f"{says}, and the log has received facts at {seen}", do)
    return Finding("clock", "good", says)
