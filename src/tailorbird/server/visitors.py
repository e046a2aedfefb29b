"""A visitor's id in a cookie of the server: scripts cannot see it, and browsers keep it for longer.

Some browsers let go of what scripts store after days. A page of a listed site may leave its
visitor's id here, and is told it again when it has lost it. Nobody else is: a page of another site
is refused before the cookie is looked at or set.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, unquote

from msgspec import Struct

from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.kernel import limits
from tailorbird.server.answers import Answer, Header, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.auth import KeyCheck
from tailorbird.server.origins import Origins, cors
from tailorbird.server.table import Route, answers

PATH: Final = "/v1/visitor"
COOKIE: Final = "tb_visitor"
SECONDS: Final = 34_560_000
"""400 days, the longest that browsers keep a cookie."""


class VisitorHad(Struct, forbid_unknown_fields=True, rename="camel"):
    """What a page knows of its visitor."""

    anonymous_id: str = ""
    """Her id, where the page has one: kept unless another is kept already."""
    replace: bool = False
    """Keep the page's id whatever is kept: somebody else may be there now."""
    forget: bool = False
    """Let go of what is kept: she does not want it."""
    write_key: str = ""
    """The key, for pages that send it in no header."""


class VisitorKept(Struct, rename="camel"):
    """Who the visitor is."""

    anonymous_id: str
    """Empty where nobody is kept."""


class Visitors:
    """The route that keeps visitors' ids."""

    def __init__(self, origins: Origins, keys: KeyCheck, identifiers: Identifiers = USUAL) -> None:
        self._origins, self._keys, self._identifiers = origins, keys, identifiers

    @answers(
        Route(
            "POST",
            PATH,
            "keep_visitor",
            "Keep the id of a page's visitor in a cookie that scripts cannot see, and tell it "
            "when the page has lost it.",
            "write",
            group="events",
            takes=VisitorHad,
            gives=VisitorKept,
            faults=(413,),
            for_pages=True,
            key_inside=True,
            example='{"anonymousId": "v1"}',
        )
    )
    async def keep(self, asked: Asked) -> Answer:
        """Keep, tell, replace or forget a visitor."""
        headers = asked.headers
        had = await asked.read(VisitorHad, limits.TICKET_BODY_BYTES)
        if asked.key is None:
            self._keys.admitted(had.write_key, "write")
        origin = self._origins.of(headers)
        is_secure = asked.scope.get("scheme") == "https"
        if had.forget:
            return _answer(origin, "", _cookie("", 0, is_secure=is_secure))
        given = self._checked(had.anonymous_id)
        kept = "" if had.replace else self._kept(headers.get(b"cookie", b""))
        who = kept or given
        return _answer(origin, who, _cookie(who, SECONDS, is_secure=is_secure) if who else None)

    def _checked(self, given: str) -> str:
        if len(given) > limits.VISITOR_CHARACTERS:
            raise RefusedError(
                400, f"anonymousId has at most {limits.VISITOR_CHARACTERS} characters"
            )
        if given and self._identifiers.read(given) is None:
            raise RefusedError(400, f"anonymousId {given[:40]!r} identifies nobody; leave it out")
        return given

    def _kept(self, cookies: bytes) -> str:
        """The id in the cookie; empty where there is none that can be one."""
        try:
            found = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
        except CookieError:
            return ""
        text = "" if found is None else unquote(found.value)
        is_good = len(text) <= limits.VISITOR_CHARACTERS and self._identifiers.read(text)
        return text if is_good else ""


def _cookie(value: str, seconds: int, *, is_secure: bool) -> Header:
    parts = [f"{COOKIE}={quote(value, safe='')}", f"Path={PATH}", f"Max-Age={seconds}"]
    parts += ["HttpOnly", "SameSite=Lax", *(["Secure"] if is_secure else [])]
    return (b"set-cookie", "; ".join(parts).encode())


def _answer(origin: str | None, who: str, cookie: Header | None) -> Answer:
    """Readable by the page that asked alone, with its cookies."""
    more: list[Header] = [
        *cors(origin),
        (b"access-control-allow-credentials", b"true"),
        (b"cache-control", b"no-store"),
    ]
    if cookie is not None:
        more.append(cookie)
    return Answer(200, VisitorKept(who), for_pages=False, more=tuple(more))
