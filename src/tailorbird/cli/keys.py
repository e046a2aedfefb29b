"""``tailorbird keys``: who may talk to the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say, table
from tailorbird.events.sampling_people import ALL, read_share, show_share
from tailorbird.governance.api_keys import SCOPES, ApiKey, Scope
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.new_keys import new_key
from tailorbird.runtimes.project import Project


@click.group("keys")
def command() -> None:
    """Keys of the programs that send events and read profiles; `copy` is about those of the log.

    \b
    tailorbird keys create web-shop --scope write
    """


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="write",
    show_default=True,
    help="write sends events, read reads profiles, admin may do everything.",
)
@click.option(
    "--sample",
    default="100%",
    show_default=True,
    metavar="SHARE",
    help="Take events of this share of all people alone: whole people, always the same ones.",
)
@click.option(
    "--per-minute",
    type=click.IntRange(0, limits.PER_MINUTE),
    default=0,
    show_default=True,
    help="Take so many messages a minute; who sends more is told to come later. 0: all.",
)
@click.option(
    "--alias",
    "aliases",
    multiple=True,
    metavar="TEXT",
    help="What a kit may send in the place of the key, such as its tag id G-...; repeatable.",
)
@json_option
@with_project
def create(
    project: Project,
    name: str,
    scope: str,
    sample: str,
    per_minute: int,
    aliases: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a key and show it, this once.

    NAME says whose it is; facts that come with a write key have it as their source. A write key
    can stand in a page, where everybody sees it: it cannot read anything.

    \b
    tailorbird keys create my-app --scope read
    tailorbird keys create sensors --sample 10% --per-minute 6000
    tailorbird keys create web-shop --alias G-1A2B3C4D5E
    """
    if not 0 < len(name) <= limits.NAME_CHARACTERS:
        raise InputError(f"the name of a key has 1 to {limits.NAME_CHARACTERS} characters")
    part = read_share(sample)
    if part is None:
        raise InputError(f"{sample!r} is no share: write --sample 10%, from 0.01% to 100%")
    wanted = cast(Scope, scope)
    now_us = project.now_us()
    key, text = new_key(project.registry, name, wanted, now_us, part, per_minute, aliases)
    if as_json:
        emit_json({**_plain(key), "key": text})
        return
    say(text)
    if key.sample < ALL:
        say(f"it takes events of {show_share(key.sample)} of all people")
    say(
        f"the {key.scope} key {key.id} of {key.name}; it is shown only now, keep it in a safe place"
    )


@command.command("list")
@json_option
@with_project
def list_(project: Project, as_json: bool) -> None:
    """Every key without its secret.

    \b
    tailorbird keys list
    """
    keys = project.registry.api_keys()
    if as_json:
        emit_json([_plain(key) for key in keys])
        return
    rows = [
        (
            key.id,
            key.scope,
            key.name,
            "" if key.sample == ALL else show_share(key.sample),
            f"{key.per_minute:,}" if key.per_minute else "",
            ", ".join(key.aliases),
            format_instant(key.created_us),
            "" if key.revoked_us is None else format_instant(key.revoked_us),
        )
        for key in keys
    ]
    table(("id", "scope", "name", "sample", "a minute", "aliases", "created", "revoked"), rows)


@command.command("revoke")
@click.argument("id_", metavar="ID")
@json_option
@with_project
def revoke(project: Project, id_: str, as_json: bool) -> None:
    """Make a key good for nothing; a running server notices within two seconds.

    \b
    tailorbird keys revoke 5f3a90c1
    """
    key = project.registry.revoke_key(id_, project.now_us())
    if key is None:
        raise UnknownNameError("key", id_, [known.id for known in project.registry.api_keys()])
    if as_json:
        emit_json(_plain(key))
        return
    say(f"revoked the {key.scope} key {key.id} of {key.name}")


@command.command("copy")
@click.argument("to", type=click.Path(path_type=Path))
@json_option
@with_project
def copy(project: Project, to: Path, as_json: bool) -> None:
    """Put the keys that open the log into the file TO, in place of the copy that was there.

    These are not the keys of programs but those of subjects: what is written about somebody can be
    read with her key alone. A backup does not have them, so a restoration needs both. Only the
    newest copy is kept, because an older one could read who was erased since. Copy them again
    after each day with new people, at the latest with each backup.

    \b
    tailorbird keys copy /mnt/safe/shop.keys
    """
    from tailorbird.runtimes.backups import copy_keys

    done = copy_keys(project, to)
    if as_json:
        emit_json({"file": str(done.path), "subjects": done.subjects, "position": done.position})
        return
    say(
        f"the keys of {amount(done.subjects, 'subject')} are in {done.path}, written and read again"
    )
    say(f"they open all facts below position {done.position:,}; keep them apart from backups")


def _plain(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "scope": key.scope,
        "name": key.name,
        "sample": show_share(key.sample),
        "per_minute": key.per_minute,
        "aliases": list(key.aliases),
        "created": format_instant(key.created_us),
        "revoked": None if key.revoked_us is None else format_instant(key.revoked_us),
    }
