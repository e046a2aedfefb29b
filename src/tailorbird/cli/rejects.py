"""``tailorbird rejects``: what the collector rejected, and why."""

from __future__ import annotations

from typing import Any, cast

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say, table
from tailorbird.events.refusals import SORTS, Sort
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY, format_instant
from tailorbird.ports.rejects import StoredReject
from tailorbird.runtimes.project import Project
from tailorbird.runtimes.rejects import rejects_of

_ERASED = "about somebody who was erased since"


@click.group("rejects")
def command() -> None:
    """Messages that the collector rejected, with the reason: also while a server runs.

    \b
    tailorbird rejects list
    """


@command.command("list")
@click.option("--sort", type=click.Choice(SORTS), help="Only for a reason of this sort.")
@click.option("--person", metavar="ID", help="Only of this identifier.")
@click.option(
    "--last",
    type=click.IntRange(1, limits.REJECTS),
    default=20,
    show_default=True,
    help="So many of the last.",
)
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
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    if not found:
        days = project.settings.reject_days
        say(f"nothing was rejected in the last {days} days" if days else "none are kept")
        return
    rows = [
        (
            str(one.number),
            format_instant(one.item.at_us),
            one.item.call,
            one.item.key,
            one.item.refusal.sort,
            _ERASED if one.is_erased else one.item.refusal.says,
        )
        for one in found
    ]
    table(("number", "arrived", "call", "key", "sort", "reason"), rows, right=("number",))


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
    if as_json:
        emit_json({**_plain(found), "raw": _raw(found)})
        return
    item = found.item
    say(f"{format_instant(item.at_us)}, sent to {item.call} with the key {item.key}")
    say(_ERASED if found.is_erased else f"rejected ({item.refusal.sort}): {item.refusal.says}")
    if item.length > len(item.raw) and not found.is_erased:
        say(f"the first {len(item.raw):,} of {item.length:,} bytes:")
    say(_raw(found))


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
    say(f"{gone:,} rejected messages are gone")


def _oldest_us(project: Project) -> int:
    return project.now_us() - project.settings.reject_days * DAY


def _raw(found: StoredReject) -> str:
    return found.item.raw.decode("utf-8", "replace")


def _plain(found: StoredReject) -> dict[str, Any]:
    item = found.item
    return {
        "number": found.number,
        "at": format_instant(item.at_us),
        "call": item.call,
        "key": item.key,
        "sort": item.refusal.sort,
        "reason": item.refusal.says,
        "person": item.subject,
        "bytes": item.length,
        "erased": found.is_erased,
    }
