"""``tailorbird simulate``: an invented clickstream of any size, and the truth about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tailorbird.cli.options import Command, json_option
from tailorbird.cli.output import emit_json, progress, say
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import parse_instant, zone

if TYPE_CHECKING:
    from tailorbird.simulate.simulation import Simulation

_FORMATS: Final = ("parquet", "jsonl")
_MULTIPLES: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


def _count(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """A whole number, also written as 250k, 10M or 100_000."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9][0-9_]*)([kKmM]?)", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no count; write for example 5000, 250k or 10M")
    return int(match[1]) * _MULTIPLES[match[2].lower()]


def _counted(name: str, says: str, default: str | None = None) -> Callable[[Command], Command]:
    shown = default is not None
    return click.option(
        f"--{name}", metavar="N", callback=_count, default=default, show_default=shown, help=says
    )


def _share(name: str, default: float, says: str) -> Callable[[Command], Command]:
    return click.option(
        f"--{name}", type=float, metavar="SHARE", default=default, show_default=True, help=says
    )


@click.command("simulate")
@click.option("--out", type=_FILE, required=True, help="Where the rows go.")
@_counted("events", "Rows, exactly; 250k and 10M are thousands and millions.", "100k")
@_counted("people", "Ordinary people. Default: one per 2.2 events.")
@click.option(
    "--start",
    metavar="DATE",
    default="2024-01-01",
    show_default=True,
    help="The first date, in UTC.",
)
@click.option("--days", type=int, default=60, show_default=True, help="The length of the span.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another seed, another clickstream."
)
@_share("late", 0.02, "Of all rows, those received more than ten minutes late.")
@_share("duplicates", 0.01, "Of all rows, those that deliver a message once more.")
@_share("bots", 0.005, "Of all rows, those made by bots.")
@_share("merged", 0.01, "Of all people, those who are anonymous first and sign in later.")
@_counted("planted", "People behaving in each planted way. Default: one per 5,000 events, to 100.")
@click.option("--truth", type=_FILE, help="Where the truth about what is planted goes, as JSON.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="Default: by the name of the file. Text is packed when the name ends in .gz.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    out: Path,
    start: str,
    truth: Path | None,
    form: str | None,
    overwrite: bool,
    as_json: bool,
    **shape: Any,
) -> None:
    """Write an invented clickstream to one file; the same options write the same file.

    \b
    tailorbird simulate --events 1M --out clicks.parquet --truth truth.json
    tailorbird import clicks.parquet --mapping simulated
    """
    from tailorbird.edges.simulated import write_truth
    from tailorbird.simulate.simulation import Simulation

    form = form or _form_of(out)
    for path in filter(None, (out, truth)):
        _refuse_taken(path, overwrite)
    if truth is not None and truth.absolute() == out.absolute():
        raise InputError(f"rows and truth cannot both go to {out}: give --truth another name")
    simulation = Simulation(start_us=_start_us(start), **shape)
    _write_rows(simulation, form, out)
    if truth is not None:
        write_truth(simulation, truth)
    _tell(simulation, form, out, truth, as_json)


def _form_of(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    for form in _FORMATS:
        if name.endswith(f".{form}"):
            return form
    raise InputError(
        f"the name {path.name!r} does not tell the format: let it end in .parquet, .jsonl or "
        ".jsonl.gz, or give --format"
    )


def _refuse_taken(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists: give another name, or --overwrite")
    if not path.absolute().parent.is_dir():
        raise InputError(f"there is no folder {path.parent}: make it first")


def _start_us(text: str) -> int:
    start_us = parse_instant(text, zone("UTC"))
    if start_us is None:
        raise InputError(f"--start is {text!r}: write a date such as 2024-01-01")
    return start_us


def _write_rows(simulation: Simulation, form: str, out: Path) -> None:
    from tailorbird.edges.simulated import write_json_lines, write_parquet

    write = write_parquet if form == "parquet" else write_json_lines
    with progress("rows") as bar:
        write(simulation, out, lambda done: bar(done, simulation.events))


def _tell(simulation: Simulation, form: str, out: Path, truth: Path | None, as_json: bool) -> None:
    written = {
        "file": str(out),
        "format": form,
        "bytes": out.stat().st_size,
        "events": simulation.events,
        "people": simulation.population,
        "bots": simulation.bot_count,
        "planted": simulation.planted_sets,
        "truth": None if truth is None else str(truth),
    }
    if as_json:
        emit_json(written)
        return
    say(
        f"{out}: {amount(simulation.events, 'row')} of {amount(simulation.population, 'person')}, "
        f"{written['bytes']:,} bytes"
    )
    if truth is not None:
        say(f"{truth}: {amount(simulation.planted_sets, 'person')} for each planted behaviour")
    mapping = "simulated" if form == "parquet" else "segment-jsonl"
    say(f"now: tailorbird import {out} --mapping {mapping}")
