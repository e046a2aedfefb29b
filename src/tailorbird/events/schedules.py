"""What is done at which times: the section ``schedules`` of definition files.

A schedule says when, and what: exactly one of the kinds of job in `JOBS`. Another kind is one more
reader there, and one more runner where jobs are run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tailorbird.events.addresses import Address, fault_of_address
from tailorbird.events.cursors import USUAL, Overlap, parse_overlap
from tailorbird.events.drift import MOST_HOURS, MOST_WEEKS, WEEKS
from tailorbird.events.sections import Section, read_sections
from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Problem
from tailorbird.kernel.instants import find_zone

SECTION: Final = "schedules"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}")
Missed = Literal["once", "skip"]
"""What becomes of times at which nobody ran: done once as soon as may be, or left out."""


@dataclass(frozen=True, slots=True)
class FilesJob:
    """Import files that are new or have changed."""

    files: str
    """A path from the project's folder, in which ``*`` and ``?`` stand for parts of names."""
    mapping: str


@dataclass(frozen=True, slots=True)
class QueryJob:
    """Import what a database answers."""

    address: str
    sql: str
    mapping: str
    cursor: str | None = None
    overlap: Overlap = USUAL


@dataclass(frozen=True, slots=True)
class FollowJob:
    """Take in what a stream has, as it comes."""

    address: str
    """Of a stream; without a scheme it is a file from the project's folder."""
    mapping: str


@dataclass(frozen=True, slots=True)
class QualityJob:
    """Compare the last hours with the same hours of past weeks."""

    hours: int
    weeks: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is done when."""

    name: str
    cron: str
    """Empty for what is done all the time."""
    kind: str
    """The name of the kind of job."""
    job: Any
    """What its kind needs to know."""
    zone: ZoneInfo | None = None
    """In which the times are; None: that of the project."""
    missed: Missed = "once"

    @property
    def is_continuous(self) -> bool:
        """Whether it is done whenever there is something to do."""
        return not self.cron


def _query(section: Section) -> QueryJob:
    address, sql = section.text("from"), section.text("sql")
    _refuse_secret(section)
    if fault := fault_of_address(address):
        section.refuse(fault, "from")
    if not sql.strip() or len(sql) > limits.QUERY_CHARACTERS:
        section.refuse(f"a query has 1 to {limits.QUERY_CHARACTERS} characters", "sql")
    said = section.text("overlap", "1h")
    overlap = parse_overlap(said)
    if overlap is None:
        section.refuse(f"`overlap` is a duration such as 2h or a number, not {said!r}", "overlap")
    cursor = section.text("cursor") if "cursor" in section else None
    return QueryJob(address, sql, section.text("mapping"), cursor, overlap)


_IMPORT_KEYS: Final = ("files", "from", "sql", "cursor", "overlap", "mapping")


def _import(section: Section) -> FilesJob | QueryJob:
    if ("files" in section) == ("sql" in section):
        section.refuse("an import has `files`, or `sql` and `from`: one of them")
    for key in ("from", "cursor", "overlap"):
        if "files" in section and key in section:
            section.refuse(f"`{key}` goes with `sql`, not with `files`", key)
    if "files" in section:
        return FilesJob(section.text("files"), section.text("mapping"))
    return _query(section)


def _follow(section: Section) -> FollowJob:
    _refuse_secret(section)
    return FollowJob(section.text("from"), section.text("mapping"))


def _quality(section: Section) -> QualityJob:
    hours = _whole(section, "hours", "24", 1, MOST_HOURS)
    return QualityJob(hours, _whole(section, "weeks", "8", WEEKS, MOST_WEEKS))


def _whole(section: Section, key: str, default: str, least: int, most: int) -> int:
    text = section.text(key, default)
    if not text.isascii() or not text.isdigit() or not least <= int(text[:6]) <= most:
        section.refuse(f"`{key}` is a number from {least} to {most}, not {text!r}", key)
    return int(text)


def _refuse_secret(section: Section) -> None:
    address = section.text("from")
    if Address(address, address).has_written_secret:
        section.refuse(
            "a password stands in the address; write ${NAME} and give the server that variable",
            "from",
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job: which keys it has, and how they are read."""

    keys: tuple[str, ...]
    read: Callable[[Section], Any]
    is_continuous: bool = False
    """Whether it has no times."""


