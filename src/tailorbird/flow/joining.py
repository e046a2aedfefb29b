"""Requests of one message each that arrive together are taken as one request of many.

Nearly all that is done for a request costs the same for one message and for a hundred. Whoever
sends hears the same, and is told of her message alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tailorbird.events.wire import Body
from tailorbird.flow.group_commit import OverloadedError
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.facts import CONSENT
from tailorbird.ports.dialects import Results

MOST: Final = 64
"""So many are taken at once: the log may write them meanwhile, or have too much already."""
QUIET: Final = 2
"""After so many turns of the loop without another request nobody is about to come: in one turn a
request is read, in the next one it is here."""

Take = Callable[[Body, ApiKey, str], Awaitable[Results]]
"""Stores the messages of a request that came with a key, by what its address is called."""


class _Asked(NamedTuple):
    body: Body
    done: asyncio.Future[Results]


class Joining:
    """Joins requests; belongs to one event loop."""

    def __init__(self, take: Take) -> None:
        self._apart = take
        self._waiting: dict[tuple[ApiKey, str, bool], list[_Asked]] = {}
        """By key, by what the address is called, and by whether texts of messages are there."""
        self._count = 0
        self._held = self._held_bytes = 0
        self._taking: set[asyncio.Task[None]] = set()

    async def take(self, body: Body, key: ApiKey, call: str) -> Results:
        """The same as apart, raising the same."""
        if not _may_wait(body, key):
            return await self._apart(body, key, call)
        self.check()
        size = len(body.texts[0]) if body.texts else 0
        self._held, self._held_bytes = self._held + 1, self._held_bytes + size
        try:
            return await self._together(body, key, call)
        finally:
            self._held, self._held_bytes = self._held - 1, self._held_bytes - size

    def check(self) -> None:
        """Raise `OverloadedError` when so many are held that nothing more is taken now."""
        if self._held >= limits.WAITING_FACTS or self._held_bytes >= limits.WAITING_BYTES:
            raise OverloadedError(1)

    async def _together(self, body: Body, key: ApiKey, call: str) -> Results:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            self._begin(self._gather())
        asked = _Asked(body, loop.create_future())
        self._waiting.setdefault((key, call, bool(body.texts)), []).append(asked)
        self._count += 1
        if self._count >= MOST:
            self._flush()
        return await asked.done

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _gather(self) -> None:
        """Wait while every turn of the loop brings more, and take all that came."""
        count = quiet = 0
        while quiet < QUIET:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._count == count else 0
            count = self._count
        self._flush()

    def _flush(self) -> None:
        waiting, self._waiting, self._count = self._waiting, {}, 0
        for (key, call, _), asked in waiting.items():
            self._begin(self._take(key, call, asked))

    async def _take(self, key: ApiKey, call: str, asked: list[_Asked]) -> None:
        try:
            told = await self._apart(joined([one.body for one in asked]), key, call)
        except Exception as error:
            if len(asked) == 1 or isinstance(error, TailorbirdError):
                for one in asked:
                    if not one.done.done():
                        one.done.set_exception(error)
                return
            for one in asked:  # what nobody foresaw must not fail the others
                await self._take(key, call, [one])
            return
        for place, one in enumerate(asked):
            if not one.done.done():
                one.done.set_result(_of_one(told, place))


def _may_wait(body: Body, key: ApiKey) -> bool:
    """Whether a request says the same where it stands among others.

    What somebody says of consent goes first, alone; and of a key with a limit each request counts.
    """
    if len(body.messages) != 1 or key.per_minute:
        return False
    message = body.messages[0][0]
    if not isinstance(message, dict) or message.get("event") == CONSENT:
        return False
    return bool(message.get("sentAt")) or not body.shared.get("sentAt")


def joined(bodies: list[Body]) -> Body:
    """Requests of one message each as one of them all."""
    messages = [body.messages[0] for body in bodies]
    return Body(messages, {}, [text for body in bodies for text in body.texts])


def _of_one(told: Results, place: int) -> Results:
    result = told.results[place]
    return Results(result.status != "rejected", told.position, [result])
