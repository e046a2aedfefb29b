"""The console: the page that `make front` builds, and signing in to it and out.

Where somebody is in the page stands behind ``#`` and is not sent here, so no identifier of a person
is in an address that is written down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from tailorbird.kernel import limits
from tailorbird.kernel.instants import format_instant
from tailorbird.server.answers import Answer, Header, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.assets import CONSOLE, NOT_BUILT, BuiltFiles
from tailorbird.server.cookies import session_in, set_cookie
from tailorbird.server.parameters import Parameter, text
from tailorbird.server.sign_in import SignIn
from tailorbird.server.table import Route, answers

_HTML: Final = "text/html; charset=utf-8"
_NONCE_BYTES: Final = 16
_PART: Final = text("name", "The name of the file.", place="path", example="index-1a2b3c4d.js")
_TOKEN: Final = text("token", "What the link says; only the page looks at it, better behind `#`.")
_PATH: Final = "/console/session"
_USED: Final = (
    "this link was used before, or is too old; `tailorbird open` in the project's folder makes "
    "another"
)


def _guards(number: str) -> tuple[Header, ...]:
    """The page may load from this server alone, in no other page, and tells nobody about itself."""
    policy = (
        f"default-src 'self'; style-src 'self' 'nonce-{number}'; base-uri 'none'; "
        "form-action 'none'; object-src 'none'; frame-ancestors 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"cache-control", b"no-store"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
    )


class LinkUsed(Struct, forbid_unknown_fields=True):
    """What a one-time link says."""

    token: str


class SignedIn(Struct):
    """Whether the browser that asks is signed in."""

    signed_in: bool
    until: str | None = None


def _page(path: str, name: str, says: str, *parameters: Parameter) -> Route:
    return Route(
        "GET",
        path,
        name,
        says,
        None,
        group="console",
        parameters=parameters,
        kind=_HTML,
        faults=(404,),
    )


class Console:
    """The page, and the routes by which a browser is signed in, with a link instead of a key."""

    def __init__(
        self, sign_in: SignIn, files: BuiltFiles, random_bytes: Callable[[int], bytes]
    ) -> None:
        """``random_bytes`` makes the number that lets a page have styles of its own."""
        self._sign_in = sign_in
        self._files = files
        self._random_bytes = random_bytes

    @answers(
        _page("/console/", "read_console", "The console: watch events arrive, look at people."),
        _page("/console/enter", "enter_console", "Where a one-time link leads.", _TOKEN),
    )
    async def page(self, _: Asked) -> Answer:
        """The page, which is the same everywhere; its own script finds out where it is."""
        found = self._files.plain(CONSOLE)
        if found is None:
            raise RefusedError(404, f"the console was {NOT_BUILT}")
        number = self._random_bytes(_NONCE_BYTES).hex()
        said = found.replace(b"__NONCE__", number.encode())
        return Answer(200, said, kind=_HTML, more=_guards(number))

    @answers(
        Route(
            "GET",
            "/console",
            "find_console",
            "Leads to `/console/`.",
            None,
            group="console",
            kind=_HTML,
        )
    )
    async def find(self, _: Asked) -> Answer:
        """Whoever leaves out the last slash."""
        return Answer(308, b"", kind=_HTML, more=((b"location", b"/console/"),))

    @answers(
        Route(
            "GET",
            "/console/assets/{name}",
            "read_console_part",
            "A file of the console.",
            None,
            group="console",
            parameters=(_PART,),
            kind="text/javascript; charset=utf-8",
            faults=(404,),
        )
    )
    async def part(self, asked: Asked) -> Answer:
        """A script, a style or a picture of it."""
        found = self._files.answer(asked, f"console/assets/{asked.path['name']}")
        if found is None:
            raise RefusedError(404, "the console has no such file; load its page again")
        return found

    @answers(
        Route(
            "GET",
            _PATH,
            "read_session",
            "Say whether this browser is signed in to the console.",
            None,
            group="console",
            for_console=True,
            gives=SignedIn,
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """Whether it is, and until when."""
        found = self._sign_in.find(session_in(asked.scope, asked.headers))
        if found is None:
            return Answer(200, SignedIn(False))
        return Answer(200, SignedIn(True, format_instant(found.ends_us)))

    @answers(
        Route(
            "POST",
            _PATH,
            "sign_in",
            "Sign this browser in to the console by a one-time link of `tailorbird open`. The "
            "console's page does this.",
            None,
            group="console",
            takes=LinkUsed,
            gives=SignedIn,
            faults=(401, 413),
            for_console=True,
            example='{"token": "0000"}',
        )
    )
    async def enter(self, asked: Asked) -> Answer:
        """A session for a link, which is not good any more then."""
        headers = asked.headers
        wanted = await asked.read(LinkUsed, limits.TICKET_BODY_BYTES)
        session = self._sign_in.enter(wanted.token)
        found = self._sign_in.find(session)
        if session is None or found is None:
            raise RefusedError(401, _USED)
        self._sign_in.leave(session_in(asked.scope, headers))
        cookie = set_cookie(asked.scope, session)
        return Answer(200, SignedIn(True, format_instant(found.ends_us)), more=(cookie,))

    @answers(
        Route(
            "DELETE",
            _PATH,
            "sign_out",
            "Sign this browser out of the console.",
            None,
            group="console",
            gives=SignedIn,
            for_console=True,
        )
    )
    async def leave(self, asked: Asked) -> Answer:
        """The session is over."""
        headers = asked.headers
        self._sign_in.leave(session_in(asked.scope, headers))
        return Answer(200, SignedIn(False), more=(set_cookie(asked.scope, ""),))
