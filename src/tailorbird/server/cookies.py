"""The cookie of a signed-in browser, and whether a request comes from a page of this server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tailorbird.kernel import limits
from tailorbird.server.answers import Header, Scope

NOT_OWN: Final = (
    "a signed-in browser may ask for this only from the console's own page; a proxy before the "
    "server has to pass on the header Host as it came"
)
_NAME: Final = "tailorbird"


def is_secure(scope: Scope) -> bool:
    """Whether the browser speaks TLS, with this server or with the proxy before it."""
    return bool(scope.get("scheme") in ("https", "wss"))


def cookie_name(scope: Scope) -> str:
    """The cookie's name: browsers send those of one host to all of its ports.

    >>> cookie_name({"server": ("127.0.0.1", 8080)}), cookie_name({"scheme": "https"})
    ('tailorbird_8080', '__Host-tailorbird')
    """
    server = scope.get("server")
    of = f"_{server[1]}" if server else ""
    return f"{'__Host-' if is_secure(scope) else ''}{_NAME}{of}"


def session_in(scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
    """The text of the session that a browser sends."""
    name = cookie_name(scope)
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None


def set_cookie(scope: Scope, session: str) -> Header:
    """The header that gives a browser its session; an empty one takes it away.

    No script can read it, and no page of another site has it sent along.
    """
    age_s = limits.SESSION_HOURS * 3_600 if session else 0
    secure = "; Secure" if is_secure(scope) else ""
    said = (
        f"{cookie_name(scope)}={session}; Path=/; Max-Age={age_s}; HttpOnly; "
        f"SameSite=Strict{secure}"
    )
    return b"set-cookie", said.encode()


def is_of_own_page(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page of this very server asks, as far as the browser says.

    Scripts cannot set these headers. The second one helps where a proxy changes ``Host``.

    >>> own = {b"host": b"127.0.0.1:8080", b"origin": b"http://127.0.0.1:8080"}
    >>> is_of_own_page({}, own), is_of_own_page({}, {**own, b"origin": b"http://127.0.0.1:3000"})
    (True, False)
    """
    origin = headers.get(b"origin")
    if origin is None:
        return False
    scheme = b"https" if is_secure(scope) else b"http"
    is_same = origin == scheme + b"://" + headers.get(b"host", b"")
    return is_same or headers.get(b"sec-fetch-site") == b"same-origin"
