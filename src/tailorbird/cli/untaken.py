"""How messages that were not taken are shown, rejected ones as those that are kept aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from tailorbird.cli.options import Command
from tailorbird.cli.output import say, table
from tailorbird.events.refusals import SORTS
from tailorbird.flow.hooks import keys_of
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import read_json
from tailorbird.ports.rejects import StoredReject
from tailorbird.runtimes.project import Project

_ERASED: Final = "about somebody who was erased since"


def list_options(most: int) -> Callable[[Command], Command]:
    """Add ``--sort``, ``--person`` and ``--last``, by which such lists are narrowed."""
    options = (
        click.option("--sort", type=click.Choice(SORTS), help="Only for a reason of this sort."),
        click.option("--person", metavar="ID", help="Only of this identifier."),
        click.option(
            "--last",
            type=click.IntRange(1, most),
            default=20,
            show_default=True,
            help="So many of the last.",
        ),
    )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def every_key(project: Project) -> dict[str, ApiKey]:
    """All keys that messages came with, by their ids."""
    return {key.id: key for key in project.registry.api_keys()} | keys_of(project.hooks)


def listed(found: Sequence[StoredReject], keys: Mapping[str, ApiKey]) -> None:
    """Some of them, a line each, with the reason."""
    rows = [
        (
            str(one.number),
            format_instant(one.item.at_us),
            _event(one),
            _key(one, keys),
            one.item.refusal.sort,
            _ERASED if one.is_erased else one.item.refusal.says,
        )
        for one in found
    ]
    table(("number", "arrived", "event", "key", "sort", "reason"), rows, right=("number",))


def _event(found: StoredReject) -> str:
    """What the event is called, where that can be read; else the call, as in the console."""
    try:
        message = read_json(raw_of(found))
    except (ValueError, RecursionError):
        message = None
    name = message.get("event") if isinstance(message, dict) else None
    return name if isinstance(name, str) and name else f"({found.item.call})"


def _key(found: StoredReject, keys: Mapping[str, ApiKey]) -> str:
    key = keys.get(found.item.key)
    return found.item.key if key is None else f"{key.name} ({key.id})"


def shown(found: StoredReject, became: str, keys: Mapping[str, ApiKey]) -> None:
    """One of them, and what was sent; ``became`` says what was done with it."""
    item = found.item
    say(f"{format_instant(item.at_us)}, sent to {item.call} with the key {_key(found, keys)}")
    say(_ERASED if found.is_erased else f"{became} ({item.refusal.sort}): {item.refusal.says}")
    if item.length > len(item.raw) and not found.is_erased:
        say(f"the first {len(item.raw):,} of {amount(item.length, 'byte')}:")
    say(raw_of(found))


def raw_of(found: StoredReject) -> str:
    """What was sent, as text."""
    return found.item.raw.decode("utf-8", "replace")


def plain(found: StoredReject, keys: Mapping[str, ApiKey]) -> dict[str, Any]:
    """One of them for programs, without what was sent."""
    item = found.item
    key = keys.get(item.key)
    return {
        "number": found.number,
        "at": format_instant(item.at_us),
        "call": item.call,
        "key": item.key,
        "source": "" if key is None else key.name,
        "sort": item.refusal.sort,
        "reason": item.refusal.says,
        "person": item.subject,
        "bytes": item.length,
        "erased": found.is_erased,
    }
