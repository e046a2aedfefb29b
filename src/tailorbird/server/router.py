"""The whole application: finds the route of a request and checks all that the table says of it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.errors import nearest
from tailorbird.server.answers import (
    Answer,
    Header,
    Message,
    Receive,
    RefusedError,
    Scope,
    Send,
    encoded,
    is_known,
    reply,
    tag_of,
)
from tailorbird.server.asked import Asked, Bodies, GoneError, TooManyError, TooSlowError
from tailorbird.server.auth import KeyCheck, key_in_headers
from tailorbird.server.parameters import read_path, read_query
from tailorbird.server.table import Route, Run, bound
from tailorbird.server.websocket import refuse

CORS: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, x-write-key"),
    (b"access-control-max-age", b"86400"),
)
_KEPT: Final[tuple[Header, ...]] = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"authorization"),
)
_PATH_CHARACTERS: Final = 200
"""Of a longer path no near one is looked for."""

_logger = logging.getLogger("tailorbird.server")

_Methods = dict[str, tuple[Route, Run]]
"""By the method of HTTP, what answers at one path."""


class Router:
    """Answers every request that the parts of a server have a route for."""

    def __init__(
        self, parts: Iterable[object], keys: KeyCheck, answers: Counter[int] | None = None
    ) -> None:
        """``answers`` counts, by status, whatever is answered at once."""
        self._keys = keys
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
            methods = self._plain.setdefault(route.path, {})
        else:
            pattern = route.path.split("/")
            known = (told for one, told in self._patterns if one == pattern)
            methods = next(known, {})
            if not methods:
                self._patterns.append((pattern, methods))
        for method in route.methods:
            assert method not in methods, f"two routes are {method} {route.path}"
            methods[method] = route, run

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
            return
        methods, path = self._found(scope)
        for_pages = any(route.for_pages for route, _ in methods.values())
        try:
            answer = await self._answer(methods, path, (scope, receive, send))
        except GoneError:
            return
        if answer is not None:
            self._answers[answer.status] += 1
            more = CORS if for_pages and answer.for_pages else ()
            await reply(send, answer, more, head=scope["method"] == "HEAD")

    def _found(self, scope: Scope) -> tuple[_Methods, dict[str, str]]:
        """What answers at the path of a request, by method, and the parts of it that have names."""
        methods = self._plain.get(scope["path"])
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
        return {}, {}

    async def _answer(
        self,
        methods: _Methods,
        path: dict[str, str],
        request: tuple[Scope, Receive, Send],
    ) -> Answer | None:
        scope = request[0]
        try:
            if not methods:
                raise RefusedError(404, self._nothing_at(scope["path"]))
            if scope["method"] not in methods:
                return _other_method(scope["method"], methods)
            route, run = methods[scope["method"]]
            answer = await run(self._asked(route, path, request))
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
        return _if_new(answer, dict(scope["headers"]).get(b"if-none-match"))

    def _asked(
        self, route: Route, path: dict[str, str], request: tuple[Scope, Receive, Send]
    ) -> Asked:
        scope = request[0]
        key = self._key(route, path, scope)
        bodies = self._events if route.needs == "write" else self._questions
        asked = Asked(route, key, *request, bodies)
        if route.parameters or not route.for_pages:
            asked.path = read_path(route.placed("path"), path)
            query = scope["query_string"]
            asked.query = read_query(route.placed("query"), query, lenient=route.for_pages)
        return asked

    def _key(self, route: Route, path: dict[str, str], scope: Scope) -> ApiKey | None:
        """Who asks; None where nobody needs to say that, or the body has yet to."""
        if route.needs is None:
            return None
        query = scope["query_string"] if route.for_pages else b""
        given = path.get("key") or key_in_headers(dict(scope["headers"]), query)
        if not given and route.for_pages and route.takes is not None:
            return None
        return self._keys.admitted(given, route.needs)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a route for WebSocket answer; anything else is refused before it is open."""
        methods, path = self._found(scope)
        try:
            if "WEBSOCKET" not in methods:
                raise RefusedError(404, "there is no WebSocket at this path")
            route, run = methods["WEBSOCKET"]
            await run(self._asked(route, path, (scope, receive, send)))
        except RefusedError as refused:
            self._answers[refused.answer.status] += 1
            await refuse(send, refused.answer)

    def _nothing_at(self, path: str) -> str:
        known = [*self._plain, *("/".join(pattern) for pattern, _ in self._patterns)]
        hint = nearest(path, known) if len(path) <= _PATH_CHARACTERS else ""
        return f"there is nothing at this path{hint}; /docs lists what there is"


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
    more = (*_KEPT, (b"etag", tag.encode()), *answer.more)
    if if_none_match is not None and is_known(tag, if_none_match):
        return Answer(304, b"", for_pages=answer.for_pages, more=more)
    return answer._replace(more=more)
