"""``tailorbird schedule``: what is done at which times, and what became of it."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, say, spelled, table
from tailorbird.events.addresses import Address
from tailorbird.events.schedules import FilesJob, FollowJob, QualityJob, QueryJob, Schedule
from tailorbird.flow.schedule import Standing
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.sources import Run
from tailorbird.runtimes.project import Project
from tailorbird.runtimes.scheduling import find, look, run_now


@click.group("schedule")
def command() -> None:
    """What a running server does at which times; definition files say it, under `schedules`.

    \b
    tailorbird schedule list
    """


@command.command("list")
@json_option
@with_project
def list_(project: Project, as_json: bool) -> None:
    """Every published schedule, when it is due next, and what became of it the last time.

    \b
    tailorbird schedule list
    """
    found = look(project)
    if as_json:
        emit_json([_plain_standing(one) for one in found])
        return
    if not found:
        say("no schedule is published; write some under `schedules` in a definition file")
        return
    rows = [
        (
            one.schedule.name,
            one.schedule.cron or "always",
            _does(one.schedule),
            format_instant(one.next_us),
            _last(one),
        )
        for one in found
    ]
    table(("schedule", "times", "does", "next", "last"), rows)


def _does(schedule: Schedule) -> str:
    job = schedule.job
    if isinstance(job, FilesJob):
        return f"import {job.files}"
    if isinstance(job, QueryJob):
        return f"import from {Address(job.address, job.address).shown}"
    if isinstance(job, FollowJob):
        return f"follow {Address(job.address, job.address).shown}"
    if isinstance(job, QualityJob):
        return f"compare {amount(job.hours, 'hour')} with {amount(job.weeks, 'past week')}"
    return schedule.kind


def _last(standing: Standing) -> str:
    if standing.overdue_us:
        return f"overdue by {spelled(standing.overdue_us)}: is a server running?"
    return "never" if standing.last is None else _became(standing.last)


def _became(run: Run) -> str:
    if run.state == "done":
        return f"done, {run.accepted:,} new of {run.rows:,}"
    return f"{run.state}: {run.says}" if run.says else run.state


def _plain_standing(standing: Standing) -> dict[str, Any]:
    schedule, last = standing.schedule, standing.last
    return {
        "name": schedule.name,
        "cron": schedule.cron,
        "kind": schedule.kind,
        "does": _does(schedule),
        "next": format_instant(standing.next_us),
        "overdue": bool(standing.overdue_us),
        "last": None if last is None else plain_run(last),
    }


def plain_run(run: Run) -> dict[str, Any]:
    """A run as JSON."""
    instants = {"due": run.due_us, "started": run.started_us, "ended": run.ended_us}
    told: dict[str, Any] = {"run": run.number, "name": run.name, "state": run.state}
    told |= {
        name: None if at_us is None else format_instant(at_us) for name, at_us in instants.items()
    }
    counts = ("rows", "accepted", "duplicates", "rejected", "says")
    return told | {name: getattr(run, name) for name in counts}


@command.command("run")
@click.argument("name")
@json_option
@with_project
def run(project: Project, name: str, as_json: bool) -> None:
    """Run a published schedule now, whenever it is due; also without a server.

    Exit code 1 when it fails. While it is running already nothing happens but an error.

    \b
    tailorbird schedule run orders
    """
    schedule = find(project, name)
    if project.is_alone:
        _ = project.history  # opened: it is this process's alone now
        project.sources.cut_runs(project.now_us())
    done = run_now(project, schedule)
    if as_json:
        emit_json(plain_run(done))
    else:
        say(_became(done))
        if done.rejected:
            say(f"{amount(done.rejected, 'row')} rejected, see {project.rejects}/{name}.*")
    if done.state != "done":
        raise click.exceptions.Exit(NEGATIVE)


@command.command("history")
@click.argument("name", required=False)
@click.option(
    "--last",
    type=click.IntRange(1, limits.RUNS_KEPT),
    default=20,
    show_default=True,
    help="So many of the last.",
)
@json_option
@with_project
def history(project: Project, name: str | None, last: int, as_json: bool) -> None:
    """What became of the last runs, of all schedules or of one, the newest first.

    \b
    tailorbird schedule history orders
    """
    runs = project.sources.newest_runs(last, name)
    if as_json:
        emit_json([plain_run(one) for one in runs])
        return
    rows = [
        (
            one.name,
            format_instant(one.started_us),
            "" if one.ended_us is None else spelled(one.ended_us - one.started_us),
            f"{one.rows:,}",
            f"{one.accepted:,}",
            f"{one.rejected:,}",
            _became(one) if one.state != "done" else one.says or "done",
        )
        for one in runs
    ]
    names = ("schedule", "started", "took", "rows", "new", "rejected", "became")
    table(names, rows, right=("rows", "new", "rejected"))
