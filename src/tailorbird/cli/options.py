"""The options that many commands share: the project, the instant, the tense, JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from tailorbird.cli import JSON
from tailorbird.cli.output import progress, remark
from tailorbird.flow.absent_figures import absent_figures, figures_read
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import (
    SECOND,
    format_instant,
    parse_duration,
    parse_instant,
)
from tailorbird.language.definitions import Definitions
from tailorbird.language.world import World
from tailorbird.runtimes.project import Project, open_project

Command = Callable[..., None]


class Moment(NamedTuple):
    """The instant that a command asks about, and in which tense."""

    at_us: int
    known_then: bool
    given: bool
    """Whether the user said it; else it is that of the last act."""

    def __str__(self) -> str:
        text = format_instant(self.at_us)
        text += "" if self.given else " (the last act's time, rounded up to a second)"
        return text + (", as known then" if self.known_then else "")


def json_option(command: Command) -> Command:
    """Add ``--json``; the command gets ``as_json``."""

    def remember(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
        ctx.meta[JSON] = value
        return value

    return click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=remember, help="Answer in JSON."
    )(command)


def with_project(command: Command) -> Command:
    """Add ``--project``; the command gets an open project as its first argument."""

    @click.option(
        "--project",
        "folder",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="The project's folder. Default: this folder, or the nearest above it that is one.",
    )
    @wraps(command)
    def run(*args: Any, folder: Path | None, **options: Any) -> None:
        with open_project(folder, published=options.pop("published", False)) as project:
            project.lasting = progress
            command(project, *args, **options)

    return run


def published_option(command: Command) -> Command:
    """Add ``--published`` to a command `with_project`; stands above it."""
    return click.option(
        "--published",
        is_flag=True,
        help="Use the newest published definitions, not those of the files.",
    )(command)


def overlap_option(says: str) -> Callable[[Command], Command]:
    """Add ``--overlap`` to a command that changes secrets: so long old ones are good, a day."""

    def parsed(_context: click.Context, _parameter: click.Parameter, said: str) -> int:
        overlap_us = parse_duration(said)
        if overlap_us is None or overlap_us < 0:
            raise InputError(f"--overlap takes a duration such as 24h, not {said!r}")
        return overlap_us

    option = click.option(
        "--overlap",
        "overlap_us",
        default="24h",
        show_default=True,
        metavar="DURATION",
        callback=parsed,
        help=says,
    )
    return lambda command: option(command)


def with_moment(command: Command) -> Command:
    """Add ``--at`` and ``--known``; the command gets a `Moment` after the project."""

    @click.option(
        "--at",
        metavar="T",
        help="The instant asked about: RFC 3339, or a date in the project's zone. "
        "Default: the time of the last act, rounded up to a second, and not after now.",
    )
    @click.option(
        "--known",
        type=click.Choice(["now", "then"]),
        default="now",
        show_default=True,
        help="Whether facts and merges that became known after T count.",
    )
    @wraps(command)
    def run(project: Project, *args: Any, at: str | None, known: str, **options: Any) -> None:
        command(project, moment_of(project, at, known_then=known == "then"), *args, **options)

    return run


def moment_of(project: Project, at: str | None, *, known_then: bool = False) -> Moment:
    """The instant that ``--at`` says, else that of the last act.

    Facts about people that are no acts, such as being put on a list today, do not move it.
    """
    if at is not None:
        return Moment(instant_of(project, at), known_then, given=True)
    last_us = project.history.last_act_us
    if last_us is None:
        raise InputError(
            "nobody has done anything in this history yet; "
            "`tailorbird import FILE --mapping NAME` fills it, or say an instant with --at"
        )
    at_us = min(-(-last_us // SECOND) * SECOND, project.now_us())
    return Moment(at_us, known_then, given=False)


def instant_of(project: Project, text: str) -> int:
    """The instant of an RFC 3339 text, or of a date: its midnight in the project's zone."""
    at_us = parse_instant(text, project.settings.zone)
    if at_us is None:
        raise InputError(
            f"{text!r} is no instant; write 2024-05-01T10:00Z, or a date such as 2024-05-01"
        )
    return at_us


def instants_of(project: Project, start: str, end: str, every: str) -> list[int]:
    """The instants from one to another, both included where they are met, a duration apart."""
    step_us = parse_duration(every)
    if step_us is None or step_us <= 0:
        raise InputError(f"{every!r} is no duration; write --every 1d, or 6h")
    first_us, last_us = instant_of(project, start), instant_of(project, end)
    if last_us < first_us:
        raise InputError("--to lies before --from")
    count = (last_us - first_us) // step_us + 1
    if count > limits.INSTANTS:
        raise InputError(f"these are {count:,} instants, at most {limits.INSTANTS:,}; use --every")
    return [first_us + step_us * number for number in range(count)]


def warn_absent_figures(project: Project, definitions: Definitions, moment: Moment) -> list[str]:
    """Say which cut points are missing at the instant, beside the answer; gives their names."""
    if not figures_read(definitions):
        return []
    stored = project.history.workspace_facts()
    world = World(stored, known_us=moment.at_us if moment.known_then else None)
    absent = absent_figures(definitions, world, moment.at_us)
    for name in absent:
        remark(
            f"warning: no figure for percentile_rank({name}) is in force at "
            f"{format_instant(moment.at_us)}, so it has no value; `tailorbird figures` writes it"
        )
    return absent
