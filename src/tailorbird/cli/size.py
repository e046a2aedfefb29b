"""``tailorbird size``: the size of a segment over time, who entered and who left."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import click

from tailorbird.cli.options import (
    instants_of,
    json_option,
    moment_of,
    published_option,
    warn_absent_figures,
    with_project,
)
from tailorbird.cli.output import emit_json, say, table
from tailorbird.edges.new_files import new_file
from tailorbird.edges.size_plot import Point, size_plot
from tailorbird.flow.timeline import SizeAt, sizes_over
from tailorbird.kernel.instants import DAY, format_instant
from tailorbird.runtimes.project import Project

_BAR_CELLS = 32
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@click.command("size")
@click.argument("name")
@click.option(
    "--from", "start", metavar="T", help="The first instant. Default: 30 days before the last."
)
@click.option("--to", "end", metavar="T", help="The last instant. Default: that of the last act.")
@click.option("--every", default="1d", show_default=True, help="How far the instants lie apart.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the table.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the sizes as an SVG file.")
@json_option
@published_option
@with_project
def command(
    project: Project,
    name: str,
    start: str | None,
    end: str | None,
    every: str,
    csv_file: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """The size of the segment NAME at several instants, and who came and went between them.

    Entering and leaving are counted exactly: somebody who did both between two instants is in
    both counts. All is seen in hindsight.

    \b
    tailorbird size repeat_viewer --from 2011-11-01 --to 2011-12-01
    tailorbird size vip --every 1w --from 2011-01-03 --csv vip.csv --plot vip.svg
    """
    definitions = project.definitions.definitions
    definition = definitions.find("segment", name)
    last = moment_of(project, end)
    to_text = format_instant(last.at_us)
    from_text = format_instant(last.at_us - 30 * DAY) if start is None else start
    instants = instants_of(project, from_text, to_text, every)
    sizes = sizes_over(project.history, definitions, name, instants)
    absent = warn_absent_figures(project, definitions.closure({definition.key}), last)
    if csv_file is not None:
        _write_csv(csv_file, sizes)
    if plot is not None:
        title = f"{name}: size over time, entered and left"
        with new_file(plot) as stream:
            stream.write(size_plot(title, [Point(*size) for size in sizes]))
    if as_json:
        shown = [{**size._asdict(), "at": format_instant(size.at_us)} for size in sizes]
        for one in shown:
            del one["at_us"]
        emit_json({"segment": name, "every": every, "sizes": shown, "figures_absent": absent})
        return
    _print(sizes)
    for written in filter(None, (csv_file, plot)):
        say(f"wrote {written}")


def _write_csv(path: Path, sizes: Sequence[SizeAt]) -> None:
    with new_file(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("at", "size", "entered", "left"))
        for size in sizes:
            writer.writerow((format_instant(size.at_us), size.size, size.entered, size.left))


def _print(sizes: Sequence[SizeAt]) -> None:
    most = max(size.size for size in sizes)
    rows = [
        (
            format_instant(size.at_us),
            f"{size.size:,}",
            bar(size.size, most),
            f"+{size.entered:,}" if number else "",
            f"-{size.left:,}" if number else "",
        )
        for number, size in enumerate(sizes)
    ]
    table(("at", "size", "", "entered", "left"), rows, right=("size", "entered", "left"))


def bar(size: int, most: int) -> str:
    """A bar of at most 32 cells, drawn in eighths of a cell.

    >>> bar(4, 8), bar(0, 0), len(bar(8, 8))
    ('████████████████', '', 32)
    """
    eighths = size * 8 * _BAR_CELLS // most if most else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
