"""``tailorbird serve``: take events in and answer about people."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import Any

import click

from tailorbird.cli.options import with_project
from tailorbird.cli.output import say
from tailorbird.kernel.errors import InputError
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
    host, port = host or settings.host, port or settings.port
    proxied = behind_proxy or settings.behind_proxy
    options = _options(host, port, (tls_cert, tls_key), proxied=proxied)
    begin_logging(settings.log_level, settings.log_form, sys.stderr)
    worker = [sys.executable, "-m", "tailorbird.cli.worker", str(project.folder.resolve())]
    say(f"listening on {'https' if tls_cert else 'http'}://{host}:{port}")
    sys.stdout.flush()
    Front(project, worker, options, lambda serving: routes_of(serving, project)).run()


def _options(
    host: str, port: int, tls: tuple[Path | None, Path | None], *, proxied: bool
) -> dict[str, Any]:
    """What the HTTP server is told; raises `InputError` when that would not be safe."""
    certificate, key = tls
    if (certificate is None) != (key is None):
        raise InputError("TLS takes both: --tls-cert and --tls-key")
    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise InputError(f"there is no file {path}")
    if certificate is None and not proxied and not _is_local(host):
        raise InputError(
            f"{host} can be reached by others, and without TLS they could read keys and people's "
            "data on the way: give --tls-cert and --tls-key, or say --behind-proxy if a proxy "
            "does TLS"
        )
    options: dict[str, Any] = {"host": host, "port": port, "proxy_headers": proxied}
    if certificate is not None:
        options |= {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    return options


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
