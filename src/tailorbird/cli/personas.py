"""``tailorbird personas``: how many people each persona has."""

from __future__ import annotations

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
from tailorbird.flow.sizes import persona_sizes, share
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.plain_values import plain
from tailorbird.language.words import describe
from tailorbird.runtimes.project import Project


@click.command("personas")
@json_option
@published_option
@with_project
@with_moment
def command(project: Project, moment: Moment, as_json: bool) -> None:
    """How many people each persona has, in the order in which personas are tried.

    \b
    tailorbird personas --at 2011-12-01
    """
    definitions = project.definitions.definitions
    sizes = persona_sizes(project.history, definitions, moment.at_us, known_then=moment.known_then)
    absent = warn_absent_figures(project, definitions.closure({PERSONAS}), moment)
    if as_json:
        emit_json(
            {
                "at": format_instant(moment.at_us),
                "known": "then" if moment.known_then else "now",
                "people": sizes.people,
                "personas": [
                    {"name": name, "size": size, "share_percent": plain(share(size, sizes.people))}
                    for name, size in sizes.personas
                ],
                "without": sizes.without,
                "figures_absent": absent,
            }
        )
        return
    says = {persona.name: describe(persona, definitions) for persona in definitions.personas}
    say(f"at {moment}")
    table(
        ["persona", "size", "share", "when"],
        [
            [name, f"{size:,}", percent(size, sizes.people), says[name]]
            for name, size in sizes.personas
        ]
        + [["(none)", f"{sizes.without:,}", percent(sizes.without, sizes.people), ""]],
        right=["size", "share"],
    )
    say(f"{amount(sizes.people, 'person')} in all")
