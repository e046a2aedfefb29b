"""The whole application: finds the route of a request and checks all that the table says of it."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from tailorbird.flow.turned_away import TurnedAway
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.errors import nearest
from tailorbird.server.answers import (
    WHOLE,
    Answer,
    Fault,
    Header,
    Message,
    Receive,
    RefusedError,
    Scope,
    Send,
    Whole,
    encoded,
    is_known,
    reply,
    tag_of,
)
from tailorbird.server.asked import Asked, Bodies, GoneError, TooManyError, TooSlowError
from tailorbird.server.auth import KeyCheck, key_in_headers
from tailorbird.server.cookies import NOT_OWN, is_of_own_page, session_in
from tailorbird.server.parameters import read_path, read_query
from tailorbird.server.sign_in import SignIn
from tailorbird.server.table import Route, Run, bound
from tailorbird.server.websocket import refuse

CORS: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-expose-headers", b"retry-after"),
    (b"access-control-max-age", b"86400"),
)
_HEADERS: Final = b"authorization, content-type, x-write-key"
_ANY_ORIGIN: Final[Header] = (b"access-control-allow-origin", b"*")
_FOR_ALL: Final = (_ANY_ORIGIN, *CORS, (b"access-control-allow-headers", _HEADERS))
_NAMES: Final = re.compile(rb"[A-Za-z0-9_, -]{1,1000}")
_KEPT: Final[tuple[Header, ...]] = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"authorization, cookie"),
)
_AWAY: Final = frozenset({401, 403, 408, 429, 503})
"""Whoever is answered with one of these was turned away, whatever was sent."""
_PATH_CHARACTERS: Final = 200
"""Of a longer path no near one is looked for."""

_logger = logging.getLogger("tailorbird.server")

_Request = tuple[Scope, Receive, Send, Whole | None]
Caller = tuple[ApiKey | None, Callable[[], bool]]
"""As whom somebody asks, and what tells whether she still may."""


class _Methods(dict[str, tuple[Route, Run]]):
    """By the method of HTTP, what answers at one path."""

    for_pages = False
    """Whether pages of other sites may ask there."""


class Router:
    """Answers every request that the parts of a server have a route for."""

    def __init__(
        self,
        parts: Iterable[object],
        keys: KeyCheck,
        answers: Counter[int] | None = None,
        sign_in: SignIn | None = None,
        turned_away: TurnedAway | None = None,
    ) -> None:
        """``answers`` counts, by status, whatever is answered at once.

        ``sign_in`` knows the browsers that may ask without a key. ``turned_away`` is told of events
        that were not even looked at.
        """
        self._turned_away = turned_away
        self._keys = keys
        self._sign_in = sign_in
        self._answers: Counter[int] = Counter() if answers is None else answers
        self._events, self._questions = Bodies(), Bodies()
        """Apart: whoever may only send events shall not keep others from asking."""
        self._plain: dict[str, _Methods] = {}
        self._patterns: list[tuple[list[str], _Methods]] = []
        for part in parts:
            for route, run in bound(part):
                self._add(route, run)

    def _add(self, route: Route, run: Run) -> None:
        if "{" not in route.path:
            methods = self._plain.setdefault(route.path, _Methods())
        else:
            pattern = route.path.split("/")
            known = (told for one, told in self._patterns if one == pattern)
            methods = next(known, _Methods())
            if not methods:
                self._patterns.append((pattern, methods))
        for method in route.methods:
            assert method not in methods, f"two routes are {method} {route.path}"
            methods[method] = route, run
        methods.for_pages |= route.for_pages

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
            return
        methods, path = self._found(scope)
        headers, whole = dict(scope["headers"]), scope.pop(WHOLE, None)
        request = scope, receive, send, whole
        try:
            answer = await self._answer(methods, path, headers, request)
        except GoneError:
            return
        if answer is not None:
            self._answers[answer.status] += 1
            if answer.status in _AWAY:
                self._note_turned_away(scope["method"], methods, answer)
            more = _cors(headers) if methods.for_pages and answer.for_pages else ()
            await reply(send, answer, more, head=scope["method"] == "HEAD", whole=whole)

    def _note_turned_away(self, method: str, methods: _Methods, answer: Answer) -> None:
        route = methods[method][0] if method in methods else None
        if self._turned_away is None or route is None or not isinstance(answer.said, Fault):
            return
        if route.needs == "write" and route.group == "events":
            self._turned_away.note(route.path, answer.status, answer.said.error)

    def _found(self, scope: Scope) -> tuple[_Methods, dict[str, str]]:
        """What answers at the path of a request, by method, and the parts of it that have names."""
        methods = self._plain.get(scope["path"]) or self._at_the_same(scope["path"])
        if methods is not None:
            return methods, {}
        raw = scope.get("raw_path") or scope["path"].encode()
        parts = raw.decode("latin-1").split("/")
        for pattern, methods in self._patterns:
            if len(pattern) == len(parts) and all(
                known == part or (known[:1] == "{" and part)
                for known, part in zip(pattern, parts, strict=True)
            ):
                named = zip(pattern, parts, strict=True)
                return methods, {k[1:-1]: part for k, part in named if k[:1] == "{"}
        return _Methods(), {}

    def _at_the_same(self, path: str) -> _Methods | None:
        """What kits reach that write a slash at the end of an address, as some do."""
        known = self._plain.get(path.rstrip("/")) if path.endswith("/") else None
        if known is None:
            return None
        methods = _Methods({k: v for k, v in known.items() if v[0].for_pages})
        methods.for_pages = True
        return methods or None

    async def _answer(
        self,
        methods: _Methods,
        path: dict[str, str],
        headers: dict[bytes, bytes],
        request: _Request,
    ) -> Answer | None:
        scope = request[0]
        try:
            if not methods:
                raise RefusedError(404, self._nothing_at(scope["path"]))
            if scope["method"] not in methods:
                return _other_method(scope["method"], methods)
            route, run = methods[scope["method"]]
            answer = await run(self._asked(route, path, headers, request))
        except RefusedError as refused:
            return refused.answer
        except TooManyError:
            return RefusedError(429, "too much is being sent; come again", retry_after_s=1).answer
        except TooSlowError:
            return RefusedError(408, "the body came too slowly; send it again").answer
        except GoneError:
            raise
        except Exception:
            path_only = next(iter(methods.values()))[0].path
            _logger.exception("a request failed", extra={"said": {"route": path_only}})
            return RefusedError(500, "this should not happen; the server's log has more").answer
        if answer is None or answer.status != 200 or "HEAD" not in route.methods:
            return answer
        return _if_new(answer, headers.get(b"if-none-match"))

    def _asked(
        self,
        route: Route,
        path: dict[str, str],
        headers: dict[bytes, bytes],
        request: _Request,
    ) -> Asked:
        scope, receive, send, whole = request
        key, is_good = self._caller(route, path, scope, headers)
        bodies = self._events if route.needs == "write" else self._questions
        asked = Asked(route, key, scope, receive, send, bodies, headers, whole, is_good)
        if route.parameters or not route.for_pages:
            asked.path = read_path(route.placed("path"), path)
            query = scope["query_string"]
            asked.query = read_query(route.placed("query"), query, lenient=route.for_pages)
        return asked

    def _caller(
        self, route: Route, path: dict[str, str], scope: Scope, headers: dict[bytes, bytes]
    ) -> Caller:
        """Who asks; nobody where nobody needs to say that, or the body has yet to."""
        needs = route.needs
        if route.for_console and route.method != "GET" and not is_of_own_page(scope, headers):
            raise RefusedError(403, NOT_OWN)
        if needs is None:
            return None, _always
        query = scope["query_string"] if route.for_pages else b""
        given = path.get("key") or key_in_headers(headers, query)
        if not given and route.key_inside:
            return None, _always
        if not given and (caller := self._signed_in(route, scope, headers)) is not None:
            return caller
        key = self._keys.admitted(given, needs)
        return key, lambda: self._keys.find(given, needs) is not None

    def _signed_in(self, route: Route, scope: Scope, headers: dict[bytes, bytes]) -> Caller | None:
        """The browser that asks, where it is signed in; pages of other sites never are.

        It may not send events, and what it changes has to come from a page of this server.
        """
        sign_in = self._sign_in
        if sign_in is None or route.for_pages or route.needs == "write":
            return None
        text = session_in(scope, headers)
        session = sign_in.find(text)
        if session is None:
            return None
        if route.method != "GET" and not is_of_own_page(scope, headers):
            raise RefusedError(403, NOT_OWN)
        return session.key, lambda: sign_in.find(text) is not None

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a route for WebSocket answer; anything else is refused before it is open."""
        methods, path = self._found(scope)
        try:
            if "WEBSOCKET" not in methods:
                raise RefusedError(404, "there is no WebSocket at this path")
            route, run = methods["WEBSOCKET"]
            headers = dict(scope["headers"])
            await run(self._asked(route, path, headers, (scope, receive, send, None)))
        except RefusedError as refused:
            self._answers[refused.answer.status] += 1
            await refuse(send, refused.answer)

    def _nothing_at(self, path: str) -> str:
        known = [*self._plain, *("/".join(pattern) for pattern, _ in self._patterns)]
        hint = nearest(path, known) if len(path) <= _PATH_CHARACTERS else ""
        between = "" if hint.endswith("?") else ";"
        return f"there is nothing at this path{hint}{between} /docs lists what there is"


