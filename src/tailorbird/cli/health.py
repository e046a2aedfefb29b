"""``tailorbird health``: which segments are superfluous, empty or impossible."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import (
    Moment,
    json_option,
    published_option,
    warn_absent_figures,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, percent, say, table
from tailorbird.flow.health import Examined, examine
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import FIRST_INSTANT, format_instant
from tailorbird.runtimes.project import Project

_MATRIX = 12
"""So many segments fit a matrix on a screen; more are listed pair by pair."""
_PAIRS = 30


@click.command("health")
@click.option(
    "--minimum",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="Segments with fewer people are called small.",
)
@click.option(
    "--ever",
    is_flag=True,
    help="Look through the whole history whether anybody was ever in dead segments.",
)
@json_option
@published_option
@with_project
@with_moment
def command(project: Project, moment: Moment, minimum: int, ever: bool, as_json: bool) -> None:
    """Judge the segments: overlap, duplicates, dead, contradictory, small, what to merge.

    Proposals come with their evidence: how many people two segments have in common. The
    hierarchy shows declared parents, and segments that happen to lie within a larger one.

    \b
    tailorbird health --minimum 500
    tailorbird health --ever
    """
    definitions = project.definitions.definitions
    absent = warn_absent_figures(project, definitions, moment)
    found = examine(
        project.history,
        definitions,
        moment.at_us,
        minimum=minimum,
        known_then=moment.known_then,
        since_us=FIRST_INSTANT if ever else None,
    )
    if as_json:
        emit_json({**_as_json(found, moment, minimum), "figures_absent": absent})
        return
    say(
        f"at {moment}: {amount(found.overlap.people, 'person')}, "
        f"{amount(len(found.overlap.sizes), 'segment')}"
    )
    _tell_overlap(found)
    _tell_findings(found, minimum)


def _tell_overlap(found: Examined) -> None:
    overlap = found.overlap
    names = [name for name, size in overlap.sizes.items() if size]
    if not names:
        return
    if len(names) > _MATRIX:
        pairs = sorted(overlap.shared.items(), key=lambda pair: (-pair[1], pair[0]))[:_PAIRS]
        say(f"the {len(pairs)} largest overlaps:")
        table(
            ["segment", "and", "people in both"],
            [[one, other, f"{count:,}"] for (one, other), count in pairs],
            right=["people in both"],
        )
        return
    say("share of the segment on the left that is also in the one above:")
    numbers = [str(number) for number in range(1, len(names) + 1)]
    rows = [
        [f"{number} {one}", f"{overlap.sizes[one]:,}"]
        + [
            "·" if one == other else percent(overlap.together(one, other), overlap.sizes[one])
            for other in names
        ]
        for number, one in zip(numbers, names, strict=True)
    ]
    table(["segment", "size", *numbers], rows, right=["size", *numbers])


def _tell_findings(found: Examined, minimum: int) -> None:
    health = found.health
    told = False
    for wrong in found.contradictions:
        say(f"contradictory: {wrong.segment} demands {wrong.one} and {wrong.other}")
        told = True
    for name in health.dead:
        ever = "" if found.never is None else ", and nobody ever was"
        if found.never is not None and name not in found.never:
            ever = " any more"
        say(f"dead: nobody is in {name}{ever}")
        told = True
    for group in health.duplicates:
        say(
            f"duplicates: {', '.join(group)} have the same "
            f"{amount(found.overlap.sizes[group[0]], 'person')}"
        )
        told = True
    for one, other, together, either in health.proposals:
        share = percent(together, either)
        say(f"merge? {one} and {other} share {together:,} of {amount(either, 'person')} ({share})")
        told = True
    for name in health.small:
        say(
            f"small: {name} has {amount(found.overlap.sizes[name], 'person')}, fewer than "
            f"{minimum:,}"
        )
        told = True
    for name, within, declared in health.hierarchy:
        how = "narrows its parent" if declared else "lies within"
        say(f"hierarchy: {name} {how} {within}")
    if not told:
        say("nothing is wrong")


def _as_json(found: Examined, moment: Moment, minimum: int) -> dict[str, Any]:
    overlap, health = found.overlap, found.health
    return {
        "at": format_instant(moment.at_us),
        "known": "then" if moment.known_then else "now",
        "people": overlap.people,
        "minimum": minimum,
        "sizes": dict(overlap.sizes),
        "overlap": [
            {"one": one, "other": other, "people": count}
            for (one, other), count in overlap.shared.items()
        ],
        "contradictory": [one._asdict() for one in found.contradictions],
        "dead": list(health.dead),
        "never_alive": found.never,
        "small": list(health.small),
        "duplicates": [list(group) for group in health.duplicates],
        "merge": [one._asdict() for one in health.proposals],
        "hierarchy": [one._asdict() for one in health.hierarchy],
    }
