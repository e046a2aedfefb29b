"""``tailorbird quarantine``: messages that are kept aside, and what is to become of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, say
from tailorbird.cli.untaken import every_key, list_options, listed, plain, raw_of, shown
from tailorbird.events.refusals import SORTS, Sort
from tailorbird.flow.accept import Arrival, accept
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.quarantining import Replayed, try_again, wanted
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY
from tailorbird.ports.dialects import endpoints_of
from tailorbird.ports.quarantine import Quarantine
from tailorbird.ports.rejects import StoredReject
from tailorbird.runtimes.dialects import found_dialects
from tailorbird.runtimes.project import Project
from tailorbird.runtimes.quarantine import preparing_of, quarantine_of


@click.group("quarantine")
def command() -> None:
    """Messages that are kept aside because they do not fit the tracking plan.

    They are no facts until they are replayed, which is worth trying once the plan is mended or
    the fault that kept them is gone.

    \b
    tailorbird quarantine list
    tailorbird quarantine replay
    """


@command.command("list")
@list_options(limits.REPLAYED)
@json_option
@with_project
def list_(project: Project, sort: str | None, person: str | None, last: int, as_json: bool) -> None:
    """The newest messages that are kept aside, with their reasons.

    \b
    tailorbird quarantine list --sort plan
    """
    with quarantine_of(project) as quarantine:
        quarantine.forget(_oldest_us(project))
        found = quarantine.newest(last, sort=cast("Sort | None", sort), subject=person)
        held = quarantine.held()
    keys = every_key(project)
    if as_json:
        emit_json({"held": held.messages, "messages": [_plain(one, keys) for one in found]})
        return
    if not found:
        say("nothing is kept aside")
        return
    listed(found, keys)
    say(
        f"{amount(held.messages, 'message is kept aside', 'messages are kept aside')}, "
        f"{amount(held.bytes, 'byte')}"
    )


@command.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
@with_project
def show(project: Project, number: int, as_json: bool) -> None:
    """One message that is kept aside, with what was sent.

    NUMBER is what `tailorbird quarantine list` shows.

    \b
    tailorbird quarantine show 12
    """
    with quarantine_of(project) as quarantine:
        quarantine.forget(_oldest_us(project))
        found = quarantine.find(number)
    if found is None:
        raise InputError(
            f"no message {number} is kept aside: `tailorbird quarantine list` shows those there are"
        )
    keys = every_key(project)
    if as_json:
        emit_json({**_plain(found, keys), "raw": raw_of(found)})
        return
    shown(found, "kept aside", keys)


@command.command("replay")
@click.argument("numbers", nargs=-1, type=click.IntRange(1))
@click.option("--sort", type=click.Choice(SORTS), help="Only those for a reason of this sort.")
@json_option
@with_project
def replay(project: Project, numbers: tuple[int, ...], sort: str | None, as_json: bool) -> None:
    """Try messages that are kept aside again, with the plan that is published now.

    NUMBERS are those of some messages; without any all are tried. Each counts from when it first
    came, and once, also where it was sent again since. What still does not fit stays, with its
    reason of now: then the exit code is 1.

    \b
    tailorbird quarantine replay
    tailorbird quarantine replay 12 13
    """
    wish = cast("Sort | None", sort)
    with quarantine_of(project) as quarantine:
        quarantine.forget(_oldest_us(project))
        done = _replayed(project, quarantine, list(dict.fromkeys(numbers)), wish)
    if as_json:
        emit_json(done._asdict())
    else:
        say(f"{amount(done.accepted, 'new fact')}, {done.duplicates:,} known before")
        if done.forbidden:
            say(f"{done.forbidden:,} let go: their people do not agree, or were erased")
        if done.still:
            say(
                f"{amount(done.still, 'message still does', 'messages still do')} not fit: "
                "`tailorbird quarantine list` says why"
            )
    if done.still:
        raise click.exceptions.Exit(NEGATIVE)


def _replayed(
    project: Project, quarantine: Quarantine, numbers: list[int], sort: Sort | None
) -> Replayed:
    keys = every_key(project)
    done, after, by_number = Replayed(0, 0, 0, 0), 0, bool(numbers)
    with preparing_of(project) as preparing:
        while some := wanted(quarantine, numbers, after):
            after = max(one.number for one in some)
            fit = [one for one in some if sort is None or one.item.refusal.sort == sort]
            done = _some_replayed(project, quarantine, fit, preparing, keys, done)
            numbers = numbers[limits.REPLAYED :]
            if by_number and not numbers:
                break
    return done


def _some_replayed(
    project: Project,
    quarantine: Quarantine,
    some: list[StoredReject],
    preparing: Preparing,
    keys: Mapping[str, ApiKey],
    done: Replayed,
) -> Replayed:
    tried = try_again(some, preparing, keys, endpoints_of(found_dialects()))
    now_us = project.now_us()
    known = [one._replace(known_us=[now_us] * one.length) for one in tried.facts]
    arrivals = (Arrival(columns, _refuse) for columns in known)
    appended = accept(arrivals, project.history, now_us=now_us)
    quarantine.settle([*tried.taken, *tried.forbidden], tried.still)
    return Replayed(
        done.accepted + appended.accepted,
        done.duplicates + appended.duplicates,
        done.still + len(tried.still),
        done.forbidden + len(tried.forbidden),
    )


def _refuse(_place: int, reason: str) -> None:
    raise InputError(f"nothing was replayed: {reason}")


@command.command("drop")
@click.argument("numbers", nargs=-1, type=click.IntRange(1))
@click.option("--person", metavar="ID", help="All those about this identifier.")
@click.option("--all", "every", is_flag=True, help="All of them.")
@json_option
@with_project
def drop(
    project: Project, numbers: tuple[int, ...], person: str | None, every: bool, as_json: bool
) -> None:
    """Let messages that are kept aside go for good: by number, about somebody, or all.

    \b
    tailorbird quarantine drop 12 13
    tailorbird quarantine drop --person ann
    """
    if bool(numbers) + (person is not None) + every != 1:
        raise InputError("say which: some NUMBERS, --person ID, or --all")
    with quarantine_of(project) as quarantine:
        gone = quarantine.drop(numbers) if numbers else quarantine.clear(person)
    if as_json:
        emit_json({"dropped": gone})
        return
    say(f"{amount(gone, 'message is', 'messages are')} gone")


def _oldest_us(project: Project) -> int:
    return project.now_us() - project.settings.quarantine_days * DAY


def _plain(found: StoredReject, keys: Mapping[str, ApiKey]) -> dict[str, Any]:
    return {**plain(found, keys), "message_id": found.item.id}
