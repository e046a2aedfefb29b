"""``tailorbird segment``: who is in a segment."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import (
    Moment,
    json_option,
    published_option,
    warn_absent_figures,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, percent, printable, say
from tailorbird.edges.identifier_files import write_identifiers
from tailorbird.flow.answer import answer
from tailorbird.flow.lists import put_list
from tailorbird.flow.sizes import share
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.language.plain_values import plain
from tailorbird.language.words import describe
from tailorbird.runtimes.project import Project


@click.command("segment")
@click.argument("name")
@click.option("--ids", is_flag=True, help="Print the people's ids, one a line.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write them to a file.")
@click.option("--snapshot", metavar="LIST", help="Let a list hold exactly these people from T on.")
@json_option
@published_option
@with_project
@with_moment
def command(
    project: Project,
    moment: Moment,
    name: str,
    ids: bool,
    csv_file: Path | None,
    snapshot: str | None,
    as_json: bool,
) -> None:
    """Who is in the segment NAME: how many, what it means, and on request who.

    A person with several ids goes by the smallest. In JSON the ids are always there.

    \b
    tailorbird segment repeat_viewer --at 2024-02-01 --ids
    tailorbird segment vip --csv vip.csv
    tailorbird segment vip --snapshot vip_in_may --at 2024-05-01
    """
    definitions = project.definitions.definitions
    definition = definitions.find("segment", name)
    told = answer(
        project.history, definitions, [definition.key], moment.at_us, known_then=moment.known_then
    )
    people = told.members(name)
    absent = warn_absent_figures(project, definitions.closure({definition.key}), moment)
    if csv_file is not None:
        write_identifiers(csv_file, people)
    listed = None
    if snapshot is not None:
        listed = put_list(
            project.history,
            snapshot,
            people,
            at_us=moment.at_us,
            now_us=project.now_us(),
            replace=True,
        )
    if as_json:
        emit_json(
            {
                "segment": name,
                "at": format_instant(moment.at_us),
                "known": "then" if moment.known_then else "now",
                "size": len(people),
                "people": told.existing,
                "share_percent": plain(share(len(people), told.existing)),
                "list": None if listed is None else {"name": snapshot, **listed._asdict()},
                "figures_absent": absent,
                "ids": people,
            }
        )
        return
    if ids:
        click.echo("".join(f"{printable(person)}\n" for person in people), nl=False)
        return
    say(f"{name}: {describe(definition, definitions)}")
    say(f"at {moment}")
    say(
        f"{len(people):,} of {amount(told.existing, 'person')}, "
        f"{percent(len(people), told.existing)}"
    )
    if csv_file is not None:
        say(f"wrote {csv_file}")
    if listed is not None:
        say(f"list {snapshot}: {listed.added:,} added, {listed.removed:,} taken off")
