"""``tailorbird backup``: a copy of everything that cannot be made again, but the keys."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, progress, say
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.project import Project


@click.command("backup")
@click.argument("to", type=click.Path(path_type=Path))
@click.option(
    "--verify-all", is_flag=True, help="Read everything in the backup again, not only new."
)
@json_option
@with_project
def command(project: Project, to: Path, verify_all: bool, as_json: bool) -> None:
    """Bring the backup in the folder TO up to the present, while a server runs or not.

    It holds the log and the registry as of one instant, and the settings file; history and live
    states are made from those again. What was copied before stays as it is, so the second backup
    writes only what is new. Everything written is read again and compared. What is accepted
    after the instant that is told is in no backup until the next one.

    It never holds the keys that open the log: `tailorbird keys copy` puts those in another place,
    and `tailorbird restore` needs both.

    \b
    tailorbird backup /mnt/backups/shop
    """
    from tailorbird.runtimes.backups import back_up

    with progress("copying") as bar:
        done = back_up(project, to, verify_all=verify_all, progress=bar)
    contents = done.contents
    made, position = format_instant(contents.made_us), contents.log.end_position
    if as_json:
        emit_json(
            {
                "place": str(to),
                "at": made,
                "position": position,
                "version": contents.version,
                "new_facts": done.new_facts,
                "new_bytes": done.new_bytes,
                "bytes": contents.bytes,
                "seconds": round(done.seconds, 3),
            }
        )
        return
    say(
        f"{amount(done.new_facts, 'new fact')}, {amount(done.new_bytes, 'byte')} written to "
        f"{to} and read again"
    )
    say(
        f"it has all facts below position {position:,} and version {contents.version}, as of {made}"
    )
    say("what is accepted after that is in no backup until the next one")
