"""``tailorbird serve``: take events in and answer about people."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tailorbird.cli.options import with_project
from tailorbird.cli.output import say
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.runtimes.listening import Tls, take_address
from tailorbird.runtimes.project import Project


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Where to listen. Default: the setting host.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Default: the setting port.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="A certificate, as PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key, as PEM.")
@click.option("--behind-proxy", is_flag=True, help="A proxy before it does TLS.")
@with_project
def command(
    project: Project,
    host: str | None,
    port: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
) -> None:
    """Take events in over HTTP, keep everybody's answers current, tell them. Ends with Ctrl-C.

    Other commands go on working meanwhile. Without anything said it listens on this machine alone.

    \b
    tailorbird serve
    tailorbird serve --host 0.0.0.0 --port 8443 --tls-cert cert.pem --tls-key key.pem
    """
    from tailorbird.runtimes.front import Front
    from tailorbird.runtimes.log_lines import begin_logging
    from tailorbird.runtimes.routes import routes_of

    settings = project.settings
    listening = take_address(
        host or settings.host,
        port or settings.port,
        _tls(tls_cert, tls_key),
        proxied=behind_proxy or settings.behind_proxy,
    )
    begin_logging(settings.log_level, settings.log_form, sys.stderr)
    worker = [sys.executable, "-m", "tailorbird.cli.worker", str(project.folder.resolve())]

    def listens(link: str) -> None:
        say(f"listening on {listening.url}")
        say(f"console, once and within {limits.SIGN_IN_MINUTES} minutes: {link}")
        sys.stdout.flush()

    front = Front(project, worker, listening, lambda serving: routes_of(serving, project))
    front.run(listens)


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InputError("TLS takes both: --tls-cert and --tls-key")
    return Tls(certificate, key)
