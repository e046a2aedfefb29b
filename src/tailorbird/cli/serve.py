"""``tailorbird serve``: the server."""

from __future__ import annotations

from pathlib import Path

import click

from tailorbird.cli.options import with_project
from tailorbird.cli.output import remark
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.project import Project


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port."
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A certificate with its chain, in PEM form.",
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The certificate's key, in PEM form.",
)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="A proxy in front speaks TLS: listen on a public address without it.",
)
@with_project
def command(
    project: Project,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
) -> None:
    """Take events over HTTP and keep everybody's profile up to date.

    Segments, scores and personas are those of the newest published version. Commands that only
    ask work while the server runs; those that write have to wait until it has ended.

    \b
    tailorbird publish
    tailorbird serve
    """
    from tailorbird.runtimes.front import is_public, serve

    if (tls_cert is None) != (tls_key is None):
        raise InputError("--tls-cert and --tls-key go together")
    tls = None if tls_cert is None or tls_key is None else (tls_cert, tls_key)
    if is_public(host) and tls is None and not behind_proxy:
        raise InputError(
            f"{host} can be reached from elsewhere, and keys would travel in the clear: give "
            "--tls-cert and --tls-key, or say --behind-proxy when a proxy in front speaks TLS"
        )
    if project.registry.newest() is None:
        remark("nothing is published yet: events are kept, but nobody is in a segment")
    serve(project, host, port, tls)
