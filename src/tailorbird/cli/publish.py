"""``tailorbird publish``: the definition files become the registry's newest version."""

from __future__ import annotations

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, progress, say
from tailorbird.events.schedules import schedules_in
from tailorbird.flow.publish import SAYS, Change, Draft, Publication, label, publish
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.files import is_plan
from tailorbird.runtimes.plans import plan_of_files
from tailorbird.runtimes.project import Project, load_texts


@click.command("publish")
@click.option("--note", default="", metavar="TEXT", help="Why, in a few words; it is kept.")
@json_option
@with_project
def command(project: Project, note: str, as_json: bool) -> None:
    """Make the definition files the newest version, and say in words what changes.

    Refused when somebody else has published since the files were pulled. A published version
    never changes. Settings that can change an answer take effect too: the first time for all of
    the past, later from now on.

    \b
    tailorbird publish --note "dormant after 30 days instead of 60"
    """
    schedules_in(project.files.by_path())  # a faulty one is told before anything is stored
    plan_of_files(project)  # a plan with faults is not published either
    before = _plan_texts(project)
    draft = Draft(
        project.files.by_name(),
        project.definitions,
        project.settings.published(),
        project.files.made_from(),
        note,
    )
    with progress("publishing"):
        done = publish(
            draft, project.registry, project.history, load=load_texts, now_us=project.now_us()
        )
    project.files.mark(done.version)
    _tell(done, is_plan_new=_plan_texts(project) != before, as_json=as_json)


def _plan_texts(project: Project) -> dict[str, str]:
    """The files of the plan that is published."""
    newest = project.registry.newest()
    return {} if newest is None else {n: t for n, t in newest.files.items() if is_plan(n)}


def _tell(done: Publication, *, is_plan_new: bool, as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "version": done.version.number,
                "published": done.is_new,
                "position": done.version.position,
                "changes": [change_json(change) for change in done.changes],
                "settings": done.settings,
                "tracking_plan": "changed" if is_plan_new else "as it was",
            }
        )
        return
    say_changes(done.changes)
    if is_plan_new:
        say("tracking plan: changed")
    for name, value in done.settings.items():
        say(f"setting {name} is now {value}")
    say(
        f"{'published' if done.is_new else 'nothing to publish, the newest is'} "
        f"{label(done.version)}"
    )


def change_json(change: Change) -> dict[str, str]:
    """How one definition differs, as JSON."""
    kind, name = change.key
    return {
        "kind": kind,
        "name": name,
        "what": change.what,
        "before": change.before,
        "after": change.after,
    }


def say_changes(changes: list[Change]) -> None:
    """Print how definitions differ, in words."""
    for change in changes:
        kind, name = change.key
        whose = "personas" if change.key == PERSONAS else f"{kind} {name}"
        say(f"{whose}: {SAYS[change.what]}")
        if change.what in ("changed", "reordered", "removed"):
            say(f"  was: {change.before}")
        if change.what in ("changed", "reordered", "added"):
            say(f"  is:  {change.after}")
