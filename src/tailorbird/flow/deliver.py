"""From the outbox to endpoints: claim on the disk, send, note what came of it.

One turn is one transaction: it notes what has ended since the last one and claims what may go out
now. Sending goes on meanwhile. Each endpoint has places of its own, so a slow one holds nobody up,
and one that fails is asked with single messages, further and further apart, until it is well again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, Final, NamedTuple

from tailorbird.delivery.counts import Counts
from tailorbird.delivery.endpoints import Endpoint
from tailorbird.delivery.health import after, is_given_up, slots
from tailorbird.delivery.outbox import Message, tried
from tailorbird.delivery.retry import Outcome, verdict
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel import limits
from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.instants import DAY, MINUTE, SECOND
from tailorbird.ports.delivery import Channel, HeldBack, Outbox, Receivers
from tailorbird.ports.gate import Gatekeeper

GRACE_S: Final = 5.0
"""How long the end waits for messages that are on their way."""
AGAIN_S: Final = 1.0
AGAIN_US: Final = 1 * SECOND
TIDY_US: Final = 10 * MINUTE
COUNT_US: Final = 1 * MINUTE
"""So often it is counted how much waits."""
LOOK_US: Final = 5 * SECOND
"""At least so often it is looked whether something is due."""

_logger = logging.getLogger("tailorbird.deliver")

InThread = Callable[..., Awaitable[Any]]
"""Runs a function in the one thread that the outbox belongs to."""


class Sending(NamedTuple):
    """A claimed message and where it goes."""

    message: Message
    """As it is stored."""
    opened: Message
    endpoint: Endpoint
    secrets: Sequence[bytes]


class Finished(NamedTuple):
    """A try that has ended."""

    message: Message
    outcome: Outcome
    took_s: float


class Noted(NamedTuple):
    """What came of some tries."""

    tries: list[tuple[Message, float]]
    """Each message as it is kept, and how long the try took."""
    ill: dict[str, str]
    """Endpoints that are to be disabled, and why."""


class Deliver:
    """Sends what waits in the outbox; belongs to one event loop."""

    def __init__(
        self,
        outbox: Outbox,
        receivers: Receivers,
        secrets_of: Callable[[str, int], list[bytes]],
        channel: Channel,
        now_us: Callable[[], int],
        chance: Callable[[], float],
        in_thread: InThread,
        gate: Gatekeeper,
        sealed: SealedMessages,
        counts: Counts | None = None,
    ) -> None:
        self._gate = gate
        self._sealed = sealed
        self.counts = counts or Counts()
        self._outbox = outbox
        self._receivers = receivers
        self._secrets_of = secrets_of
        self._channel = channel
        self._now_us = now_us
        self._chance = chance
        self._in_thread = in_thread
        self._woken = asyncio.Event()
        self._finished: list[Finished] = []
        self._under_way: dict[str, tuple[Sending, asyncio.Task[None]]] = {}
        self._dropped: set[str] = set()
        self._tidied_us = self._counted_us = 0

    @property
    def under_way(self) -> int:
        """How many messages are being sent, or have ended and that is not noted yet."""
        return len(self._under_way) + len(self._finished)

    def wake(self) -> None:
        """There may be something to send; called in the event loop."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever; when this is cancelled, what is under way gets a moment to end."""
        await self._in_thread(self._recover)
        try:
            while True:
                self._woken.clear()
                await self._step()
        finally:
            await asyncio.shield(self._end())

    async def _step(self) -> None:
        finished, self._finished = self._finished, []
        busy = Counter(sending.endpoint.id for sending, _ in self._under_way.values())
        try:
            claimed, next_us = await self._in_thread(self._turn, finished, busy)
        except TailorbirdError as error:
            self._finished = finished + self._finished
            _logger.warning("nothing can be sent now", extra={"said": {"error": str(error)}})
            await asyncio.sleep(AGAIN_S)
            return
        for sending in claimed:
            if sending.endpoint.id not in self._dropped:
                self._start(sending)
        wait_us = min(next_us - self._now_us(), LOOK_US)
        with suppress(TimeoutError):  # wait_for of 3.11 may swallow that the task is cancelled
            async with asyncio.timeout(max(wait_us, 0) / SECOND):
                await self._woken.wait()

    async def _end(self) -> None:
        if self._under_way:
            await asyncio.wait([task for _, task in self._under_way.values()], timeout=GRACE_S)
        for _, task in self._under_way.values():
            task.cancel()
        with suppress(TailorbirdError):  # then they are of unknown outcome at the next start
            await self._in_thread(self._note_last, self._finished)

    async def drop(self, endpoint: str) -> None:
        """Forget an endpoint that was removed: when this is done nothing more is sent to it."""
        self._dropped.add(endpoint)
        under_way = [
            task for sending, task in self._under_way.values() if sending.endpoint.id == endpoint
        ]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._in_thread(self._outbox.drop, endpoint)

    # Sending

    def _start(self, sending: Sending) -> None:
        task = asyncio.create_task(self._send(sending))
        self._under_way[sending.message.id] = sending, task

    async def _send(self, sending: Sending) -> None:
        message, clock_s = sending.message, asyncio.get_running_loop().time
        begun_s = clock_s()
        try:
            outcome = await self._channel.send(sending.endpoint, sending.secrets, sending.opened)
        except Exception as error:
            _logger.exception("a message could not be sent")
            outcome = Outcome(None, f"it could not be sent ({type(error).__name__})")
        finally:
            self._under_way.pop(message.id, None)
        self._finished.append(Finished(message, outcome, clock_s() - begun_s))
        self._woken.set()

    # What happens in the outbox's thread

    def _recover(self) -> None:
        with self._outbox.transaction():
            found = self._outbox.recover()
        if found:
            _logger.warning(
                "messages were under way when sending ended; they are sent again",
                extra={"said": {"messages": len(found)}},
            )

    def _turn(self, finished: Sequence[Finished], busy: Counter[str]) -> tuple[list[Sending], int]:
        """Note what has ended, claim what may go; tells when something is due next."""
        claimed: list[Sending] = []
        next_us = self._now_us() + LOOK_US
        is_open = self._gate.is_current()
        if not is_open:
            next_us = self._now_us() + AGAIN_US
        # What is claimed is on the disk before a withdrawal that comes meanwhile is acknowledged.
        with ExitStack() as until_committed, self._outbox.transaction():
            noted = self._note(finished)
            held_back = partial(self._is_held_back, until_committed) if is_open else None
            for endpoint in self._receivers.endpoints().values():
                if endpoint.id in noted.ill:
                    continue
                if not endpoint.is_enabled:
                    self._outbox.give_up(endpoint.id, endpoint.reason, self._now_us())
                    continue
                some, due_us = self._claim(endpoint, busy[endpoint.id], held_back)
                claimed += some
                next_us = min(next_us, due_us)
        self._told(noted)
        if self._now_us() - self._counted_us >= COUNT_US:
            self._count()
        if self._now_us() - self._tidied_us >= TIDY_US:
            self._tidy()
        return claimed, next_us

    def _count(self) -> None:
        self._counted_us = self._now_us()
        known = self._receivers.endpoints()
        self.counts.waiting = sum(self._outbox.standing(endpoint).waiting for endpoint in known)

    def _claim(
        self, endpoint: Endpoint, busy: int, held_back: HeldBack | None
    ) -> tuple[list[Sending], int]:
        now_us, is_open = self._now_us(), held_back is not None
        health = self._outbox.health(endpoint.id)
        room = slots(health, now_us) - busy
        due_us = self._outbox.next_due_us(endpoint.id, is_open=is_open)
        if due_us is None:
            return [], now_us + LOOK_US
        if room <= 0 or due_us > now_us:
            # Without a place the end of a message wakes; in a pause its end does.
            waits = max(due_us, health.resume_us)
            return [], waits if waits > now_us else now_us + LOOK_US
        try:
            secrets = self._secrets_of(endpoint.id, now_us)
        except TailorbirdError as error:
            self._disable(endpoint.id, str(error))
            return [], now_us
        claimed = self._outbox.claim(endpoint.id, now_us, room, held_back)
        full = len(claimed) == room
        due_us = None if full else self._outbox.next_due_us(endpoint.id, is_open=is_open)
        next_us = now_us + LOOK_US if due_us is None else due_us
        return list(self._opened(claimed, endpoint, secrets)), next_us

    def _opened(
        self, claimed: Sequence[Message], endpoint: Endpoint, secrets: Sequence[bytes]
    ) -> Iterator[Sending]:
        """What may be read of claimed messages; those about whoever was erased are gone."""
        for message in claimed:
            opened = self._sealed.opened(message)
            if opened is None:
                self._outbox.discard(message)
                self.counts.states["erased"] += 1
            else:
                yield Sending(message, opened, endpoint, secrets)

    def _is_held_back(self, until_committed: ExitStack, message: Message) -> bool:
        """Whether a message may not be sent; who was told that somebody came is told she left."""
        if message.is_exit and self._outbox.was_told(message):
            return False
        until_committed.enter_context(self._gate.still())
        verdict = self._gate.against(self._sealed.mark_of(message), message.needed)
        if verdict is not None:
            self.counts.held_back[verdict.reason] += 1
        return verdict is not None

    def _note(self, finished: Sequence[Finished]) -> Noted:
        """Keep what came of some tries, within a transaction."""
        now_us, noted = self._now_us(), Noted([], {})
        for message, outcome, took_s in finished:
            if message.endpoint in self._dropped:
                continue
            kept = tried(message, outcome, now_us, self._chance())
            self._outbox.keep(kept, now_us)
            noted.tries.append((kept, took_s))
            health = after(self._outbox.health(message.endpoint), outcome, now_us, self._chance())
            self._outbox.put_health(message.endpoint, health)
            if verdict(outcome) == "gone":
                noted.ill[message.endpoint] = "the receiver answered 410: it wants no more messages"
            elif is_given_up(health, now_us):
                days = limits.FAILING_DAYS
                noted.ill[message.endpoint] = f"nothing has arrived for {days} days: {health.told}"
        return noted

    def _note_last(self, finished: Sequence[Finished]) -> None:
        """The same at the end, when nothing more is claimed."""
        with self._outbox.transaction():
            noted = self._note(finished)
        self._told(noted)

    def _told(self, noted: Noted) -> None:
        """What follows from tries that are on the disk."""
        for kept, took_s in noted.tries:
            self.counts.tried(kept, took_s)
        for endpoint, why in noted.ill.items():
            self._disable(endpoint, why)

    def _disable(self, endpoint: str, why: str) -> None:
        self._receivers.disable(endpoint, why, self._now_us())
        _logger.warning("endpoint disabled", extra={"said": {"endpoint": endpoint, "why": why}})

    def _tidy(self) -> None:
        """Forget what is of no use any more, and see that not too much waits."""
        now_us = self._tidied_us = self._now_us()
        known = self._receivers.endpoints()
        with self._outbox.transaction():
            self._outbox.forget_dead(now_us - limits.DEAD_MESSAGE_DAYS * DAY)
        for endpoint in set(self._outbox.endpoints()) - set(known):
            self._outbox.drop(endpoint)
        for endpoint in known:
            if self._outbox.standing(endpoint).waiting > limits.WAITING_MESSAGES:
                self._disable(endpoint, f"more than {limits.WAITING_MESSAGES:,} messages wait")
