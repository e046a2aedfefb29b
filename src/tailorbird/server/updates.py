"""Where pages hear of their visitor: server-sent events and WebSocket at the same paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tailorbird.governance.tickets import Ticket, TicketError, read_ticket
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.feeds import Ending
from tailorbird.server.origins import PageRules, cors
from tailorbird.server.pages import PageFeed, Pages
from tailorbird.server.parameters import text
from tailorbird.server.serving import Serving
from tailorbird.server.showing import Showing
from tailorbird.server.stream import SORT, stream
from tailorbird.server.table import Method, Route, answers
from tailorbird.server.websocket import accept, close, converse

BAD_TICKET: Final = 4401
"""The code of a WebSocket's close when the ticket is not good: pages cannot see a status."""
_TICKET: Final = text("ticket", "What `/v1/tickets` or `/v1/visitors` gave.", 8_192)
_AFTER: Final = text("last_event_id", "The `version` that the page has.", 100)


def _route(method: Method, path: str, name: str, how: str) -> Route:
    return Route(
        method,
        path,
        name,
        f"Tell a page how its visitor is, now and whenever that changes, {how}.",
        None,
        group="push",
        parameters=(_TICKET, _AFTER),
        kind=SORT,
        faults=(401, 403, 503),
        streams=True,
    )


class Updates:
    """The routes on which a page hears of the one person that its ticket is for."""

    def __init__(self, serving: Serving, rules: PageRules) -> None:
        self._serving = serving
        self._rules = rules
        self._pages: Pages | None = None

    @answers(
        _route("GET", "/v1/updates", "follow_visitor", "by server-sent events"),
        _route("GET", "/updates", "follow_visitor_shortly", "by server-sent events"),
    )
    async def events(self, asked: Asked) -> Answer | None:
        """Server-sent events, until one side ends them."""
        headers = asked.headers
        origin = self._rules.origins.of(headers)
        try:
            feed = await self._opened(asked, headers, origin)
        except TicketError as error:
            return Answer(401, {"error": str(error)}, more=cors(origin))
        await stream(feed, asked.receive, asked.send, cors(origin))
        return None

    @answers(
        _route("WEBSOCKET", "/updates", "converse_with_visitor", "over a WebSocket"),
        _route("WEBSOCKET", "/v1/updates", "converse_with_visitor_shortly", "over a WebSocket"),
    )
    async def messages(self, asked: Asked) -> None:
        """Messages over a WebSocket, until one side closes it."""
        headers = asked.headers
        origin = self._rules.origins.of(headers)
        try:
            feed = await self._opened(asked, headers, origin)
        except TicketError as error:
            await accept(asked.receive, asked.send)
            await close(asked.send, Ending(BAD_TICKET, str(error)))
            return
        await converse(feed, asked.receive, asked.send)

    async def _opened(
        self, asked: Asked, headers: Mapping[bytes, bytes], origin: str | None
    ) -> PageFeed:
        pages, ticket = self._open_pages(), self._ticket(asked.query["ticket"], origin)
        after = headers.get(b"last-event-id", b"").decode("latin-1")
        return await pages.open(ticket, after or asked.query["last_event_id"] or "")

    def _open_pages(self) -> Pages:
        serving, fields = self._serving, self._rules.fields
        if not fields:
            said = "pages may see nothing: the setting push_fields lists what they may see"
            raise RefusedError(403, said)
        people = serving.people()
        if serving.closing.is_set():
            raise RefusedError(503, "the server ends; connect again", retry_after_s=1)
        if self._pages is None or self._pages.people is not people:
            rules = self._rules
            self._pages = Pages(
                people, Showing(fields), serving.now_us, rules.may_follow, serving.for_pages
            )
            serving.follow(self._pages.show)
            serving.at_end(self._pages.end)
        return self._pages

    def _ticket(self, given: str | None, origin: str | None) -> Ticket:
        if given is None:
            raise TicketError("say ?ticket=; POST /v1/tickets gives one")
        ticket = read_ticket(self._rules.secret, given, self._serving.now_us())
        if ticket.origin and origin is not None and origin != ticket.origin:
            raise TicketError("this ticket is for pages of another site")
        return ticket
