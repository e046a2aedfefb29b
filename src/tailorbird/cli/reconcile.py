"""``tailorbird reconcile``: whether two sources say the same."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click

from tailorbird.cli.options import instant_of, json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, percent, say, table
from tailorbird.edges.new_files import new_file
from tailorbird.edges.sources.opening import open_rows
from tailorbird.events.mapping import Mapping
from tailorbird.events.reconciling import (
    WHATS,
    Difference,
    Entry,
    Reconciled,
    Tolerance,
    read_tolerance,
    reconcile,
)
from tailorbird.events.table import Reject
from tailorbird.flow.reconciling import Asked, entries_of_event, entries_of_file
from tailorbird.flow.unknown_names import slip_of_event
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import FIRST_INSTANT
from tailorbird.kernel.values import UNIT
from tailorbird.runtimes.project import Project

EVENT: Final = "event:"
_TOLD: Final = 20
_SAYS: Final = {
    "only_a": "only in A",
    "only_b": "only in B",
    "differs": "different",
    "twice_a": "more than once in A",
    "twice_b": "more than once in B",
}


@click.command("reconcile")
@click.argument("a")
@click.argument("b")
@click.option("--key", required=True, metavar="NAME[=NAME]", help="What names the same in both.")
@click.option(
    "--value",
    "values",
    multiple=True,
    metavar="NAME[=NAME]",
    help="What both should say of it; may be given several times.",
)
@click.option(
    "--tolerance",
    default="0",
    show_default=True,
    metavar="T",
    help="By how much numbers may differ: 0.01, or 1% of the larger one.",
)
@click.option("--count", is_flag=True, help="Compare how often each key is there, nothing else.")
@click.option("--only-a", multiple=True, metavar="NAME=TEXT", help="Only what says this, of A.")
@click.option("--only-b", multiple=True, metavar="NAME=TEXT", help="Only what says this, of B.")
@click.option("--from", "start", metavar="T", help="Facts from this instant on.")
@click.option("--to", "end", metavar="T", help="Facts before this instant. Default: now.")
@click.option(
    "--limit",
    default="0%",
    show_default=True,
    metavar="SHARE",
    help="Exit code 1 when more of the keys are missing or differ.",
)
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Write all differences there.")
@json_option
@with_project
def command(
    project: Project,
    a: str,
    b: str,
    key: str,
    values: tuple[str, ...],
    tolerance: str,
    count: bool,
    only_a: tuple[str, ...],
    only_b: tuple[str, ...],
    start: str | None,
    end: str | None,
    limit: str,
    file: Path | None,
    as_json: bool,
) -> None:
    """Compare two sources by a key: what is missing, what differs, and what is there twice.

    A and B are each `event:NAME`, facts of the history, or a file of CSV, JSON lines or Parquet.
    NAME is a property or a column, or of facts $person, $time, $id or $source; with
    NAME=NAME the second is what it is called in B. Exit code 1 when more is apart than --limit.

    \b
    tailorbird reconcile orders.csv "event:Order Completed" --key id=order_id \\
      --value total=revenue --tolerance 0.01 --csv apart.csv
    tailorbird reconcile "event:Page Viewed" "event:Page Viewed" --key path --count \\
      --only-a '$source=access-log' --only-b '$source=web-shop' --tolerance 5%
    """
    may = _share(limit)
    within = read_tolerance(tolerance)
    if within is None:
        raise InputError(f"{tolerance!r} is no tolerance: write --tolerance 0.01, or 1%")
    if count and values:
        raise InputError("--count compares how often a key is there; leave out --value")
    pairs = [_pair(text) for text in (key, *values)]
    begin_us = FIRST_INSTANT if start is None else instant_of(project, start)
    end_us = project.now_us() if end is None else instant_of(project, end)
    unread: list[Reject] = []
    entries = partial(_entries, project, (begin_us, end_us), unread)
    names = [pair[0] for pair in pairs[1:]]
    found = reconcile(
        entries(a, [pair[0] for pair in pairs], only_a),
        entries(b, [pair[1] for pair in pairs], only_b),
        ["count"] if count else names,
        within,
        count=count,
    )
    if file is not None:
        _write(file, found.differences)
    _tell(found, within, unread, as_json)
    if found.apart * 100 * UNIT > found.keys * may:
        raise click.exceptions.Exit(NEGATIVE)


def _entries(
    project: Project,
    span: tuple[int, int],
    unread: list[Reject],
    source: str,
    names: Sequence[str],
    only: Sequence[str],
) -> Iterator[Entry]:
    wanted: dict[str, str] = dict(map(_only, only))
    asked = Asked(names[0], tuple(names[1:]), wanted)
    if source.startswith(EVENT):
        event = source.removeprefix(EVENT)
        if slip := slip_of_event(project.history, event, project.now_us()):
            raise InputError(slip)
        return entries_of_event(project.history, event, *span, asked)
    rows = open_rows(Path(source), Mapping("reconcile", "reconcile"))
    return entries_of_file(rows, asked, unread)


def _pair(text: str) -> tuple[str, str]:
    one, equals, other = text.partition("=")
    if not one or (equals and not other):
        raise InputError(f"{text!r} is no name: write NAME, or NAME=NAME where they differ")
    return one, other or one


def _only(text: str) -> tuple[str, str]:
    name, equals, wanted = text.partition("=")
    if not name or not equals:
        raise InputError(f"{text!r} says nothing: write --only-a NAME=TEXT")
    return name, wanted


def _share(text: str) -> int:
    """The share of a text such as 0.5%, in millionths of a hundredth."""
    read = read_tolerance(text) if text.endswith("%") else None
    if read is None or read.share > UNIT:
        raise InputError(f"{text!r} is no share: write --limit 0.5%")
    return read.share * 100


def _write(file: Path, differences: Sequence[Difference]) -> None:
    with new_file(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(Difference._fields)
        writer.writerows(differences)


def _tell(found: Reconciled, tolerance: Tolerance, unread: Sequence[Reject], as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "keys": {"a": found.keys_a, "b": found.keys_b, "together": found.keys},
                "same": found.same,
                "apart": found.apart,
                **{str(what): times for what, times in found.counts.items()},
                "without_key": {"a": found.without_key_a, "b": found.without_key_b},
                "unread": len(unread),
                "tolerance": tolerance._asdict(),
                "differences": [one._asdict() for one in found.differences[: limits.PAGE_ITEMS]],
            }
        )
        return
    say(f"{amount(found.keys_a, 'key')} in A, {found.keys_b:,} in B: {found.same:,} say the same")
    for what in WHATS:
        if found.counts[what]:
            say(f"{found.counts[what]:,} {_SAYS[what]}")
    say(f"{found.apart:,} of {found.keys:,} are apart ({percent(found.apart, found.keys)})")
    for side, without in (("A", found.without_key_a), ("B", found.without_key_b)):
        if without:
            say(f"{without:,} of {side} have no key, and were not compared")
    if unread:
        say(f"{amount(len(unread), 'row')} could not be read; the first: {unread[0].reason}")
    told = found.differences[:_TOLD]
    if told:
        rows = [(_SAYS[one.what], one.key, one.value, one.a or "", one.b or "") for one in told]
        table(("what", "key", "value", "A", "B"), rows)
    if len(found.differences) > len(told):
        say(f"and {len(found.differences) - len(told):,} more; --csv FILE writes them all")
