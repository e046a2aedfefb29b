"""Where a server listens: refused where that is not safe, and taken before anything begins."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from tailorbird.kernel.errors import InputError

_HERE_NOT: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""A name such as localhost stands for addresses of which a machine may have only some."""


class Tls(NamedTuple):
    """Files in the form of PEM."""

    certificate: Path
    key: Path


class Listening(NamedTuple):
    """Addresses that are this process's now; nobody is heard before a server uses them."""

    url: str
    local_url: str
    """The same for a browser on this machine: no address stands for all of them there."""
    sockets: list[socket.socket]
    options: Mapping[str, Any]
    """What the HTTP server is told of them."""

    def console_link(self, token: str) -> str:
        """The address that signs a browser in.

        What stands behind ``#`` is sent to no server, so no proxy on the way writes it down.
        """
        return f"{self.local_url}/console/enter#{token}"


def take_address(host: str, port: int, tls: Tls | None, *, proxied: bool) -> Listening:
    """Take an address; raises `InputError` where it is not safe, not there or taken."""
    if tls is None and not proxied and not _is_local(host):
        raise InputError(
            f"{host} can be reached by others, and without TLS they could read keys and people's "
            "data on the way: give --tls-cert and --tls-key, or say --behind-proxy if a proxy "
            "does TLS"
        )
    options: dict[str, Any] = {"proxy_headers": proxied}
    if tls is not None:
        _check(tls)
        options |= {"ssl_certfile": str(tls.certificate), "ssl_keyfile": str(tls.key)}
    sockets = _bound(host, port)
    scheme = "http" if tls is None else "https"
    at, here = (f"{scheme}://{_written(one)}:{port}" for one in (host, _here(host)))
    return Listening(at, here, sockets, options)


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _here(host: str) -> str:
    """What a machine calls itself that listens there: no browser can ask all addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(tls: Tls) -> None:
    for path in tls:
        if not path.is_file():
            raise InputError(f"there is no file {path}")

    def no_password() -> NoReturn:
        raise InputError(f"the key {tls.key} has a password; give one without")

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key, no_password)
    except (ssl.SSLError, OSError) as error:
        reason = "the key is of another certificate" if "MISMATCH" in str(error) else str(error)
        raise InputError(
            f"the certificate {tls.certificate} and the key {tls.key} cannot be used: {reason}; "
            "both have to be files in the form of PEM"
        ) from error


def _bound(host: str, port: int) -> list[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InputError(f"{host} is no address of this machine: {error.strerror}") from error
    taken: list[socket.socket] = []
    try:
        for family, address in {(one[0], one[4]): None for one in found}:
            try:
                taken.append(_socket(family, address))
            except OSError as error:
                if error.errno not in _HERE_NOT:
                    raise
        if not taken:
            raise InputError(f"{host} is no address of this machine")
    except BaseException as error:
        for one in taken:
            one.close()
        if isinstance(error, OSError):
            raise _refusal(host, port, error) from error
        raise
    return taken


def _socket(family: socket.AddressFamily, address: Any) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made


def _refusal(host: str, port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError(
            f"port {port} of {host} is taken by another program; end that one, or say another "
            "port: --port"
        )
    if error.errno == errno.EACCES:
        return InputError(
            f"this user may not listen on port {port}; say another one, 1024 or higher, with "
            "--port, and let a proxy listen on that"
        )
    reason = os.strerror(error.errno) if error.errno else str(error)
    return InputError(f"port {port} of {host} cannot be listened on: {reason}")
