"""Sending in a running server: the outbox in a thread of its own, requests in the event loop."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import local
from typing import Any, Final

from tailorbird.delivery.counts import Counts
from tailorbird.delivery.endpoints import Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import Outcome
from tailorbird.edges.channels.webhook import WebhookChannel
from tailorbird.edges.local_socket import Answer
from tailorbird.edges.registries.sqlite_endpoints import SqliteEndpoints
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.flow import webhooks
from tailorbird.flow.announcing import Announcing
from tailorbird.flow.deliver import Deliver
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.errors import InputError
from tailorbird.ports.delivery import Standing
from tailorbird.ports.gate import Gatekeeper
from tailorbird.runtimes.project import REGISTRY, STATE, Project
from tailorbird.runtimes.webhook_desk import desk_answers

PATIENCE_S: Final = 30.0


class Webhooks:
    """Tells other systems who turned; made in the event loop, which it belongs to."""

    def __init__(self, project: Project, gate: Gatekeeper, counts: Counts) -> None:
        self._project = project
        self._gate = gate
        self._sealed = SealedMessages(project.keyring, os.urandom)
        self._counts = counts
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "deliver")
        self._connections = local()
        self._opened: SqliteOutbox | None = None
        self._deliver: Deliver | None = None
        self._channel = WebhookChannel(project.now_us, project.settings.webhook_networks)

    async def run(self) -> None:
        """Send what is in the outbox until this is cancelled; may be run again then."""
        outbox = await self._in_thread(SqliteOutbox, self._project.data / STATE)
        deliver = Deliver(
            outbox,
            _Registered(self._registry),
            self._secrets_of,
            self._channel,
            self._project.now_us,
            random.random,
            self._in_thread,
            self._gate,
            self._sealed,
            self._counts,
        )
        self._opened, self._deliver = outbox, deliver
        try:
            await deliver.run()
        finally:
            self._opened = self._deliver = None
            await self._in_thread(outbox.close)

    async def close(self) -> None:
        """Let go of everything, when it is not run any more."""
        await self._channel.close()
        await self._in_thread(lambda: self._registry().close())
        self._thread.shutdown()

    def wake(self) -> None:
        """There may be something to send."""
        if self._deliver is not None:
            self._deliver.wake()

    def announcing(self) -> Announcing:
        """What puts into the outbox who turned."""
        return Announcing(self.told_now, self._sealed.sealed)

    def told_now(self) -> list[Endpoint]:
        """Who is told of those who turn, by the registry as it is now; for any thread."""
        return [one for one in self._registry().endpoints().values() if one.is_enabled]

    def answers(self) -> Mapping[str, Answer]:
        """What commands ask that run in the history's process."""
        return desk_answers(self)

    # What people ask, from other threads

    def standing(self, endpoint: str) -> Standing:
        """See `OutboxDesk`."""
        return self._thread.submit(self._outbox().standing, endpoint).result(PATIENCE_S)

    def dead(self, endpoint: str, most: int) -> list[Message]:
        """See `OutboxDesk`."""
        return self._thread.submit(self._outbox().dead, endpoint, most).result(PATIENCE_S)

    def revive(self, endpoint: str, ids: Collection[str] | None) -> int:
        """See `OutboxDesk`."""
        found = self._thread.submit(self._outbox().revive, endpoint, ids).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self.wake)
        return found

    def forgive(self, endpoint: str) -> None:
        """See `OutboxDesk`."""
        self._thread.submit(self._outbox().forgive, endpoint).result(PATIENCE_S)

    def drop(self, endpoint: str) -> None:
        """See `OutboxDesk`."""
        asyncio.run_coroutine_threadsafe(self._drop(endpoint), self._loop).result(PATIENCE_S)

    async def _drop(self, endpoint: str) -> None:
        self._outbox()
        assert self._deliver is not None
        await self._deliver.drop(endpoint)

    def _outbox(self) -> SqliteOutbox:
        if self._opened is None:
            raise InputError("the messages that wait cannot be looked at now; try again soon")
        return self._opened

    # Threads

    def _registry(self) -> SqliteEndpoints:
        """The registry, over a connection of the thread that asks."""
        found: SqliteEndpoints | None = getattr(self._connections, "registry", None)
        if found is None:
            found = SqliteEndpoints(self._project.data / REGISTRY)
            self._connections.registry = found
        return found

    def _secrets_of(self, endpoint: str, now_us: int) -> list[bytes]:
        return webhooks.secrets_of(self._registry(), self._project.keyring, endpoint, now_us)

    async def _in_thread(self, run: Callable[..., Any], *given: Any) -> Any:
        return await self._loop.run_in_executor(self._thread, partial(run, *given))


class _Registered:
    """The endpoints by whatever connection the asking thread has."""

    def __init__(self, registry: Callable[[], SqliteEndpoints]) -> None:
        self._registry = registry

    def endpoints(self) -> Mapping[str, Endpoint]:
        """See `Receivers`."""
        return self._registry().endpoints()

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        """See `Receivers`."""
        self._registry().disable(endpoint, why, now_us)


def sent_now(project: Project, endpoint: Endpoint, message: Message) -> Outcome:
    """What comes of sending one message here and now, without the outbox."""
    secrets: Sequence[bytes] = webhooks.secrets_of(
        project.endpoints, project.keyring, endpoint.id, project.now_us()
    )

    async def send() -> Outcome:
        channel = WebhookChannel(project.now_us, project.settings.webhook_networks)
        try:
            return await channel.send(endpoint, secrets, message)
        finally:
            await channel.close()

    return asyncio.run(send())
