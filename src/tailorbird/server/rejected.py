"""What the collector rejected, and what was sent: for whoever makes pages send the right thing."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tailorbird.events.refusals import SORTS, Sort
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.rejects import StoredReject
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.parameters import choice, count
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers


class RejectedMessage(Struct):
    """A message that was not taken."""

    number: int
    """They are numbered upwards."""
    at: str
    """When it arrived."""
    call: str
    """The last part of the path that it was sent to."""
    sort: Sort
    reason: str
    key: str
    """The id of the key that it came with."""
    person: str | None
    """Whom it is about, where it says that."""
    bytes: int
    """The length of all of it."""
    raw: str
    """What was sent, or its beginning."""
    erased: bool
    """Whether it is about somebody who was erased since: then nothing of it can be read."""


class RejectedMessages(Struct):
    """One page, the newest first."""

    rejects: list[RejectedMessage]
    next: int | None
    """What to give as ``before`` for the next page; None on the last one."""


_BEFORE: Final = count(
    "before", "Only those before this number: the `next` of the page before.", default=0
)
_LIMIT: Final = count("limit", "So many on a page.", 1, limits.PAGE_ITEMS, default=100)
_SORT: Final = choice("sort", "Only those rejected for a reason of this sort.", SORTS)


class Rejected:
    """The route that reads rejected messages."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @answers(
        Route(
            "GET",
            "/v1/rejects",
            "read_rejects",
            "Read the messages that the collector rejected, with the reason, the newest first.",
            "admin",
            group="events",
            parameters=(_SORT, _BEFORE, _LIMIT),
            gives=RejectedMessages,
            faults=(503,),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """One page of them."""
        most, before = asked.query["limit"], asked.query["before"] or None
        try:
            found = await self._serving.rejecting.newest(most + 1, before, asked.query["sort"])
        except TailorbirdError as error:
            raise RefusedError(503, str(error)) from None
        page = found[:most]
        more = page[-1].number if len(found) > most else None
        return Answer(200, RejectedMessages([_told(one) for one in page], more))


def _told(stored: StoredReject) -> RejectedMessage:
    item = stored.item
    return RejectedMessage(
        stored.number,
        format_instant(item.at_us),
        item.call,
        item.refusal.sort,
        item.refusal.says,
        item.key,
        item.subject,
        item.length,
        item.raw.decode("utf-8", "replace"),
        stored.is_erased,
    )
