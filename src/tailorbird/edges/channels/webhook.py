"""Messages over HTTP to addresses of other systems, signed.

A name is resolved once, its addresses are looked at, and the connection goes to one of those: what
the name leads to a moment later does not matter. Redirects are not followed. Certificates are
checked against the name. Of an answer only the status and ``Retry-After`` are read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore2 as httpcore

from tailorbird.delivery.addresses import Network, is_allowed, is_within
from tailorbird.delivery.endpoints import Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import Outcome, retry_after_us
from tailorbird.delivery.signing import headers
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND
from tailorbird.version import VERSION

TIMEOUT_S: Final = 20.0
"""For all of one try, from the name to the end of the answer."""
CONNECT_S: Final = 10.0
KEEP_S: Final = 30.0
"""How long a connection waits for another message."""


class RefusedAddressError(Exception):
    """The name leads to an address that messages may not go to; it says which and why."""


class _GuardedNetwork(httpcore.AnyIOBackend):
    """Connects to addresses that were looked at, never to a name."""

    def __init__(self, allowed: Sequence[Network], *, is_plain: bool) -> None:
        """``is_plain``: without encryption, which goes to allowed networks alone."""
        super().__init__()
        self._allowed = allowed
        self._is_plain = is_plain

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that answers, if all of them may be asked."""
        for address in await self._addresses(host, port):
            try:
                return await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last: Exception = error
        raise last

    async def _addresses(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._is_plain and not all(is_within(one, self._allowed) for one in addresses):
            raise RefusedAddressError(
                "without https messages go only to networks in the setting webhook_networks"
            )
        if not all(is_allowed(one, self._allowed) for one in addresses):
            raise RefusedAddressError(
                "its address is not public, nor of a network in the setting webhook_networks"
            )
        return addresses


def guarded_network(allowed: Sequence[Network] = ()) -> httpcore.AsyncNetworkBackend:
    """Connects with encryption, to public addresses and networks of the operator's own."""
    return _GuardedNetwork(allowed, is_plain=False)


class WebhookChannel:
    """Sends each message as a POST to its endpoint's URL; belongs to one event loop."""

    def __init__(
        self,
        now_us: Callable[[], int],
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """``allowed``: networks of the operator's own that messages may go to, also without TLS."""
        self._now_us = now_us
        self._timeout_s = timeout_s
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=tls,
                max_connections=limits.ENDPOINTS * limits.ENDPOINT_SENDS,
                max_keepalive_connections=limits.ENDPOINTS,
                keepalive_expiry=KEEP_S,
                network_backend=_GuardedNetwork(allowed, is_plain=scheme == "http"),
            )
            for scheme in ("https", "http")
        }

    async def close(self) -> None:
        """End all connections."""
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, endpoint: Endpoint, secrets: Sequence[bytes], message: Message) -> Outcome:
        """Try once; whatever goes wrong is in the outcome."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(endpoint, secrets, message)
        except TimeoutError:
            return Outcome(None, f"no answer within {self._timeout_s:g} s")
        except RefusedAddressError as error:
            return Outcome(None, str(error))
        except socket.gaierror:
            return Outcome(None, "the name cannot be resolved")
        except httpcore.ConnectError as error:
            return Outcome(None, _why(error, "it cannot be connected to"))
        except httpcore.TimeoutException:
            return Outcome(None, "no connection in time")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Outcome(None, "the connection ended without an answer in HTTP")

    async def _post(
        self, endpoint: Endpoint, secrets: Sequence[bytes], message: Message
    ) -> Outcome:
        now_us, parts = self._now_us(), urlsplit(endpoint.url)
        request: dict[bytes | str, bytes | str] = {
            "host": parts.netloc,
            "content-type": "application/json",
            "user-agent": f"Tailorbird/{VERSION}",
            **dict(headers(secrets, message.id, now_us // SECOND, message.body)),
        }
        async with self._pools[parts.scheme].stream(
            "POST",
            endpoint.url,
            headers=request,
            content=message.body,
            extensions={"timeout": {"connect": CONNECT_S, "pool": self._timeout_s}},
        ) as answer:
            told = {name.lower(): value for name, value in answer.headers}.get(b"retry-after")
            await _read(answer)
            return Outcome(
                answer.status,
                f"answered {answer.status}",
                retry_after_us(None if told is None else told.decode("latin-1"), self._now_us()),
            )


async def _read(answer: httpcore.Response) -> None:
    """Read the answer's end, so that the connection can be used again; a long one is cut off."""
    size = 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > limits.ANSWER_BYTES:
            return


def _why(error: Exception, otherwise: str) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "TLS failed"
        if isinstance(cause, ConnectionRefusedError):
            return "it refuses connections"
        cause = cause.__cause__ or cause.__context__
    return otherwise