JOBS: Final[Mapping[str, Kind]] = {
    "import": Kind(_IMPORT_KEYS, _import),
    "follow": Kind(("from", "mapping"), _follow, is_continuous=True),
    "quality": Kind(("hours", "weeks"), _quality),
}
"""Every kind of job by the key that stands for it."""


def schedules_in(texts: Mapping[str, str]) -> list[Schedule]:
    """The schedules of definition files, given by name; raises `DefinitionError` with all faults.

    A file that is no YAML has none: that is told when its definitions are read.

    >>> text = "schedules: {a: {cron: '0 4 * * *', import: {files: in/*.csv, mapping: rees46}}}"
    >>> [(one.name, one.kind, one.job.files) for one in schedules_in({"a.yaml": text})]
    [('a', 'import', 'in/*.csv')]
    """
    found: dict[str, Schedule] = {}
    problems: list[Problem] = []
    for file, text in texts.items():
        if SECTION not in text:
            continue
        try:
            top = read_sections(text, file, "a definition file", None)
        except DefinitionError:
            continue
        if SECTION in top and not top.is_null(SECTION):
            _read_all(top, found, problems)
    if problems:
        raise DefinitionError(problems[: limits.PROBLEMS])
    return list(found.values())


def _read_all(top: Section, found: dict[str, Schedule], problems: list[Problem]) -> None:
    try:
        table = top.section(SECTION, None)
    except DefinitionError as error:
        problems.extend(error.problems)
        return
    for name in table.names():
        try:
            if not NAME.fullmatch(name):
                table.refuse(
                    f"the schedule {name!r} is named with small letters, digits, _ and -, "
                    "at most 50, a letter first",
                    name,
                )
            if name in found:
                table.refuse(f"the schedule {name!r} is given twice", name)
            if len(found) >= limits.SCHEDULES:
                table.refuse(f"a project has at most {limits.SCHEDULES} schedules", name)
            found[name] = _schedule(table, name, problems)
        except DefinitionError as error:
            problems.extend(error.problems)


def _schedule(table: Section, name: str, problems: list[Problem]) -> Schedule:
    section = table.section(name, ("cron", "zone", "missed", *JOBS))
    kinds = [kind for kind in JOBS if kind in section]
    if len(kinds) != 1:
        section.refuse(f"a schedule says what to do by one of {', '.join(JOBS)}", name)
    parts: dict[str, Any] = {}
    readers: dict[str, Callable[[], Any]] = {
        "cron": lambda: _cron(section, JOBS[kinds[0]]),
        "zone": lambda: _zone(section),
        "missed": lambda: section.choice("missed", get_args(Missed), "once"),
        "job": lambda: JOBS[kinds[0]].read(section.section(kinds[0], JOBS[kinds[0]].keys)),
    }
    faults: list[Problem] = []
    for part, read in readers.items():
        try:
            parts[part] = read()
        except DefinitionError as error:
            faults.extend(error.problems)
    if faults:
        raise DefinitionError(faults)
    missed = cast(Missed, parts["missed"])
    return Schedule(name, parts["cron"], kinds[0], parts["job"], parts["zone"], missed)


def _cron(section: Section, kind: Kind) -> str:
    if kind.is_continuous:
        for key in ("cron", "zone", "missed"):
            if key in section:
                section.refuse(f"what is followed has no `{key}`: it is done all the time", key)
        return ""
    said = section.text("cron")
    fault = cron_fault(said)
    if fault:
        section.refuse(
            f"{said!r} is no time of a schedule ({fault}): minute, hour, day, month and weekday, "
            'such as "*/15 * * * *" or "30 4 * * MON-FRI"',
            "cron",
        )
    return said


def cron_fault(said: str) -> str:
    """Why a text is no cron expression of five fields; empty when it is one.

    >>> cron_fault("0 4 * * *"), cron_fault("0 4 * *"), cron_fault("0 0 31 2 *")
    ('', 'it has not five fields', 'bad day-of-month')
    """
    if len(said.split()) != 5:
        return "it has not five fields"
    try:
        next(CronSim(said, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return str(error).lower()
    except StopIteration:
        return "it never comes"
    return ""


def _zone(section: Section) -> ZoneInfo | None:
    if "zone" not in section:
        return None
    said = section.text("zone")
    zone = find_zone(said)
    if zone is None:
        section.refuse(f"there is no zone {said!r}; zones have names such as Europe/London", "zone")
    return zone