def _cors(headers: dict[bytes, bytes]) -> tuple[Header, ...]:
    """A page of any site may send, with whatever headers its library sets, and its cookies.

    Nothing that the server answers there depends on a cookie: the key alone says who asks. What
    does, `visitors`, says itself which pages may read it.
    """
    asked = headers.get(b"access-control-request-headers", b"")
    origin = headers.get(b"origin")
    if origin is None and not asked:
        return _FOR_ALL
    allowed = (b"access-control-allow-headers", asked if _NAMES.fullmatch(asked) else _HEADERS)
    if origin is None:
        return (_ANY_ORIGIN, *CORS, allowed)
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
        *CORS,
        allowed,
    )


def _always() -> bool:
    return True


def _other_method(method: str, methods: _Methods) -> Answer:
    allowed = ", ".join(sorted({*methods, "OPTIONS"} - {"WEBSOCKET"}))
    more = ((b"allow", allowed.encode()),)
    if method == "OPTIONS":
        return Answer(200, {}, more=more)
    return RefusedError(405, f"this path takes {allowed}, not {method}", more=more).answer


def _if_new(answer: Answer, if_none_match: bytes | None) -> Answer:
    """The answer with its tag; without what it says for who has that already."""
    answer = answer._replace(said=encoded(answer.said))
    tag = answer.tag or tag_of(answer.said)
    kept = () if any(name == b"cache-control" for name, _ in answer.more) else _KEPT
    more = (*kept, (b"etag", tag.encode()), *answer.more)
    if if_none_match is not None and is_known(tag, if_none_match):
        return Answer(304, b"", for_pages=answer.for_pages, more=more)
    return answer._replace(more=more)
