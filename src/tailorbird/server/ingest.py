"""The collector: requests of all dialects, from their bytes to facts in the log.

Without a framework, which would cost more here than everything else together. Each answer says what
became of each message; one that it calls accepted is on the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tailorbird.events.wire import Body, UnreadableError, unpacked
from tailorbird.flow.consenting import BehindError
from tailorbird.flow.group_commit import OverloadedError
from tailorbird.flow.joining import Joining
from tailorbird.flow.receiving import Receiving
from tailorbird.flow.whole_bodies import FAULT
from tailorbird.governance.api_keys import ApiKey, text_in
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT
from tailorbird.ports.dialects import Dialect, Endpoint, Page, Reply, Results, Sent, endpoints_of
from tailorbird.ports.log import NotWritableError, StaleWriterError
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked, TooLongError, TooManyError
from tailorbird.server.auth import KeyCheck, key_in_body, key_in_headers
from tailorbird.server.parameters import Parameter
from tailorbird.server.parameters import text as text_parameter
from tailorbird.server.table import Route, Run

_logger = logging.getLogger("tailorbird.ingest")
_NOT_NOW_S: Final = 5
"""After so long it may be worth trying again when the log cannot be written."""


def routes_of_dialects(dialects: Iterable[Dialect]) -> Iterator[Route]:
    """What a collector of some dialects answers."""
    for dialect in dialects:
        yield from (_taking(endpoint) for endpoint in dialect.endpoints)
        yield from (_telling(page) for page in dialect.pages)


def _taking(endpoint: Endpoint) -> Route:
    return Route(
        endpoint.method,
        endpoint.path,
        endpoint.name,
        endpoint.says,
        "write",
        group="events",
        parameters=_named(endpoint.parameters),
        takes=endpoint.takes,
        gives=endpoint.gives,
        refuses=Results,
        kind=endpoint.kind,
        faults=(400, 408, 429, 503),
        for_pages=True,
        key_inside=True,
        example=endpoint.example,
    )


def _telling(page: Page) -> Route:
    return Route(
        page.method,
        page.path,
        page.name,
        page.says,
        "write",
        group="events",
        parameters=_named(page.parameters),
        gives=page.gives,
        for_pages=True,
        key_inside=True,
    )


def _named(parameters: Mapping[str, str]) -> tuple[Parameter, ...]:
    return tuple(
        text_parameter(name, says, place="path", example=name) for name, says in parameters.items()
    )


class Collector:
    """The routes that take events, and those that kits ask before they send any."""

    def __init__(self, receiving: Receiving, keys: KeyCheck, dialects: Iterable[Dialect]) -> None:
        self._receiving = receiving
        self._joining = Joining(receiving.take)
        self._keys = keys
        self._dialects = tuple(dialects)
        self._endpoints = endpoints_of(self._dialects)
        self._pages = {one.name: one for told in self._dialects for one in told.pages}

    def bound(self) -> Iterator[tuple[Route, Run]]:
        """Its routes, which depend on the dialects that there are."""
        for route in routes_of_dialects(self._dialects):
            yield route, self.take if route.name in self._endpoints else self.tell

    async def tell(self, asked: Asked) -> Answer:
        """Answer what a kit asks before it sends anything."""
        page = self._pages[asked.route.name]
        body = b"" if page.method == "GET" else await asked.text(limits.BODY_BYTES)
        sent = _sent(asked, unpacked(body))
        text = (
            sent.path.get("key") or page.key(sent) or key_in_headers(sent.headers, sent.raw_query)
        )
        self._keys.admitted(text, "write")
        return _answer(page.told(sent, text or ""))

    async def take(self, asked: Asked) -> Answer:
        """Store the messages of one request."""
        endpoint = self._endpoints[asked.route.name]
        data = b""
        try:
            data = await self._body(asked, endpoint)
            return await self._accept(endpoint, asked, data)
        except TooLongError:
            raise RefusedError(400, f"the body is larger than {limits.BODY_BYTES} bytes") from None
        except UnreadableError as error:
            key = asked.key
            if key is None and endpoint.method == "GET":  # no body in which it could stand
                key = self._key(endpoint, _sent(asked, b""), {})
            if key is not None:  # of nobody, where its key cannot be known
                self._receiving.note_unreadable(data, key, endpoint.call, str(error))
            raise RefusedError(400, str(error)) from None
        except TooManyError:
            raise _overloaded(endpoint, OverloadedError(1)) from None
        except OverloadedError as error:
            raise _overloaded(endpoint, error) from None
        except (BehindError, NotWritableError, StaleWriterError) as error:
            raise RefusedError(503, str(error), retry_after_s=_NOT_NOW_S) from None

    async def _body(self, asked: Asked, endpoint: Endpoint) -> bytes:
        """What was sent; while nothing is taken only what may say something of consent."""
        try:
            self._receiving.check()
            self._joining.check()
        except (OverloadedError, NotWritableError) as refusal:
            try:
                data = await asked.text(limits.URGENT_BYTES)
            except TooLongError:
                raise refusal from None
            if CONSENT.encode() not in unpacked(data):
                raise
            return data
        return await asked.text(limits.BODY_BYTES)

    async def _accept(self, endpoint: Endpoint, asked: Asked, data: bytes) -> Answer:
        sent = _sent(asked, unpacked(data))
        try:
            body = _read(endpoint, sent)
        except _FailedError as error:
            kept = await self._kept_whole(endpoint, asked, sent, str(error))
            if kept is None:
                raise
            return kept
        key = asked.key or self._key(endpoint, sent, body.shared)
        if endpoint.dry:
            told = self._receiving.judge(body, key)
        else:
            told = await self._joining.take(body, key, endpoint.call)
        heard = endpoint.dry or told.success
        answer = _answer(endpoint.reply(sent, told) if heard else Reply(told, 400))
        return _for(key, answer)

    async def _kept_whole(
        self, endpoint: Endpoint, asked: Asked, sent: Sent, says: str
    ) -> Answer | None:
        """What is said of a request that waits for its dialect to be mended; None if none does."""
        key = asked.key
        if key is None and endpoint.signed is not None:
            key = self._keys.signed(*endpoint.signed(sent))
        if key is None:  # where its dialect would find it, or else anywhere in it
            key = self._keys.find(_key_said(endpoint, sent) or text_in(sent.body), "write")
        if key is None or endpoint.dry:
            return None
        told = await self._receiving.keep_whole(sent, endpoint.name, endpoint.call, key, says)
        return None if told is None else _for(key, _answer(Reply(told)))

    def _key(self, endpoint: Endpoint, sent: Sent, shared: Mapping[str, Any]) -> ApiKey:
        if endpoint.signed is not None:
            return self._keys.signed(*endpoint.signed(sent))
        given = endpoint.key(sent) or key_in_body(shared)
        return self._keys.admitted(given, "write")


class _FailedError(UnreadableError):
    """A body at which a dialect itself failed."""


def _key_said(endpoint: Endpoint, sent: Sent) -> str | None:
    """Where a dialect says that the key is, which may fail too."""
    try:
        return endpoint.key(sent)
    except Exception:
        return None


def _read(endpoint: Endpoint, sent: Sent) -> Body:
    """The messages of a request; what a dialect itself fails at would be sent again for ever."""
    try:
        return endpoint.read(sent)
    except (UnreadableError, RefusedError):
        raise
    except Exception as error:
        said = {"call": endpoint.call, "error": type(error).__name__}
        _logger.error("a dialect failed at a body", extra={"said": said})
        raise _FailedError(f"{FAULT}: {type(error).__name__}") from None


def _sent(asked: Asked, body: bytes) -> Sent:
    scope = asked.scope
    return Sent(body, scope["query_string"], asked.headers, asked.path, scope.get("scheme", "http"))


def _answer(reply: Reply) -> Answer:
    return Answer(reply.status, reply.said, kind=reply.kind, more=reply.headers)


def _for(key: ApiKey, answer: Answer) -> Answer:
    """Pages may read an answer unless they show that they have a key which no page should have."""
    return answer._replace(for_pages=key.scope != "admin")


def _overloaded(endpoint: Endpoint, error: OverloadedError) -> RefusedError:
    return RefusedError(endpoint.busy, str(error), retry_after_s=error.retry_after_s)
