"""``tailorbird open``: the console of the running server, in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from urllib.parse import urlsplit

import click

from tailorbird.cli.elsewhere import told_elsewhere
from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, say
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.project import Project

_NO_SERVER = "no server runs on this project; `tailorbird serve` starts one, and prints a link"


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Print the link, open nothing.")
@click.option(
    "--url", metavar="URL", help="How your browser reaches the server, if a proxy is before it."
)
@json_option
@with_project
def command(project: Project, only_print: bool, url: str | None, as_json: bool) -> None:
    """Open the console of the running server, signed in.

    A link is made that is good once and for ten minutes. Where there is no display it is printed,
    to be opened in a browser that reaches the server.

    \b
    tailorbird open
    tailorbird open --print --url https://tailorbird.example
    """
    link = _at(_link(project), url)
    if as_json:
        emit_json({"link": link, "minutes": limits.SIGN_IN_MINUTES})
    elif only_print or not _has_display() or not webbrowser.open(link):
        say(link)
    else:
        say("the console opens in your browser")


def _link(project: Project) -> str:
    if project.console_link is not None:
        return project.console_link()
    folder = str(project.folder.resolve())
    told = told_elsewhere(["open", "--print", "--project", folder])
    if told is None:
        raise InputError(_NO_SERVER)
    return told.strip()


def _at(link: str, url: str | None) -> str:
    """The link as it is where a proxy stands before the server."""
    if url is None:
        return link
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise InputError(f"{url!r} is no address such as https://tailorbird.example")
    return url.rstrip("/") + "/console" + link.partition("/console")[2]


def _has_display() -> bool:
    has_one = sys.platform in ("darwin", "win32")
    return has_one or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
