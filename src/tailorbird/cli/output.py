"""What commands print: tables and sentences for people, JSON for programs, progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
import msgspec

from tailorbird.kernel.errors import Problem
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, format_instant
from tailorbird.kernel.values import (
    IdNumber,
    Missing,
    Value,
    divide_rounded,
    format_number,
    write_json,
)
from tailorbird.language.operators import Type

NEGATIVE: Final = 1
"""The exit code of a negative result: faults found, readings that disagree."""

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in any unit."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def say(text: str = "") -> None:
    """Print a line of text for people."""
    click.echo(printable(text, keep="\n"))


def remark(text: str) -> None:
    """Print a line that is no part of the answer, beside it."""
    click.echo(printable(text, keep="\n"), err=True)


def printable(text: str, keep: str = "") -> str:
    """The text with everything escaped that could move a terminal's cursor."""
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


_ESCAPED: Final = {
    place: f"\\u{place:04x}"
    for place in (
        *range(0x7F, 0xA0),
        *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
}


def emit_json(data: object) -> None:
    """Print data as indented JSON; numbers may be ``int`` or ``Decimal``."""
    try:
        encoded = _ENCODER.encode(data)
    except UnicodeEncodeError:
        encoded = _ENCODER.encode(_encodable(data))
    echo_json(msgspec.json.format(encoded, indent=2))


def echo_json(encoded: bytes) -> None:
    r"""Print JSON; what would move a terminal's cursor or turn its text around is escaped.

    >>> echo_json('"a\x9b2J"'.encode())
    "a\u009b2J"
    """
    click.echo(encoded.decode().translate(_ESCAPED))


def _encodable(data: Any) -> Any:
    """The same with halves of characters escaped: a file name may hold them, JSON may not."""
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, dict):
        return {_encodable(key): _encodable(value) for key, value in data.items()}
    return [_encodable(item) for item in data] if isinstance(data, list | tuple) else data


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()
) -> None:
    """Print a table; the named columns are aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        shown.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 160
    Console(file=sys.stdout, width=width, highlight=False).print(shown)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on the error stream while something lasts; only a terminal shows it."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    parts = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Bar(*parts, TimeRemainingColumn(), console=Console(file=sys.stderr), transient=True) as b:
        task = b.add_task(what, total=None)
        yield lambda done, total: b.update(task, completed=done, total=total)


def shown(value: Value, gives: Type = Type.ANY) -> str:
    """A value for people; ``gives`` is the type of the definition that has it."""
    if value is None or isinstance(value, Missing):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if type(value) is int:
        if gives is Type.INSTANT:
            return format_instant(value)
        return spelled(value) if gives is Type.DURATION else format_number(value)
    if isinstance(value, str):
        return value
    return value.digits if isinstance(value, IdNumber) else write_json(value)


def spelled(length_us: int) -> str:
    """A duration with all its parts, for people.

    >>> spelled(93_676_947_000), spelled(-90_000_000), spelled(0)
    ('1d 2h 1m 16.947s', '-1m 30s', '0s')
    """
    rest = abs(length_us)
    parts = []
    for unit, unit_us in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        count, rest = divmod(rest, unit_us)
        parts += [f"{count:,}{unit}"] if count else []
    if rest or not parts:
        parts.append(f"{format_number(rest)}s")  # a second is a million microseconds
    return ("-" if length_us < 0 else "") + " ".join(parts)


def percent(part: int, whole: int) -> str:
    """The share of a part with one decimal place: ``12.5 %``."""
    tenths = divide_rounded(part * 1_000, whole) if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"


def signed(count: int) -> str:
    """A change with its sign: ``+12``, ``-3``, ``±0``."""
    return f"{count:+,}" if count else "±0"


def problem_json(problem: Problem) -> dict[str, Any]:
    """One fault of a file as JSON."""
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "severity": problem.severity,
        "message": problem.message,
    }
