"""``tailorbird pull``: the registry's newest version into the definition files."""

from __future__ import annotations

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.flow.publish import label
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.project import Project


@click.command("pull")
@click.option("--aside", is_flag=True, help="Put changed files aside instead of refusing them.")
@json_option
@with_project
def command(project: Project, aside: bool, as_json: bool) -> None:
    """Write the newest published version into the definition files, comments and all.

    Refused when files have changes that are not published; --aside keeps those under another
    name.

    \b
    tailorbird pull
    """
    newest = project.registry.newest()
    if newest is None:
        raise InputError("nothing is published yet; `tailorbird publish` does it")
    pulled = project.files.take(newest, project.registry.find, aside=aside)
    if as_json:
        emit_json({"version": newest.number, **pulled._asdict()})
        return
    for name in pulled.kept:
        say(f"put aside {name}")
    for name in pulled.written:
        say(f"wrote {name}")
    for name in pulled.removed:
        say(f"removed {name}")
    say(f"the files are those of {label(newest)}")
