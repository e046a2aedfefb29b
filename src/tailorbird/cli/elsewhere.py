"""While a server runs on a project, commands about it run in the server's history process."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

FILE: Final = "tailorbird.yaml"
SOCKET: Final = "server.sock"


def run_elsewhere(words: Sequence[str]) -> int | None:
    """The exit code of the command, run by the project's server; None when there is none.

    This is called before every command and loads nothing unless a socket is there.
    """
    path = _path(words)
    if path is None:
        return None
    try:
        files = [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)]
    except (OSError, ValueError, AttributeError):
        return None  # its streams are no files and cannot be handed over
    return _run(path, words, files)


def told_elsewhere(words: Sequence[str]) -> str | None:
    """What the command prints, run by the project's server; None when there is none.

    Raises `GoneError` when it could not be run there.
    """
    from tailorbird.edges.local_socket import GoneError

    path = _path(words)
    if path is None:
        return None
    with tempfile.TemporaryFile() as told, Path(os.devnull).open("r+b") as nothing:
        code = _run(path, words, [nothing.fileno(), told.fileno(), nothing.fileno()])
        if code:
            raise GoneError
        told.seek(0)
        return None if code is None else told.read().decode(sys.stdout.encoding or "utf-8")


def _path(words: Sequence[str]) -> Path | None:
    """The socket of the project that the words are about."""
    folder = _folder(words)
    path = None if folder is None else _socket(folder)
    return path if path is not None and path.exists() else None


def _run(path: Path, words: Sequence[str], files: Sequence[int]) -> int | None:
    from tailorbird.edges.local_socket import GoneError, connect, receive, send
    from tailorbird.edges.places import seen_from

    link = connect(path)
    if link is None:
        return None  # left behind by a server that was killed
    environment = {n: v for n, v in os.environ.items() if n in ("NO_COLOR", "TERM")}
    environment |= _asked_for(words)
    environment["COLUMNS"] = str(shutil.get_terminal_size((160, 24)).columns)
    sys.stdout.flush()
    here = Path.cwd()
    request = [
        list(words),
        str(here),
        seen_from(here, words),
        environment,
        sys.stdout.encoding,
    ]
    with link:
        try:
            send(link, request, files)
            return int(receive(link))
        except GoneError:
            sys.stderr.write("error: the server's history process has ended; try again\n")
            return 2


def _asked_for(words: Sequence[str]) -> dict[str, str]:
    """Variables that addresses of databases on the command line ask for."""
    if not any("${" in word for word in words):
        return {}
    from tailorbird.events.addresses import variables_in

    names = [name for word in words for name in variables_in(word)]
    return {name: os.environ[name] for name in names if name in os.environ}


def _folder(words: Sequence[str]) -> Path | None:
    """The project that the words are about."""
    start = Path.cwd()
    for place, word in enumerate(words):
        if word == "--":
            break
        if word == "--project" and place + 1 < len(words):
            start = start / words[place + 1]
        elif word.startswith("--project="):
            start = start / word.removeprefix("--project=")
    here = start.resolve()
    return next((f for f in (here, *here.parents) if (f / FILE).is_file()), None)


def _socket(folder: Path) -> Path | None:
    data = os.environ.get("TAILORBIRD_DATA")
    if data is None and "data:" not in (folder / FILE).read_text(
        encoding="utf-8", errors="replace"
    ):
        data = "data"
    if data is None:
        from tailorbird.kernel.errors import TailorbirdError
        from tailorbird.runtimes.settings import read_settings

        try:
            data = str(read_settings(folder / FILE).data)
        except TailorbirdError:
            return None  # the command itself tells what is wrong with the settings
    return folder / data / SOCKET
