"""``tailorbird pixel``: the address of a picture that says something when it is looked at."""

from __future__ import annotations

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.runtimes.project import Project


@click.command("pixel")
@click.argument("event")
@click.option("--key", "name", required=True, help="The name or id of the write key that signs.")
@click.option("--user", help="The user id of whom it is about.")
@click.option("--visitor", help="Her anonymous id, where no user id is known.")
@click.option("--message", help="A message id: the picture counts once, however often it is seen.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=TEXT", help="A property; repeatable.")
@click.option("--host", default="", help="The server as mails reach it: https://collect.example.")
@json_option
@with_project
def command(
    project: Project,
    event: str,
    name: str,
    user: str | None,
    visitor: str | None,
    message: str | None,
    pairs: tuple[str, ...],
    host: str,
    as_json: bool,
) -> None:
    """Make the address of a picture of one point that says EVENT whenever it is looked at.

    For mails, where no program runs. The address is signed: nobody can change what it says, and no
    key stands in it. A revoked key ends all of its pictures.

    \b
    tailorbird pixel "Mail Opened" --key web-shop --user ann --message spring:ann
    """
    from tailorbird.edges.sources.pixel import address_of

    if not user and not visitor:
        raise InputError("say whom the picture is about: --user or --visitor")
    said: dict[str, object] = {"event": event}
    said |= {"userId": user} if user else {"anonymousId": visitor}
    if message:
        said["messageId"] = message
    if pairs:
        said["properties"] = dict(map(_pair, pairs))
    keys = [key for key in project.registry.api_keys() if key.may("write") and key.scope == "write"]
    found = [key for key in keys if name in (key.name, key.id)]
    if not found:
        raise UnknownNameError("write key", name, [key.name for key in keys])
    address = host.rstrip("/") + address_of(said, found[-1])
    if as_json:
        emit_json({"address": address, "key": found[-1].id, "says": said})
        return
    say(address)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InputError(f"--set takes NAME=TEXT, not {text!r}")
    return name, value
