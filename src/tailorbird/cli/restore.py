"""``tailorbird restore``: a project made again from its backup and its keys."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import json_option
from tailorbird.cli.output import emit_json, progress, remark, say
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant


@click.command("restore")
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.argument("into", type=click.Path(path_type=Path))
@click.option("--keys", type=click.Path(path_type=Path), help="What `tailorbird keys copy` wrote.")
@click.option("--accept-loss", is_flag=True, help="Give up those who came after the keys' copy.")
@json_option
def command(source: Path, into: Path, keys: Path | None, accept_loss: bool, as_json: bool) -> None:
    """Make a project in INTO out of the backup FROM and the copy of its keys.

    INTO is a new or an empty folder, or a project without data, such as a checkout of its
    definitions. Everything is read and checked first: when something is missing or damaged that
    is told, and nothing is touched. The history and the live states are made from the log when
    they are first asked for.

    \b
    tailorbird restore /mnt/backups/shop shop --keys /mnt/safe/shop.keys
    """
    from tailorbird.runtimes.restoring import restore

    with progress("reading") as bar:
        done = restore(source, into, keys, accept_loss=accept_loss, progress=bar)
    contents, lost = done.contents, done.unreadable
    made, position = format_instant(contents.made_us), contents.log.end_position
    if as_json:
        emit_json(
            {
                "data": str(done.data),
                "as_of": made,
                "position": position,
                "version": contents.version,
                "unreadable_subjects": lost.subjects,
                "unreadable_facts": lost.facts,
                "definitions": done.definitions,
            }
        )
        return
    if lost.subjects:
        remark(
            f"warning: {amount(lost.facts, 'fact')} of {amount(lost.subjects, 'subject')} "
            "without a key: they are lost"
        )
    say(f"restored {done.data}: all facts below position {position:,}, as of {made}")
    for name in done.definitions:
        say(f"wrote {name}, as published in version {contents.version}")
    if not contents.version:
        remark("nothing was published, so no definition is in the backup: bring the files yourself")
    say(f"next: tailorbird segments --project {into}")
