"""``tailorbird import``: an event file, or what a database answers, into the history."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, progress, say
from tailorbird.events.cursors import Overlap, parse_overlap
from tailorbird.events.ready_mappings import READY
from tailorbird.flow.imports import ImportReport
from tailorbird.flow.reading_on import Reading
from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import SECOND, format_duration
from tailorbird.runtimes.importing import Importing
from tailorbird.runtimes.project import Project


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--mapping",
    required=True,
    metavar="NAME_OR_FILE",
    help=f"How rows become facts: {', '.join(READY)}, or a file of your own.",
)
@click.option("--sql", metavar="QUERY", help="What to ask a database; @FILE reads it from a file.")
@click.option(
    "--from",
    "address",
    metavar="URL",
    help="The database: sqlite:///shop.db, duckdb:///shop.duckdb, postgresql://user@host/shop; "
    "${NAME} in it is a variable of the environment.",
)
@click.option(
    "--cursor",
    metavar="COLUMN",
    help="The column that grows as rows are added: the next import reads on from its last value.",
)
@click.option(
    "--overlap",
    metavar="LENGTH",
    help="How far before that is read again: a duration, or a number. Default: 1h, or 1000.",
)
@click.option("--again", is_flag=True, help="Read from the beginning, whatever was read before.")
@json_option
@with_project
def command(
    project: Project,
    file: Path | None,
    mapping: str,
    sql: str | None,
    address: str | None,
    cursor: str | None,
    overlap: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Read an event file into the history, as one batch; what is there already changes nothing.

    FILE is CSV, JSON lines, Parquet or an access log, also with .gz behind it. The mapping says
    which columns are person, time and event. A row that cannot be read goes to a file of
    rejected rows with its line and the reason, and does not stop the others. Exit code 1 when
    none could be read.

    Instead of FILE a database can be asked, which is only read from.

    \b
    tailorbird import events.csv.gz --mapping rees46
    tailorbird import --sql "SELECT * FROM orders" --from sqlite:///shop.db --cursor id \\
      --mapping orders.yaml
    """
    importing = Importing(project)
    start_us = project.now_us()
    if (file is None) == (sql is None):
        raise click.UsageError("import takes FILE, or --sql with --from: one of them")
    if file is not None:
        for name, given in (("--from", address), ("--cursor", cursor), ("--overlap", overlap)):
            if given is not None:
                raise click.UsageError(f"{name} goes with --sql, not with FILE")
        with progress(f"reading {file.name}") as bar:
            report = importing.file(file, mapping, bar)
    else:
        if address is None:
            raise click.UsageError("--sql needs --from URL: the database that is asked")
        reading = Reading("", _query(sql or ""), cursor, _overlap(overlap))
        with progress("reading rows") as bar:
            report = importing.query(address, reading, mapping, again=again, progress=bar)
    with progress("sorting") as bar:
        project.history.compact(progress=bar)
    took_us = max(project.now_us() - start_us, 1)
    _tell(report, importing.rejects_path if report.rejected else None, took_us, as_json)
    if report.is_unreadable:
        raise click.exceptions.Exit(NEGATIVE)


def _query(said: str) -> str:
    if not said.startswith("@"):
        return said
    path = Path(said[1:])
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(limits.QUERY_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _overlap(said: str | None) -> Overlap:
    found = Overlap() if said is None else parse_overlap(said)
    if found is None:
        raise InputError(
            f"--overlap takes a duration such as 2h for times or a number for numbers, not {said!r}"
        )
    return found


def _tell(report: ImportReport, rejects: Path | None, took_us: int, as_json: bool) -> None:
    rows_per_s = report.rows * SECOND // took_us
    if as_json:
        told = report._asdict() | {
            "rejects_file": None if rejects is None else str(rejects),
            "took": format_duration(took_us),
            "rows_per_s": rows_per_s,
        }
        emit_json(told)
        return
    say(f"{amount(report.rows, 'row')} in {took_us / SECOND:.1f} s, {rows_per_s:,} a second")
    say(f"{amount(report.accepted, 'new fact')}, {report.duplicates:,} known before")
    if report.skipped:
        say(f"{amount(report.skipped, 'row')} left out by the mapping's rules")
    if rejects is not None:
        say_why(report, rejects)


def say_why(report: ImportReport, rejects: Path) -> None:
    """Where rejected rows lie, and the most frequent reasons."""
    say(f"{amount(report.rejected, 'row')} rejected, see {rejects}")
    for reason, count in report.reasons.items():
        say(f"  {amount(count, 'time')}: {reason}")
