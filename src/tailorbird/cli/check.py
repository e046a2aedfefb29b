"""``tailorbird check``: everything that is wrong with a project's files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, problem_json, say
from tailorbird.edges.sources.opening import load_mapping
from tailorbird.events.ready_mappings import READY
from tailorbird.events.schedules import Schedule, schedules_in
from tailorbird.flow.absent_figures import absent_figures, figures_read
from tailorbird.flow.unknown_names import unknown_names
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import DefinitionError, InputError, Place, Problem, nearest
from tailorbird.language.definitions import KINDS, Definitions
from tailorbird.language.mentions import mentions
from tailorbird.language.world import World
from tailorbird.runtimes.plans import plan_of_files
from tailorbird.runtimes.project import Project


class _Found(NamedTuple):
    problems: list[Problem]
    warnings: list[Problem]
    definitions: Definitions
    schedules: list[Schedule]


@click.command("check")
@json_option
@with_project
def command(project: Project, as_json: bool) -> None:
    """Say everything that is wrong with the definitions and settings, and where.

    Exit code 0 when they can be used, 1 when not. Warnings do not change that.

    \b
    tailorbird check
    tailorbird check --json
    """
    found = _check(project)
    if not found.problems:
        found.warnings.extend(_unknown(project, found.definitions))
    absent = [] if found.problems else _absent(project, found.definitions)
    counts = {f"{kind}s": len(found.definitions.of_kind(kind)) for kind in KINDS}
    counts |= {"schedules": len(found.schedules)} if found.schedules else {}
    if as_json:
        emit_json(
            {
                "ok": not found.problems,
                "problems": [problem_json(problem) for problem in found.problems],
                "warnings": [problem_json(problem) for problem in found.warnings],
                "figures_absent": absent,
                "definitions": counts,
            }
        )
    else:
        _tell(found, absent, counts)
    if found.problems:
        raise click.exceptions.Exit(NEGATIVE)


def _check(project: Project) -> _Found:
    problems: list[Problem] = []
    schedules: list[Schedule] = []
    found = _Found(problems, [], Definitions(), schedules)
    try:
        # Faults in the settings do not hide those in the definitions.
        _ = project.settings
    except DefinitionError as error:
        problems.extend(error.problems)
    try:
        _ = plan_of_files(project)
    except DefinitionError as error:
        problems.extend(error.problems)
    try:
        resolved = project.definitions
        found = _Found(problems, resolved.warnings, resolved.definitions, schedules)
    except DefinitionError as error:
        problems.extend(error.problems)
    try:
        found.schedules.extend(schedules_in(project.files.by_path()))
    except DefinitionError as error:
        problems.extend(error.problems)
    problems.extend(_faulty_mappings(project, found.schedules))
    return found


def _faulty_mappings(project: Project, schedules: list[Schedule]) -> list[Problem]:
    """What is wrong with the mappings by which schedules read: each is told once."""
    problems: dict[str, list[Problem]] = {}
    for schedule in schedules:
        mapping = getattr(schedule.job, "mapping", None)
        if mapping is None or mapping in READY or mapping in problems:
            continue
        path = project.folder / mapping
        try:
            if path.is_file():
                load_mapping(str(path))
                continue
            folder = Path(mapping).parent
            beside = [str(folder / one.name) for one in path.parent.glob("*.y*ml")]
            says = f"there is no such mapping, by which the schedule {schedule.name!r} reads"
            says += nearest(mapping, [*beside, *READY])
            problems[mapping] = [Problem(Place(mapping, 0, 0), says)]
        except DefinitionError as error:
            problems[mapping] = list(error.problems)
        except InputError as error:
            problems[mapping] = [Problem(Place(mapping, 0, 0), str(error))]
    return [problem for found in problems.values() for problem in found]


def _absent(project: Project, definitions: Definitions) -> list[str]:
    """The history is only opened when a definition compares people with the population."""
    if not figures_read(definitions):
        return []
    return absent_figures(definitions, World(project.history.workspace_facts()), project.now_us())


def _unknown(project: Project, definitions: Definitions) -> list[Problem]:
    """Names are compared with those of the history, where there is one to look into."""
    if not mentions(definitions) or not project.has_history:
        return []
    with suppress(InputError):  # another command has it; the definitions are checked without
        return unknown_names(project.history, definitions, project.now_us())
    return []


def _tell(found: _Found, absent: list[str], counts: dict[str, int]) -> None:
    for problem in [*found.problems, *found.warnings]:
        say(str(problem))
    for name in absent:
        say(
            f"warning: percentile_rank({name}) has no figure in force yet, so it has no value; "
            "`tailorbird figures` writes it"
        )
    if found.problems:
        count = len(found.problems)
        say(amount(count, "fault"))
    else:
        say("no faults: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
