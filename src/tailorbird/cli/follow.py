"""``tailorbird follow``: what keeps coming in a file or through a pipe, as it comes."""

from __future__ import annotations

import os
import select
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from tailorbird.cli import ERROR, HERE
from tailorbird.cli.elsewhere import run_elsewhere
from tailorbird.cli.importing import say_why
from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.events.ready_mappings import READY
from tailorbird.flow.imports import ImportReport
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.importing import Importing
from tailorbird.runtimes.project import Project

LOOK_S: Final = 0.5
"""After so long it is looked whether there is more."""
WAIT_S: Final = 1.0
"""So long lines of a pipe are collected before they are stored together."""
BATCH_BYTES: Final = 4 * 1024 * 1024
_STDIN: Final = "-"
_ENDS: Final = (signal.SIGINT, signal.SIGTERM)


@click.command("follow")
@click.argument("source")
@click.option(
    "--mapping",
    required=True,
    metavar="NAME_OR_FILE",
    help=f"How lines become facts: {', '.join(READY)}, or a file of your own.",
)
@click.option("--once", is_flag=True, help="End when all that is there was taken in.")
@click.option(
    "--origin",
    default="",
    metavar="TEXT",
    help="With --once: what ids of lines are made of instead of the file; it is read from its "
    "beginning then, and nothing of it is remembered.",
)
@json_option
@with_project
def command(
    project: Project, source: str, mapping: str, once: bool, origin: str, as_json: bool
) -> None:
    """Take in what is added to SOURCE, as it comes, until Ctrl-C; beside a server or without one.

    What was read when Ctrl-C (or SIGTERM) comes is stored first; a second one does not wait.

    SOURCE is a file to which lines are added (JSON lines, CloudEvents, an access log), also one
    that is rotated or cut meanwhile; a named pipe; `-` for standard input; or the address of
    another stream that a package reads. How far a file was read is remembered together with what
    was stored, so that each line counts once, whenever this is ended and begun again.

    \b
    tailorbird follow events.ndjson --mapping cloudevents
    tailorbird follow /var/log/nginx/access.log --mapping access-log
    """
    if once:
        importing = Importing(project)
        _tell(importing.follow(source, mapping, origin=origin), importing.rejects_path, as_json)
        return
    words = ["--mapping", mapping, "--project", str(project.folder)]
    words += ["--json"] if as_json else []
    with _ending() as ending:
        try:
            if source == _STDIN or _is_pipe(source):
                _follow_pipe(project, source, words, ending)
            else:
                _follow_stream(project, source, mapping, words, ending)
        except KeyboardInterrupt:
            return


class _Ending:
    """Whether an end was asked for; what was read by then is stored before it comes."""

    is_asked = False

    def on_interrupt(self, number: int, frame: FrameType | None) -> None:
        """Remember the first interrupt; the second one does not wait."""
        if self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True


@contextmanager
def _ending() -> Iterator[_Ending]:
    ending = _Ending()
    before = [(one, signal.signal(one, ending.on_interrupt)) for one in _ENDS]
    try:
        yield ending
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def _follow_stream(
    project: Project, source: str, mapping: str, words: list[str], ending: _Ending
) -> None:
    importing = Importing(project)
    is_told = "://" in source or Path(source).exists()
    while not ending.is_asked:
        if importing.has_more(source, mapping) and _step(source, words):
            raise click.exceptions.Exit(ERROR)
        if not is_told:  # after the first look, which finds what is wrong with the call itself
            click.echo(f"{source} is not there yet: waiting for it", err=True)
            is_told = True
        if not ending.is_asked:
            time.sleep(LOOK_S)


def _step(source: str, words: list[str]) -> int:
    """Take in once what is there, where the history is; gives the exit code."""
    from tailorbird.cli import main

    whole = ["follow", source, *words, "--once"]
    code = run_elsewhere(whole)
    if code is not None:
        return code
    try:
        main.main(args=whole, prog_name="tailorbird", obj=HERE)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _is_pipe(source: str) -> bool:
    try:
        return stat.S_ISFIFO(Path(source).stat().st_mode)
    except OSError:
        return False


def _follow_pipe(project: Project, source: str, words: list[str], ending: _Ending) -> None:
    """Store whole lines, some at a time; nobody can read a pipe twice, so each lies in a file."""
    begun_us = project.now_us()
    with _opened(source) as pipe:
        for number, lines in enumerate(_batches(pipe, ending)):
            with tempfile.NamedTemporaryFile(prefix="tailorbird-", delete=False) as kept:
                kept.write(lines)
            origin = f"pipe:{begun_us}:{number}"
            if _step(kept.name, [*words, "--origin", origin]):
                raise InputError(f"what was read last and is not stored lies in {kept.name}")
            Path(kept.name).unlink()


@contextmanager
def _opened(source: str) -> Iterator[int]:
    if source == _STDIN:
        yield sys.stdin.fileno()
        return
    # Open for writing too, so that it does not end when whoever writes goes away.
    handle = os.open(source, os.O_RDWR)
    try:
        yield handle
    finally:
        os.close(handle)


def _batches(pipe: int, ending: _Ending) -> Iterator[bytes]:
    """Whole lines, as many as come within a second."""
    held, is_over = b"", False
    while not is_over:
        is_last = ending.is_asked  # read now: what came before it was asked is looked for once more
        end_s = time.monotonic() + (0 if is_last else WAIT_S)
        while len(held) < BATCH_BYTES and not is_over:
            ready, _, _ = select.select([pipe], [], [], max(end_s - time.monotonic(), 0))
            if not ready:
                break
            block = os.read(pipe, BATCH_BYTES)
            is_over = not block
            held += block
        is_over = is_over or is_last
        if is_over and held:
            yield held.removesuffix(b"\n") + b"\n"
            return
        whole, feed, rest = held.rpartition(b"\n")
        if feed:
            held = rest
            yield whole + b"\n"


def _tell(report: ImportReport, rejects: Path | None, as_json: bool) -> None:
    rejects = rejects if report.rejected else None
    if as_json:
        emit_json(report._asdict() | {"rejects_file": None if rejects is None else str(rejects)})
        return
    known = f", {report.duplicates:,} known before" if report.duplicates else ""
    say(f"{amount(report.accepted, 'new fact')} of {amount(report.rows, 'line')}{known}")
    if rejects is not None:
        say_why(report, rejects)
