"""``tailorbird plan``: what events look like, and whether some do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from tailorbird.cli.options import json_option, published_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, remark, say, table
from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.events.table import JsonRows, Reject
from tailorbird.events.tracking_plan import TrackingPlan
from tailorbird.flow.planning import Fit, fit_of_facts, fit_of_messages, inferred
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import parse_duration
from tailorbird.runtimes.plans import plan_in_force, plan_of_files
from tailorbird.runtimes.project import Project

_TOLD: Final = 50


@click.group("plan")
def command() -> None:
    """The tracking plan: what events look like, in definitions/tracking_plan.yaml.

    \b
    tailorbird plan infer > definitions/tracking_plan.yaml
    tailorbird plan check
    """


last_option = click.option(
    "--last", default="30d", show_default=True, metavar="DURATION", help="Facts of so long ago."
)
facts_option = click.option(
    "--facts",
    type=click.IntRange(1, 10_000_000),
    default=500_000,
    show_default=True,
    help="Look at so many of the newest facts at most.",
)


@command.command("infer")
@last_option
@facts_option
@json_option
@with_project
def infer(project: Project, last: str, facts: int, as_json: bool) -> None:
    """Write a first draft of a plan from the facts that there are.

    It has types, what was always there, and texts that are one of few. Read it before it is
    published: it says what was seen, not what is right.

    \b
    tailorbird plan infer --last 14d > definitions/tracking_plan.yaml
    """
    found = inferred(project.history, since_us(project, last), facts)
    if not found.counts():
        raise InputError(f"there are no events of the last {last} to look at; say --last 365d")
    if as_json:
        emit_json({"facts": found.counts(), "left_out": found.left_out, "plan": found.plan()})
        return
    say(found.plan())
    if found.left_out:
        remark(f"{amount(found.left_out, 'fact')} of further events left out")


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@last_option
@facts_option
@json_option
@published_option
@with_project
def check(project: Project, file: Path | None, last: str, facts: int, as_json: bool) -> None:
    """Hold events against the plan: those of FILE, or the facts that there are.

    FILE has a message of Segment's interface on each line. Nothing is changed or stored. Exit code
    1 when something does not fit, whatever the plan says that becomes of it.

    \b
    tailorbird plan check
    tailorbird plan check events.jsonl
    """
    plan = plan_in_force(project) if project.is_published else plan_of_files(project)
    if not plan.is_there:
        raise InputError(
            "there is no tracking plan: `tailorbird plan infer > definitions/tracking_plan.yaml` "
            "makes a first draft"
        )
    if file is None:
        fit = fit_of_facts(project.history, plan, since_us(project, last), facts)
    else:
        fit = _fit_of_file(file, plan)
    _tell(fit, as_json)
    if fit.unfit:
        raise click.exceptions.Exit(NEGATIVE)


def _fit_of_file(file: Path, plan: TrackingPlan) -> Fit:
    rows = open_rows(file, load_mapping("segment-jsonl"))
    unreadable: list[Reject] = []

    def messages() -> Any:
        for chunk in rows.chunks(unreadable.append):
            assert isinstance(chunk, JsonRows)
            yield from chunk.rows

    try:
        fit = fit_of_messages(messages(), plan)
    finally:
        rows.close()
    for reject in unreadable:
        fit.faults["", reject.reason] += 1
    return fit._replace(events=fit.events + len(unreadable), unfit=fit.unfit + len(unreadable))


def since_us(project: Project, last: str) -> int:
    """The instant that lies a duration, given as text, before now."""
    length_us = parse_duration(last)
    if length_us is None or length_us <= 0:
        raise InputError(f"{last!r} is no duration; write --last 30d")
    return project.now_us() - length_us


def _tell(fit: Fit, as_json: bool) -> None:
    if as_json:
        faults = [{"event": e, "fault": f, "times": n} for (e, f), n in fit.faults.most_common()]
        emit_json({"events": fit.events, "unfit": fit.unfit, "faults": faults})
        return
    say(f"{amount(fit.events, 'event')}, of which {amount(fit.unfit, 'does', 'do')} not fit")
    told = fit.faults.most_common(_TOLD)
    if told:
        rows = [(f"{times:,}", event, fault) for (event, fault), times in told]
        table(("times", "event", "fault"), rows, right=("times",))
    if len(fit.faults) > len(told):
        say(f"and {amount(len(fit.faults) - len(told), 'further fault')}")
