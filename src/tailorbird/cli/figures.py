"""``tailorbird figures``: cut points of the population, kept as facts."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import (
    instants_of,
    json_option,
    moment_of,
    published_option,
    with_project,
)
from tailorbird.cli.output import emit_json, progress, say, shown, table
from tailorbird.flow.figures import Written, write_figures
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import format_instant
from tailorbird.language.operators import Type
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import Project
from tailorbird.segments.figures import RECENCY

_SHOWN = (20, 40, 60, 80)


@click.command("figures")
@click.option("--at", metavar="T", help="The instant. Default: the time of the last act.")
@click.option("--from", "start", metavar="T", help="The first of several instants.")
@click.option("--to", "end", metavar="T", help="The last of several instants, included.")
@click.option("--every", default="1d", show_default=True, help="How far they lie apart.")
@json_option
@published_option
@with_project
def command(
    project: Project,
    at: str | None,
    start: str | None,
    end: str | None,
    every: str,
    as_json: bool,
) -> None:
    """Compute the population's cut points and keep them, so that percentile_rank has an answer.

    They are those of everything that the definitions rank with percentile_rank(...), and of how
    recently, how often and how much people buy. Written figures are facts of their instant and
    never change; of the past they are computed from what is known today.

    \b
    tailorbird figures
    tailorbird figures --from 2011-11-01 --to 2011-11-30 --every 1d
    """
    instants = _instants(project, at, start, end, every)
    definitions = project.definitions.definitions
    with progress("figures") as tell:
        written = write_figures(
            project.history, definitions, instants, now_us=project.now_us(), progress=tell
        )
    if as_json:
        emit_json({"figures": [_as_json(one) for one in written]})
        return
    for one in written:
        _tell(one, last=one is written[-1])


def _instants(
    project: Project, at: str | None, start: str | None, end: str | None, every: str
) -> list[int]:
    if start is None and end is None:
        return [moment_of(project, at).at_us]
    if at is not None or start is None or end is None:
        raise InputError("say one instant with --at, or several with --from and --to")
    return instants_of(project, start, end, every)


def _tell(written: Written, *, last: bool) -> None:
    there = [one for one in written.figures if one.cuts is not None]
    say(
        f"{format_instant(written.at_us)}: {amount(len(there), 'figure')} in force, "
        f"{written.new} of them written now"
    )
    if not last:
        return
    table(
        ["figure", "people", *(f"{percent} %" for percent in _SHOWN)],
        [[one.name, f"{one.people:,}", *_cells(one.name, one.cuts)] for one in written.figures],
        right=["people", *(f"{percent} %" for percent in _SHOWN)],
    )
    for one in written.figures:
        if one.cuts is None:
            say(
                f"no figure for {one.name}: {amount(one.people, 'person has', 'people have')} a "
                "value, "
                f"{limits.POPULATION_MINIMUM} are needed"
            )


def _cells(name: str, cuts: tuple[int, ...] | None) -> list[str]:
    if cuts is None:
        return ["-"] * len(_SHOWN)
    gives = Type.DURATION if name == RECENCY else Type.ANY
    return [shown(cuts[percent - 1], gives) for percent in _SHOWN]


def _as_json(written: Written) -> dict[str, Any]:
    return {
        "at": format_instant(written.at_us),
        "new": written.new,
        "figures": [
            {
                "name": one.name,
                "people": one.people,
                "cuts": None if one.cuts is None else [plain(cut) for cut in one.cuts],
            }
            for one in written.figures
        ],
    }
