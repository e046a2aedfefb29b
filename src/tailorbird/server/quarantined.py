"""Messages that are kept aside: to be read, tried again, or let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from tailorbird.events.refusals import Sort
from tailorbird.flow.consenting import BehindError
from tailorbird.flow.group_commit import GroupCommit, OverloadedError
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.quarantining import Quarantining, Tried, try_again, wanted
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, TailorbirdError
from tailorbird.ports.dialects import Dialect, endpoints_of
from tailorbird.ports.log import NotWritableError, StaleWriterError
from tailorbird.ports.quarantine import Quarantine
from tailorbird.ports.rejects import StoredReject
from tailorbird.server.answers import Answer, RefusedError
from tailorbird.server.asked import Asked
from tailorbird.server.serving import Serving
from tailorbird.server.table import Route, answers
from tailorbird.server.untaken import PARAMETERS, UntakenMessage, page_of, told

Found = TypeVar("Found")


class QuarantinedMessage(UntakenMessage):
    """A message that is kept aside."""

    message_id: str


class QuarantinedMessages(Struct):
    """One page, the newest first."""

    messages: list[QuarantinedMessage]
    next: int | None
    """What to give as ``before`` for the next page; None on the last one."""
    held: int
    """How many there are."""


Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What a store can number."""
Numbers = Annotated[list[Number], msgspec.Meta(max_length=limits.REPLAYED)]


class ReplayAsked(Struct):
    """Which messages to try again: those with these numbers, or else the oldest."""

    numbers: Numbers = []
    after: Number = 0
    """Only those above this number: the ``last`` of the answer before."""
    sort: Sort | None = None


class ReplayGiven(Struct):
    """What became of them."""

    accepted: int
    """Facts that are new."""
    duplicates: int
    """Facts that were stored before."""
    still: int
    """Messages that stay, each with its reason of now."""
    forbidden: int
    """Messages that went for good: their people do not agree to being observed, or were erased."""
    last: int | None
    """What to give as ``after`` to try more; None when that were all."""


class DropAsked(Struct):
    """Which messages to let go."""

    numbers: Numbers


class DropGiven(Struct):
    """How many there were."""

    dropped: int


class Quarantined:
    """The routes about messages that are kept aside."""

    def __init__(
        self,
        serving: Serving,
        keys: Callable[[], Mapping[str, ApiKey]],
        preparing: Preparing,
        dialects: Iterable[Dialect],
    ) -> None:
        """``keys`` gives all that messages came with, by their ids.

        ``preparing`` is used in threads, so it is nobody else's. ``dialects`` read bodies again.
        """
        self._endpoints = endpoints_of(dialects)
        self._quarantining: Quarantining = serving.quarantining
        self._commit: GroupCommit = serving.commit
        self._keys = keys
        self._preparing = preparing
        self._replaying = asyncio.Lock()

    @answers(
        Route(
            "GET",
            "/v1/quarantine",
            "read_quarantine",
            "Read the messages that are kept aside, with the reason, the newest first.",
            "admin",
            group="events",
            parameters=PARAMETERS,
            gives=QuarantinedMessages,
            faults=(503,),
        )
    )
    async def read(self, asked: Asked) -> Answer:
        """One page of them."""
        most, before = asked.query["limit"], asked.query["before"] or None

        def look(store: Quarantine) -> tuple[list[StoredReject], int]:
            found = store.newest(most + 1, before=before, sort=asked.query["sort"])
            return found, store.held().messages

        found, held = await self._ask(look)
        page, more = page_of(found, most)
        keys = self._keys()
        return Answer(200, QuarantinedMessages([_told(one, keys) for one in page], more, held))

    @answers(
        Route(
            "POST",
            "/v1/quarantine/replay",
            "replay_quarantine",
            "Try messages that are kept aside again, with the plan of now and as of when they "
            "came. Each counts once.",
            "admin",
            group="events",
            takes=ReplayAsked,
            gives=ReplayGiven,
            faults=(503,),
            example="{}",
        )
    )
    async def replay(self, asked: Asked) -> Answer:
        """Try some again."""
        wish = await asked.read(ReplayAsked)
        async with self._replaying:
            seen = await self._ask(lambda store: wanted(store, wish.numbers, wish.after))
            some = [one for one in seen if wish.sort in (None, one.item.refusal.sort)]
            keys = self._keys()
            try:
                tried = await asyncio.to_thread(
                    try_again, some, self._preparing, keys, self._endpoints
                )
                accepted, duplicates = await self._accept(tried)
            except OverloadedError as error:
                raise RefusedError(429, str(error), retry_after_s=error.retry_after_s) from None
            except (BehindError, NotWritableError, StaleWriterError) as error:
                raise RefusedError(503, str(error), retry_after_s=5) from None
            await self._ask(partial(_settled, tried=tried))
        more = len(seen) == limits.REPLAYED and not wish.numbers
        last = seen[-1].number if more else None
        still, forbidden = len(tried.still), len(tried.forbidden)
        return Answer(200, ReplayGiven(accepted, duplicates, still, forbidden, last))

    async def _accept(self, tried: Tried) -> tuple[int, int]:
        if not tried.facts:
            return 0, 0
        admitted = await asyncio.gather(*map(self._commit.accept, tried.facts))
        facts = sum(columns.length for columns in tried.facts)
        duplicates = sum(len(one.duplicates) for one in admitted)
        return facts - duplicates, duplicates

    @answers(
        Route(
            "POST",
            "/v1/quarantine/drop",
            "drop_quarantined",
            "Let messages that are kept aside go for good.",
            "admin",
            group="events",
            takes=DropAsked,
            gives=DropGiven,
            faults=(503,),
            example='{"numbers": [1]}',
        )
    )
    async def drop(self, asked: Asked) -> Answer:
        """Let some go."""
        wish = await asked.read(DropAsked)
        return Answer(200, DropGiven(await self._ask(lambda store: store.drop(wish.numbers))))

    async def _ask(self, about: Callable[[Quarantine], Found]) -> Found:
        try:
            return await self._quarantining.ask(about)
        except InputError as error:
            raise RefusedError(400, str(error)) from None
        except TailorbirdError as error:
            raise RefusedError(503, str(error)) from None


def _settled(store: Quarantine, tried: Tried) -> None:
    store.settle([*tried.taken, *tried.forbidden], tried.still)


def _told(stored: StoredReject, keys: Mapping[str, ApiKey]) -> QuarantinedMessage:
    return QuarantinedMessage(**asdict(told(stored, keys)), message_id=stored.item.id)
