"""``tailorbird init``: a project with commented examples."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import json_option
from tailorbird.cli.output import emit_json, say
from tailorbird.governance.api_keys import Scope
from tailorbird.runtimes.new_keys import new_key
from tailorbird.runtimes.new_project import make_project
from tailorbird.runtimes.project import open_project


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Make FOLDER a project: commented definitions, settings, a place for the data.

    Files that are there already stay as they are. The first two keys for the server are shown,
    this once: one that may send events, one that may do everything.

    \b
    tailorbird init shop
    cd shop
    tailorbird check
    """
    written = make_project(folder)
    keys = _first_keys(folder)
    if as_json:
        emit_json({"folder": str(folder), "files": [str(path) for path in written], "keys": keys})
        return
    for path in written:
        say(f"wrote {path}")
    for scope, text in keys.items():
        say(f"{scope} key: {text}")
    if keys:
        say("the keys are shown only now, keep them in a safe place; `tailorbird keys` makes more")
    where = "" if folder == Path() else f"cd {folder}, then "
    say(f"next: {where}tailorbird check, tailorbird import FILE --mapping NAME")


def _first_keys(folder: Path) -> dict[str, str]:
    """One write key and one admin key by scope; none where a registry has some already."""
    scopes: tuple[Scope, ...] = ("write", "admin")
    with open_project(folder) as project:
        if project.registry.api_keys():
            return {}
        return {
            scope: new_key(project.registry, "first", scope, project.now_us())[1]
            for scope in scopes
        }
