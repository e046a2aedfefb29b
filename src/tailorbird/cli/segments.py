"""``tailorbird segments``: the size of every segment, and how it changed."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import (
    Moment,
    instant_of,
    json_option,
    published_option,
    warn_absent_figures,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, percent, remark, say, signed, table
from tailorbird.flow.sizes import Sizes, segment_sizes, share
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import FIRST_INSTANT, WEEK, format_instant
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import Project


@click.command("segments")
@click.option("--against", metavar="T", help="The instant to compare with. Default: 7 days before.")
@json_option
@published_option
@with_project
@with_moment
def command(project: Project, moment: Moment, against: str | None, as_json: bool) -> None:
    """The size of every segment, its share of all people, and the change against 7 days before.

    \b
    tailorbird segments
    tailorbird segments --at 2011-12-01 --against 2011-11-01
    """
    definitions = project.definitions.definitions
    against_us = moment.at_us - WEEK if against is None else instant_of(project, against)
    if against_us < FIRST_INSTANT:
        raise InputError("there is no instant 7 days before; say one with --against")
    sizes = segment_sizes(
        project.history, definitions, moment.at_us, against_us, known_then=moment.known_then
    )
    absent = warn_absent_figures(project, definitions, moment)
    if as_json:
        emit_json(_as_json(sizes, moment, against_us) | {"figures_absent": absent})
        return
    say(f"at {moment}, against {format_instant(against_us)}")
    table(
        ["segment", "size", "share", "change"],
        [
            [s.segment, f"{s.size:,}", percent(s.size, sizes.people), signed(s.size - s.before)]
            for s in sizes.segments
        ],
        right=["size", "share", "change"],
    )
    say(f"{amount(sizes.people, 'person')} in all, {signed(sizes.people - sizes.people_before)}")
    if not sizes.segments:
        remark("there are no segments; `segments:` in a file of definitions/ is their place")


def _as_json(sizes: Sizes, moment: Moment, against_us: int) -> dict[str, Any]:
    return {
        "at": format_instant(moment.at_us),
        "against": format_instant(against_us),
        "known": "then" if moment.known_then else "now",
        "people": sizes.people,
        "people_before": sizes.people_before,
        "segments": [
            {
                "name": size.segment,
                "size": size.size,
                "share_percent": plain(share(size.size, sizes.people)),
                "before": size.before,
                "change": size.size - size.before,
            }
            for size in sizes.segments
        ],
    }
