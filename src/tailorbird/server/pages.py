"""The open pages: each hears of one person, and of nobody else.

A page that takes its messages slowly misses those between: what waits for it is one message, the
newest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tailorbird.flow.advance import Live
from tailorbird.flow.viewing import PersonView
from tailorbird.governance.tickets import Ticket
from tailorbird.kernel import limits
from tailorbird.server.answers import RefusedError
from tailorbird.server.feeds import EXPIRED, JOINED, LINKED, LOADING, Ending, Feed, Said, full
from tailorbird.server.showing import Showing

Seen = Sequence[tuple[str, PersonView | None]]


class PageFeed(Feed):
    """What one page hears."""

    def __init__(self, ticket: Ticket, after: str, closed: Callable[[PageFeed], None]) -> None:
        """``after`` is the id of the message that the page has, empty for none."""
        super().__init__()
        self.ticket = ticket
        self.was_offered = False
        self.timer: asyncio.TimerHandle | None = None
        self._after = after
        self._newest: Said | None = None
        self._closed = closed
        self._is_open = True

    def offer(self, said: Said) -> None:
        """The newest message; an older one that was not taken yet is of no use any more."""
        self.was_offered = True
        self._newest = said
        self.woken.set()

    async def take(self) -> Sequence[Said]:
        """The newest message, unless the page has it."""
        said, self._newest = self._newest, None
        if said is None or said.id == self._after:
            return ()
        self._after = said.id
        return (said,)

    def close(self) -> None:
        """The page is gone."""
        if self._is_open:
            self._is_open = False
            if self.timer is not None:
                self.timer.cancel()
            self._closed(self)


class Pages:
    """Everybody's open pages; belongs to one event loop."""

    def __init__(
        self,
        people: Live,
        showing: Showing,
        now_us: Callable[[], int],
        may_follow: Callable[[Ticket, PersonView], bool],
        shown: Callable[[Seen], Seen] = lambda seen: seen,
    ) -> None:
        """``shown``: what of people their pages may see."""
        self._may_follow = may_follow
        self._shown = shown
        self.people = people
        self._showing = showing
        self._now_us = now_us
        self._open: dict[str, set[PageFeed]] = {}
        self._thread = ThreadPoolExecutor(1, "pages")
        self.count = 0
        """How many pages are open."""
        self._alone = 0
        """Of those, the ones with tickets that pages get by themselves."""

    async def open(self, ticket: Ticket, after: str) -> PageFeed:
        """Begin to tell a page of the person of its ticket; raises `RefusedError`."""
        self._check(ticket)
        loop, now_us = asyncio.get_running_loop(), self._now_us()
        left_s = (ticket.expires_us - now_us) / 1_000_000
        page = PageFeed(ticket, after, self._close)
        page.timer = loop.call_later(left_s, page.end, EXPIRED)
        self._open.setdefault(ticket.identifier, set()).add(page)
        self.count += 1
        self._alone += ticket.is_alone
        try:
            view = await loop.run_in_executor(
                self._thread, self._watched, ticket.identifier, now_us
            )
        except BaseException as error:
            page.close()
            if isinstance(error, Exception) and page.has_ended:  # with what was looked at
                raise RefusedError(503, LOADING.reason, retry_after_s=1) from None
            raise
        if not page.was_offered:  # what was offered meanwhile is newer
            self._offer([page], view)
        return page

    def _watched(self, identifier: str, now_us: int) -> PersonView | None:
        ((_, view),) = self._shown([(identifier, self.people.watch(identifier, now_us))])
        return view

    def _check(self, ticket: Ticket) -> None:
        if self.count >= limits.PAGES:
            raise full(f"{limits.PAGES:,} pages are open, and more are not taken")
        if ticket.is_alone and self._alone >= limits.VISITORS_PAGES:
            raise full(f"{limits.VISITORS_PAGES:,} pages of visitors are open already")
        if len(self._open.get(ticket.identifier, ())) >= limits.PAGES_PER_PERSON:
            raise full(f"{limits.PAGES_PER_PERSON} pages are open for this person already")

    def _close(self, page: PageFeed) -> None:
        identifier = page.ticket.identifier
        pages = self._open[identifier]
        pages.discard(page)
        if not pages:
            del self._open[identifier]
        self.count -= 1
        self._alone -= page.ticket.is_alone
        self._thread.submit(self.people.unwatch, identifier)

    def show(self, views: Seen) -> None:
        """Tell the pages of some people how those are now."""
        for identifier, view in views:
            pages = self._open.get(identifier)
            if pages:
                self._offer(pages, view)

    def _offer(self, pages: Iterable[PageFeed], view: PersonView | None) -> None:
        said = self._showing.message(view)
        for page in pages:
            if view is not None and not self._may_follow(page.ticket, view):
                page.end(LINKED if page.ticket.is_alone else JOINED)
            else:
                page.offer(said)

    def end(self, why: Ending) -> None:
        """End them all."""
        for pages in self._open.values():
            for page in tuple(pages):
                page.end(why)
