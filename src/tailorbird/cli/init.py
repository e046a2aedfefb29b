"""``tailorbird init``: a project with commented examples."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import json_option
from tailorbird.cli.output import emit_json, say
from tailorbird.runtimes.new_project import make_project


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Make FOLDER a project: commented definitions, settings, a place for the data.

    Files that are there already stay as they are.

    \b
    tailorbird init shop
    cd shop
    tailorbird check
    """
    written = make_project(folder)
    if as_json:
        emit_json({"folder": str(folder), "files": [str(path) for path in written]})
        return
    for path in written:
        say(f"wrote {path}")
    where = "" if folder == Path() else f"cd {folder}, then "
    say(f"next: {where}tailorbird check, tailorbird import FILE --mapping NAME")
