"""``tailorbird import``: an event file into the history."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, progress, say
from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.events.vocabulary import READY
from tailorbird.flow.imports import ImportReport, import_file
from tailorbird.kernel.instants import SECOND, format_duration
from tailorbird.runtimes.project import Project


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    required=True,
    metavar="NAME_OR_FILE",
    help=f"How rows become facts: {', '.join(READY)}, or a file of your own.",
)
@json_option
@with_project
def command(project: Project, file: Path, mapping: str, as_json: bool) -> None:
    """Read an event file into the history, as one batch; what is there already changes nothing.

    FILE is CSV, JSON lines or Parquet, also with .gz behind it. The mapping says which columns
    are person, time and event. A row that cannot be read goes to a file of rejected rows with
    its line and the reason, and does not stop the others. Exit code 1 when none could be read.

    \b
    tailorbird import events.csv.gz --mapping rees46
    """
    rows = open_rows(file, load_mapping(mapping))
    rejects = _rejects_path(project, file)
    start_us = project.now_us()
    with progress(f"reading {file.name}") as bar:
        report = import_file(
            project.history,
            rows,
            now_us=start_us,
            rejects_path=rejects,
            progress=bar,
            identifiers=project.settings.identifiers,
        )
    with progress("sorting") as bar:
        project.history.compact(progress=bar)
    took_us = max(project.now_us() - start_us, 1)
    _tell(report, rejects if report.rejected else None, took_us, as_json)
    if report.rejected and not report.accepted and not report.duplicates:
        raise click.exceptions.Exit(NEGATIVE)


def _rejects_path(project: Project, file: Path) -> Path:
    """A file of its own for each import: the rejected rows of an earlier one stay."""
    folder = project.rejects
    stem = re.sub(r"[^\w.-]+", "_", file.name)[:100]
    number, path = 1, folder / f"{stem}.jsonl"
    while path.exists():
        number += 1
        path = folder / f"{stem}.{number}.jsonl"
    return path


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
    say(f"{report.rows:,} rows in {took_us / SECOND:.1f} s, {rows_per_s:,} a second")
    say(f"{report.accepted:,} new facts, {report.duplicates:,} known before")
    if report.skipped:
        say(f"{report.skipped:,} rows left out by the mapping's rules")
    if rejects is not None:
        say(f"{report.rejected:,} rows rejected, see {rejects}")
        for reason, count in report.reasons.items():
            say(f"  {count:,} times: {reason}")
