"""Every setting of a project, in one table: what it is called, what it takes, what it means."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tailorbird.delivery.addresses import Network, networks
from tailorbird.events.identifiers import REFUSED, Identifiers
from tailorbird.events.sections import Section, read_sections
from tailorbird.governance.tickets import VISITOR_IDS
from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, InputError, Problem
from tailorbird.kernel.instants import DAY, find_zone, format_duration, parse_duration
from tailorbird.language.text import is_pattern

LEVELS: Final = ("debug", "info", "warning", "error")
FORMS: Final = ("json", "text")
FILE: Final = "tailorbird.yaml"
"""The file that makes a folder a project."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: a line of the file, or a variable of the environment."""

    name: str
    takes: str
    default: str
    help: str
    read: Callable[[str], Any]
    """Gives the value of a text; None when it is none."""
    published: bool = False
    """Whether it can change an answer: then it takes effect when it is published."""

    @property
    def variable(self) -> str:
        """The environment variable that goes before the file; empty where there is none."""
        return "" if self.published else f"TAILORBIRD_{self.name.upper()}"


def _gap(text: str) -> int | None:
    length_us = parse_duration(text)
    return length_us if length_us is not None and length_us >= 0 else None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 256 else None


def _days(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and int(text) <= limits.REJECT_DAYS else None


def _quarantine_days(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and int(text) <= limits.QUARANTINE_DAYS else None


def _record_days(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    return int(text) if is_number and 1 <= int(text) <= limits.RECORD_DAYS else None


def _port(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 5
    return int(text) if is_number and 1 <= int(text) <= 65_535 else None


def _yes_or_no(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


def _host(text: str) -> str | None:
    return text if text and not any(c.isspace() or c == "/" for c in text) else None


def _words(text: str) -> tuple[str, ...] | None:
    words = tuple(word.strip() for word in text.split(","))
    return () if text == "none" else words if all(words) else None


def _size(text: str) -> str | None:
    digits = text.removesuffix("MB").removesuffix("GB")
    is_size = digits != text and digits.isascii() and digits.isdigit() and len(digits) <= 6
    return text if is_size and int(digits) > 0 else None


def _bytes(text: str) -> int | None:
    if text == "0":
        return 0
    size = _size(text)
    return None if size is None else int(size[:-2]) * (10**9 if size.endswith("GB") else 10**6)


def _room(text: str) -> int | None:
    return _bytes(text) or None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else None


def _honeypots(text: str) -> frozenset[str] | None:
    found = frozenset(_listed(text))
    return found if len(found) <= limits.HONEYPOTS and "/" not in found else None


_ORIGIN: Final = re.compile(
    r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?"
)
_PUSH_FIELD: Final = re.compile(r"persona|segments|(segments|scores|traits)\..+")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in text.split(",")) if part)


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda text: text if text in words else None


def _origins(text: str) -> tuple[str, ...] | None:
    found = _listed(text)
    return found if all(_ORIGIN.fullmatch(origin) for origin in found) else None


def _pattern(text: str) -> str | None:
    return text if 0 < len(text) <= limits.PATTERN_BYTES and is_pattern(text) else None


def _push_fields(text: str) -> tuple[str, ...] | None:
    found = _listed(text)
    return found if all(_PUSH_FIELD.fullmatch(field) for field in found) else None


SETTINGS: Final = (
    Setting(
        "zone",
        "an IANA zone such as Europe/London",
        "UTC",
        "where days, weeks and months begin for people without a zone of their own",
        find_zone,
        published=True,
    ),
    Setting(
        "session_gap",
        "a duration such as 30m",
        "30m",
        "a session ends when nothing is done for longer than this",
        _gap,
        published=True,
    ),
    Setting(
        "refused_ids",
        "texts with commas between them, or none",
        ", ".join(REFUSED),
        "what identifies nobody, though it stands where an identifier should",
        _words,
    ),
    Setting(
        "untranslated",
        "names of write keys, with commas between, or all",
        "",
        "whose events keep the names that they come with; those of others get one vocabulary's",
        _listed,
    ),
    Setting(
        "data",
        "a folder, from the project's folder",
        "data",
        "where the history, the registry and rejected rows are kept",
        Path,
    ),
    Setting(
        "reject_days",
        f"a number from 0 to {limits.REJECT_DAYS}",
        "7",
        "so long messages are kept that the collector rejected; 0 keeps none",
        _days,
    ),
    Setting(
        "debugger_memory",
        "a size such as 16MB or 1GB, or 0",
        "16MB",
        "as much memory the newest messages may take that the debugger shows; 0 holds none",
        _bytes,
    ),
    Setting(
        "quarantine_days",
        f"a number from 0 to {limits.QUARANTINE_DAYS}",
        "30",
        "so long messages are kept aside that do not fit the tracking plan; 0 rejects them instead",
        _quarantine_days,
    ),
    Setting(
        "quarantine_size",
        "a size such as 256MB",
        "256MB",
        "the room of messages that are kept aside; beyond it the oldest go",
        _room,
    ),
    Setting(
        "bots",
        "mark or allow",
        "mark",
        "mark: facts that no person caused get a verdict and count nowhere; allow: they count",
        _one_of("mark", "allow"),
    ),
    Setting(
        "bot_rate",
        "a number from 0 to 9999999",
        "300",
        "more acts a minute than this, three minutes in a row, are a robot's; 0 marks nobody",
        _whole,
    ),
    Setting(
        "honeypots",
        "names of events and paths that begin with /, with commas between",
        "",
        "who does what no person finds is a robot, from then on",
        _honeypots,
    ),
    Setting(
        "double_click",
        "a duration such as 500000us, or 0s",
        "500000us",
        "the same act of the same identifier within this time was meant once",
        _gap,
    ),
    Setting(
        "least_room",
        "a size such as 256MB or 1GB, or 0",
        "256MB",
        "with less room on the disk the server accepts nothing; 0 accepts until a write fails",
        _bytes,
    ),
    Setting(
        "reserve",
        "a size such as 256MB or 1GB, or 0",
        "256MB",
        "as much room a running server holds, to be let go of when the disk is full; 0 holds none",
        _bytes,
    ),
    Setting(
        "memory_limit",
        "a size such as 512MB or 2GB",
        "2GB",
        "as much memory the history may take; what needs more goes through the disk",
        _size,
    ),
    Setting(
        "threads",
        "a count from 1 to 256",
        "2",
        "how many cores a question about everybody may use",
        _count,
    ),
    Setting(
        "host",
        "an address such as 127.0.0.1 or 0.0.0.0",
        "127.0.0.1",
        "where the server listens; others are refused without TLS or a proxy before it",
        _host,
    ),
    Setting(
        "port",
        "a number from 1 to 65535",
        "8080",
        "the port on which the server listens",
        _port,
    ),
    Setting(
        "behind_proxy",
        "true or false",
        "false",
        "whether a proxy before the server does TLS and says for whom it asks",
        _yes_or_no,
    ),
    Setting(
        "webhook_networks",
        "networks such as 10.1.0.0/16, with commas",
        "",
        "private networks that webhooks may go to, also without TLS; else only public addresses",
        networks,
    ),
    Setting(
        "log_level",
        ", ".join(LEVELS[:-1]) + f" or {LEVELS[-1]}",
        "info",
        "what a server writes down: this and what is graver",
        _one_of(*LEVELS),
    ),
    Setting(
        "log_form",
        " or ".join(FORMS),
        "json",
        "whether a line of that is an object of JSON, or text for people",
        _one_of(*FORMS),
    ),
    Setting(
        "max_lateness",
        "a duration such as 7d",
        "7d",
        "other systems are not told who turned because of a fact that is older when it comes",
        _gap,
    ),
    Setting(
        "record_days",
        f"a number from 1 to {limits.RECORD_DAYS:,}",
        "90",
        "so long it is kept who entered and left which segment, for systems that go on from there",
        _record_days,
    ),
    Setting(
        "origins",
        "addresses of sites such as https://shop.example, with commas between",
        "",
        "the sites whose pages may hear of their visitors; others are refused",
        _origins,
    ),
    Setting(
        "push_fields",
        "persona, segments, segments.NAME, scores.NAME, traits.NAME, with commas between",
        "",
        "what of a visitor her own page may see; nothing unless it is listed here",
        _push_fields,
    ),
    Setting(
        "visitor_ids",
        "a regular expression of RE2 for the whole id",
        VISITOR_IDS,
        "what ids look like that pages give their visitors; a page is told nothing of who has "
        "others too that its ticket does not name",
        _pattern,
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project as values."""

    zone: ZoneInfo
    session_gap_us: int
    data: Path
    memory_limit: str
    threads: int
    refused_ids: tuple[str, ...] = REFUSED
    untranslated: tuple[str, ...] = ()
    reject_days: int = 7
    debugger_memory: int = 16_000_000
    quarantine_days: int = 30
    quarantine_size: int = 256_000_000
    bots: str = "mark"
    bot_rate: int = 300
    honeypots: frozenset[str] = frozenset()
    double_click_us: int = 500_000
    least_room: int = 256_000_000
    reserve: int = 256_000_000
    host: str = "127.0.0.1"
    port: int = 8080
    behind_proxy: bool = False
    webhook_networks: tuple[Network, ...] = ()
    log_level: str = "info"
    log_form: str = "json"
    max_lateness_us: int = 7 * DAY
    record_days: int = 90
    origins: tuple[str, ...] = ()
    push_fields: tuple[str, ...] = ()
    visitor_ids: str = VISITOR_IDS

    @property
    def identifiers(self) -> Identifiers:
        """What tells identifiers from what is none."""
        return Identifiers(self.refused_ids)

    def published(self) -> dict[str, str]:
        """Those that can change an answer, as the texts that are stored."""
        return {"zone": self.zone.key, "session_gap": format_duration(self.session_gap_us)}


def read_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a file, of which the environment may change those of the machine.

    Raises `DefinitionError` with the place of each fault, `InputError` for a file that cannot be
    read or a variable that is no value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    names = [setting.name for setting in SETTINGS]
    section = read_sections(text, str(path), "the settings", names) if _says(text) else None
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for setting in SETTINGS:
        try:
            values[setting.name] = _value(setting, section, environment)
        except DefinitionError as error:
            problems.extend(error.problems)
    if problems:
        raise DefinitionError(problems)
    for name in ("session_gap", "max_lateness", "double_click"):
        values[f"{name}_us"] = values.pop(name)
    return Settings(**values)


def _says(text: str) -> bool:
    """Whether there is more than comments: then everything has its default."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _value(setting: Setting, section: Section | None, environment: Mapping[str, str]) -> Any:
    given = environment.get(setting.variable) if setting.variable else None
    if given is not None:
        value = setting.read(given)
        if value is None:
            raise InputError(f"{setting.variable} is {given!r}: it takes {setting.takes}")
        return value
    text = setting.default if section is None else section.text(setting.name, setting.default)
    value = setting.read(text)
    if value is None and section is not None:
        section.refuse(f"`{setting.name}` takes {setting.takes}, not {text!r}", setting.name)
    return value
