"""``tailorbird list``: lists of people."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import instant_of, json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.edges.identifier_files import read_identifiers
from tailorbird.flow.lists import put_list
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.project import Project


@click.group("list")
def command() -> None:
    """Lists of people that somebody made elsewhere; definitions ask in_list("name").

    \b
    tailorbird list import newsletter people.txt
    """


@command.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", metavar="COLUMN", help="FILE is CSV with names: take this column.")
@click.option("--replace", is_flag=True, help="Take everybody else off the list.")
@click.option("--at", metavar="T", help="From when on. Default: now.")
@json_option
@with_project
def import_(
    project: Project,
    name: str,
    file: Path,
    column: str | None,
    replace: bool,
    at: str | None,
    as_json: bool,
) -> None:
    """Put the people of FILE, one id a line, on the list NAME.

    Each addition is a fact of that person, who exists from then on. Who is on the list already
    gets no further fact.

    \b
    tailorbird list import newsletter people.txt
    tailorbird list import vip customers.csv --column customer_id --replace
    """
    people = read_identifiers(file, column)
    now_us = project.now_us()
    at_us = now_us if at is None else instant_of(project, at)
    listed = put_list(project.history, name, people, at_us=at_us, now_us=now_us, replace=replace)
    if as_json:
        emit_json({"list": name, "at": format_instant(at_us), **listed._asdict()})
        return
    say(f"list {name}: {listed.added:,} added, {listed.removed:,} taken off, {listed.size:,} on it")
