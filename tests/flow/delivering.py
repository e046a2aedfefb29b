"""A sender of messages with a clock that stands still, and everything else real."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_S
from tests.receiving import Receiver

from tailorbird.delivery.addresses import networks
from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint
from tailorbird.delivery.outbox import Message
from tailorbird.edges.channels.webhook import WebhookChannel
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.events.columns import columns_of
from tailorbird.flow.consenting import Consents
from tailorbird.flow.deliver import Deliver
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import SECOND
from tailorbird.language.purposes import READY, table_of

BEGIN_US = 1_700_000_000 * SECOND


class Kept:
    """Endpoints in memory."""

    def __init__(self, *known: Endpoint) -> None:
        self.known = {one.id: one for one in known}

    def endpoints(self) -> dict[str, Endpoint]:
        return dict(self.known)

    def disable(self, endpoint: str, why: str, now_us: int) -> None:
        self.known[endpoint] = self.known[endpoint]._replace(disabled_us=now_us, reason=why)


class Running:
    """A clock that stands still unless it is moved, and everything else real."""

    def __init__(self, path: Path, *urls: str) -> None:
        self.now_us = BEGIN_US
        self.kept = Kept(
            *(Endpoint(f"e{n}", url, EVENTS, (), USUAL_CAUSES, 0) for n, url in enumerate(urls))
        )
        self.outbox = SqliteOutbox(path)
        self.thread = ThreadPoolExecutor(1)
        self.channel = WebhookChannel(
            lambda: self.now_us, networks("127.0.0.1") or (), timeout_s=PATIENCE_S
        )
        self.keyring = SqliteKeyring(None)
        self.log = SqliteLog(None, self.keyring)
        self.consents = Consents(
            self.log,
            SqliteConsents(None, self.keyring),
            lambda: table_of(READY),
            lambda: self.now_us,
        )
        self.secrets: Callable[[str, int], list[bytes]] = lambda _id, _now: [bytes(32)]
        self.deliver = Deliver(
            self.outbox,
            self.kept,
            lambda id_, now_us: self.secrets(id_, now_us),
            self.channel,
            lambda: self.now_us,
            lambda: 0.5,
            self.in_thread,
            self.consents,
            SealedMessages(self.keyring, os.urandom),
        )

    async def in_thread(self, run: Callable[..., Any], *given: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, partial(run, *given))

    async def add(self, *messages: Message) -> None:
        def add() -> None:
            with self.outbox.transaction():
                self.outbox.add(messages)

        await self.in_thread(add)
        self.deliver.wake()

    def says(self, who: str, granted: bool) -> None:
        """Somebody grants or denies marketing; acknowledged when this returns."""
        end = self.log.end_position
        said = {"purpose": "marketing", "granted": granted}
        at_us = BEGIN_US + end
        told = Fact(who, at_us, f"c{end}", "$consent", said, {}, False, True, "web", 0, at_us)
        self.consents.absorb(self.log.append([columns_of([told])], self.now_us))

    async def move(self, length_us: int) -> None:
        self.now_us += length_us
        self.deliver.wake()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not await self.in_thread(holds):
                await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """A few turns in which nothing is due."""
        for _ in range(5):
            self.deliver.wake()
            await asyncio.sleep(0.02)
            await self.in_thread(lambda: None)

    def waiting(self, endpoint: str = "e0") -> int:
        return self.outbox.standing(endpoint).waiting


@asynccontextmanager
async def running(folder: Path, *urls: str) -> AsyncIterator[Running]:
    made = Running(folder / "state.sqlite", *urls)
    task = asyncio.create_task(made.deliver.run())
    try:
        yield made
    finally:
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=PATIENCE_S)
        assert done, "it goes on although it was cancelled"
        await made.channel.close()
        made.thread.shutdown()
        made.outbox.close()
        made.consents.close()
        made.log.close()
        made.keyring.close()
        if not task.cancelled() and task.exception() is not None:
            raise task.exception()


def message(number: int, subject: str | None = None, endpoint: str = "e0") -> Message:
    body = f'{{"data":{{"number":{number}}}}}'.encode()
    who = f"p{number}" if subject is None else subject
    return Message(f"msg_{endpoint}_{number}", endpoint, who, "segment.left", body)


def numbers(crm: Receiver, path: str = "/hooks") -> list[int]:
    return [one.data["number"] for one in crm.received if one.path == path]


def ad(number: int, subject: str, *, is_exit: bool = False) -> Message:
    event = "segment.left" if is_exit else "segment.entered"
    made = message(number, subject)._replace(event=event)
    return made._replace(purposes="marketing", about="vip", is_exit=is_exit)
