"""``tailorbird doctor``: whether everything is well, and what to do where it is not."""

from __future__ import annotations

from typing import Final

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.runtimes.project import Project

_SIGNS: Final = {"good": "ok  ", "note": "note", "soon": "SOON", "bad": "BAD "}


@click.command("doctor")
@click.option("--all", "whole", is_flag=True, help="Read all of the log, not a sample of it.")
@json_option
@with_project
def command(project: Project, whole: bool, as_json: bool) -> None:
    """Look at the installation and the project; changes nothing, also beside a running server.

    It looks at interpreter and engines, settings and definitions, memory, cores, the disk with its
    room and syncs, the log with checksums, keys and writer, what is made from the log, copies, the
    clock. Exit code 0: all is well; 1: something is to be mended soon; 2: something is broken.

    \b
    tailorbird doctor
    tailorbird doctor --all --json
    """
    from tailorbird.runtimes.doctor.examination import examine
    from tailorbird.runtimes.doctor.findings import code_of

    found = examine(project, whole=whole)
    code = code_of(found)
    if as_json:
        emit_json({"code": code, "findings": [finding._asdict() for finding in found]})
    else:
        for finding in found:
            say(f"{_SIGNS[finding.state]}  {finding.what}: {finding.says}")
            if finding.do:
                say(f"      {finding.do}")
    raise click.exceptions.Exit(code)
