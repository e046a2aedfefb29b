"""``tailorbird rejects``: what the collector rejected, and why."""

from __future__ import annotations

from typing import cast

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.cli.untaken import every_key, list_options, listed, plain, raw_of, shown
from tailorbird.events.refusals import Sort
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY
from tailorbird.runtimes.project import Project
from tailorbird.runtimes.rejects import rejects_of


@click.group("rejects")
def command() -> None:
    """Messages that the collector rejected, with the reason: also while a server runs.

    \b
    tailorbird rejects list
    """


@command.command("list")
@list_options(limits.REJECTS)
@json_option
@with_project
def list_(project: Project, sort: str | None, person: str | None, last: int, as_json: bool) -> None:
    """The newest rejected messages with their reasons, without what was sent.

    \b
    tailorbird rejects list --sort time
    """
    wanted = cast("Sort | None", sort)
    with rejects_of(project) as rejects:
        rejects.forget(_oldest_us(project))
        found = rejects.newest(last, sort=wanted, subject=person)
    keys = every_key(project)
    if as_json:
        emit_json([plain(one, keys) for one in found])
        return
    if not found:
        days = project.settings.reject_days
        say(f"nothing was rejected in the last {days} days" if days else "none are kept")
        return
    listed(found, keys)


@command.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
@with_project
def show(project: Project, number: int, as_json: bool) -> None:
    """One rejected message with what was sent; of a long one the beginning.

    NUMBER is what `tailorbird rejects list` shows.

    \b
    tailorbird rejects show 12
    """
    with rejects_of(project) as rejects:
        rejects.forget(_oldest_us(project))
        found = rejects.find(number)
    if found is None:
        raise InputError(
            f"there is no rejected message {number}: `tailorbird rejects list` shows those there "
            "are; the oldest go first"
        )
    keys = every_key(project)
    if as_json:
        emit_json({**plain(found, keys), "raw": raw_of(found)})
        return
    shown(found, "rejected", keys)


@command.command("clear")
@click.option("--person", metavar="ID", help="Only those about this identifier.")
@json_option
@with_project
def clear(project: Project, person: str | None, as_json: bool) -> None:
    """Let go of rejected messages, all or those about one identifier.

    \b
    tailorbird rejects clear --person ann
    """
    with rejects_of(project) as rejects:
        gone = rejects.clear(person)
    if as_json:
        emit_json({"cleared": gone})
        return
    say(f"{amount(gone, 'rejected message is', 'rejected messages are')} gone")


def _oldest_us(project: Project) -> int:
    return project.now_us() - project.settings.reject_days * DAY
