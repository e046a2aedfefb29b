"""``tailorbird diff``: what publishing the edited files would change."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import (
    Moment,
    json_option,
    warn_absent_figures,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, percent, say, shown, table
from tailorbird.flow.difference import Afterwards, Difference, Moved, differences
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import Missing
from tailorbird.language.definitions import Definitions
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import Project, load_texts

_NAMED = 5
"""So many of the people concerned are named; ``--json`` names all."""


@click.command("diff")
@json_option
@with_project
@with_moment
def command(project: Project, moment: Moment, as_json: bool) -> None:
    """Who would enter and leave each segment if the edited files were published.

    Beside it, what those people did within 7 and 30 days after the instant: ordered, for how
    much, or anything at all. Choose an --at that far back; a window beyond the end of the data
    is marked.

    \b
    tailorbird diff --at 2011-11-01
    """
    edited = project.definitions.definitions
    newest = project.registry.newest()
    published = Definitions() if newest is None else load_texts(newest.files).definitions
    absent = warn_absent_figures(project, edited, moment)
    found = differences(
        project.history,
        published,
        edited,
        moment.at_us,
        data_end_us=project.history.last_act_us or moment.at_us,
        known_then=moment.known_then,
    )
    against = "nothing published yet" if newest is None else f"version {newest.number}"
    if as_json:
        told = [_as_json(one) for one in found]
        emit_json(
            {
                "at": format_instant(moment.at_us),
                "known": "then" if moment.known_then else "now",
                "against": None if newest is None else newest.number,
                "figures_absent": absent,
                "segments": told,
            }
        )
        return
    say(f"at {moment}, against {against}")
    if not found:
        say("every segment means the same as published")
    for one in found:
        _tell(one)


def _tell(one: Difference) -> None:
    say(
        f"{one.segment} ({one.change}): {amount(one.published_size, 'person')} as published, "
        f"{one.edited_size:,} as edited; {len(one.entering.people):,} would enter, "
        f"{len(one.leaving.people):,} would leave"
    )
    rows = [
        [word, f"{after.days} d", *_cells(after)]
        for word, moved in (("entering", one.entering), ("leaving", one.leaving))
        for after in moved.afterwards
        if moved.people
    ]
    if rows:
        columns = ["people", "within", "did anything", "ordered", "orders", "revenue", "data"]
        table(columns, rows, right=columns[1:6])
    for word, moved in (("enter", one.entering), ("leave", one.leaving)):
        if moved.people:
            more = len(moved.people) - _NAMED
            named = ", ".join(moved.people[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
            say(f"would {word}: {named}")


def _cells(after: Afterwards) -> list[str]:
    covered = "complete" if after.complete else f"only to {format_instant(after.covered_to_us)}"
    return [
        f"{after.active:,} ({percent(after.active, after.people)})",
        f"{after.buyers:,} ({percent(after.buyers, after.people)})",
        f"{after.orders:,}",
        _revenue(after),
        covered,
    ]


def _revenue(after: Afterwards) -> str:
    if not after.orders:
        return "-"
    if isinstance(after.revenue, Missing):
        return "not recorded"
    partly = after.orders_with_revenue < after.orders
    of = f" (of {amount(after.orders_with_revenue, 'order')})" if partly else ""
    return shown(after.revenue) + of


def _as_json(one: Difference) -> dict[str, Any]:
    return {
        "segment": one.segment,
        "change": one.change,
        "published_size": one.published_size,
        "edited_size": one.edited_size,
        "entering": _moved_json(one.entering),
        "leaving": _moved_json(one.leaving),
    }


def _moved_json(moved: Moved) -> dict[str, Any]:
    return {
        "people": list(moved.people),
        "afterwards": [
            {
                "days": after.days,
                "complete": after.complete,
                "covered_to": format_instant(after.covered_to_us),
                "active": after.active,
                "buyers": after.buyers,
                "orders": after.orders,
                "orders_with_revenue": after.orders_with_revenue,
                "revenue": plain(after.revenue),
            }
            for after in moved.afterwards
        ],
    }
