"""``tailorbird quality``: whether events are as they usually are."""

from __future__ import annotations

import click

from tailorbird.cli.options import instant_of, json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, say, table
from tailorbird.events.drift import MOST_HOURS, MOST_WEEKS, WEEKS
from tailorbird.flow.quality import Quality, examine_quality
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.project import Project


@click.command("quality")
@click.option(
    "--hours",
    type=click.IntRange(1, MOST_HOURS),
    default=24,
    show_default=True,
    help="Compare so many of the last whole hours.",
)
@click.option(
    "--weeks",
    type=click.IntRange(WEEKS, MOST_WEEKS),
    default=8,
    show_default=True,
    help="With the same hours of so many past weeks.",
)
@click.option("--at", metavar="T", help="As if it were then. Default: now.")
@json_option
@with_project
def command(project: Project, hours: int, weeks: int, at: str | None, as_json: bool) -> None:
    """Say which events and properties are not as at the same hours of past weeks.

    Compared are how often each event comes, how often its properties are missing, their types, the
    shares of their texts and the size of their numbers. Exit code 1 when something is far from
    what is usual. Without four past weeks nothing can be said.

    \b
    tailorbird quality
    tailorbird quality --hours 1 --json
    """
    now_us = project.now_us() if at is None else instant_of(project, at)
    found = examine_quality(project.history, now_us, hours=hours, weeks=weeks)
    if as_json:
        emit_json(_plain(found))
    else:
        _tell(found)
    if found.alarms:
        raise click.exceptions.Exit(NEGATIVE)


def _tell(found: Quality) -> None:
    say(f"{format_instant(found.begins_us)} to {format_instant(found.ends_us)}:")
    say(
        f"{amount(found.facts, 'fact')} of {amount(found.events, 'event')}, compared with "
        f"{amount(found.weeks, 'past week')}"
    )
    if not found.has_history:
        say(f"there have to be {WEEKS} past weeks before anything can be said")
        return
    if not found.alarms:
        say("everything is as usual")
        return
    rows = [
        (alarm.event, alarm.property, alarm.what, f"{alarm.far:.0f}", alarm.says)
        for alarm in found.alarms
    ]
    table(("event", "property", "what", "deviations", "says"), rows, right=("deviations",))


def _plain(found: Quality) -> dict[str, object]:
    return {
        "from": format_instant(found.begins_us),
        "to": format_instant(found.ends_us),
        "weeks": found.weeks,
        "events": found.events,
        "facts": found.facts,
        "alarms": [
            {**alarm._asdict(), "far": round(alarm.far, 2), "now": round(alarm.now, 6)}
            for alarm in found.alarms
        ],
    }
