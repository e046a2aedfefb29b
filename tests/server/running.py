"""A server on a port of this process, with a real log, store and clock; and its clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import httptools
import uvicorn
from tests.flow.live_reading import LogHistories
from tests.patience import PATIENCE_S
from tests.server.talking import Told
from websockets.asyncio.client import ClientConnection, connect

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.flow.advance import Live
from tailorbird.flow.consenting import Consents
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.governance.api_keys import ApiKey, make_key
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.purposes import table_of
from tailorbird.runtimes.front import WatchedLog
from tailorbird.runtimes.routes import parts_of
from tailorbird.server.auth import KeyCheck
from tailorbird.server.heads import BoundedHeads
from tailorbird.server.origins import Origins, PageRules
from tailorbird.server.router import Router
from tailorbird.server.serving import Serving

STORED_WRITE, WRITE = make_key("web", "write", bytes(36), 0)
STORED_ADMIN, ADMIN = make_key("ops", "admin", b"\1" * 36, 0)
STORED_READ, READ = make_key("crm", "read", b"\2" * 36, 0)
SITE = "https://shop.example"
FIELDS = ("persona", "segments", "scores.interest", "traits.seen")
PLAN = """
traits: {seen: count("Seen")}
scores: {interest: {points: {Seen: 2.5}}}
segments:
  keen: count("Seen", last="7d") >= 2
  buyer: did("Bought")
personas: [{Shopper: in_segment("buyer")}, {Looker: in_segment("keen")}]
"""


def now_us() -> int:
    return time.time_ns() // 1_000


class Event(NamedTuple):
    """An event of a stream, as a browser would see it."""

    id: str
    event: str
    data: str


class Stream:
    """An open request, whose answer comes bit by bit."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._parser = httptools.HttpResponseParser(self)
        self.headers: dict[str, str] = {}
        self.body = b""
        self.raw = b""
        self.has_begun = self.is_complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.has_begun = True

    def on_body(self, body: bytes) -> None:
        self.body += body
        self.raw += body

    def on_message_complete(self) -> None:
        self.is_complete = True

    @property
    def status(self) -> int:
        return int(self._parser.get_status_code())

    async def more(self) -> bool:
        """Take in what comes; whether there was something."""
        async with asyncio.timeout(PATIENCE_S):
            data = await self._reader.read(65_536)
        if data:
            self._parser.feed_data(data)
        return bool(data)

    async def told(self) -> Told:
        while not self.is_complete and await self.more():
            pass
        self.writer.close()
        return Told(self.status, self.headers, self.body)

    async def begun(self) -> Self:
        while not self.has_begun:
            assert await self.more()
        return self

    async def next(self) -> Event:
        """The next event that says something."""
        while True:
            while b"\n\n" not in self.body:
                assert await self.more(), "it has ended"
            block, _, self.body = self.body.partition(b"\n\n")
            lines = [line.partition(": ")[::2] for line in block.decode().split("\n")]
            fields = dict(lines)
            if "data" in fields:
                return Event(fields.get("id", ""), fields.get("event", ""), fields["data"])


class Running:
    """What a test asks of a server."""

    def __init__(self, port: int, serving: Serving, people: Live, commit: GroupCommit) -> None:
        self.port, self.serving, self.live, self.commit = port, serving, people, commit
        self.writers: list[asyncio.StreamWriter] = []

    async def ask(self, path: str, body: Any = None, method: str = "GET", **headers: str) -> Stream:
        data = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": "localhost", "Content-Length": str(len(data)), **headers}
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
        return Stream(reader, writer)

    async def post(self, path: str, body: Any, key: str = READ, **headers: str) -> Told:
        asked = await self.ask(path, body, "POST", Authorization=f"Bearer {key}", **headers)
        return await asked.told()

    async def ticket(self, id_: str, **more: Any) -> str:
        told = await self.post("/v1/tickets", {"id": id_, **more})
        assert told.status == 200, told
        return str(told.said["ticket"])

    async def listen(self, ticket: str, **headers: str) -> Stream:
        """Server-sent events of a ticket's person."""
        found = await (await self.ask(f"/v1/updates?ticket={ticket}", **headers)).begun()
        assert found.status == 200
        return found

    def socket(self, path: str, **more: Any) -> Any:
        return connect(f"ws://127.0.0.1:{self.port}{path}", open_timeout=PATIENCE_S, **more)

    async def seen(self, who: str, event: str = "Seen", **more: Any) -> None:
        """Send one event, and wait until it is taken in."""
        told = await self.post(
            "/v1/track", {"userId": who, "event": event, "writeKey": WRITE, **more}, WRITE
        )
        await self.reached(told.said["position"])

    async def sent(self, call: str, **message: Any) -> None:
        told = await self.post(f"/v1/{call}", message, WRITE)
        assert told.status == 200, told
        await self.reached(told.said["position"])

    async def reached(self, position: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.live.position < position:
                await asyncio.sleep(0.002)

    async def settled(self) -> None:
        """Wait until nobody's history has to be read any more."""
        async with asyncio.timeout(PATIENCE_S):
            while self.live.replays_wanted(1):
                await asyncio.sleep(0.002)


async def message(socket: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return json.loads(await socket.recv())


class Stopped:
    """A clock that stands still until a test puts it forward."""

    def __init__(self) -> None:
        self.now_us = now_us()

    def __call__(self) -> int:
        return self.now_us


async def _move(people: Live, serving: Serving, now_us: Callable[[], int]) -> None:
    """What the front does, over and over."""
    while not serving.closing.is_set():
        number = people.last_number
        turned = await asyncio.to_thread(people.advance, now_us())
        turned += await asyncio.to_thread(people.wake, now_us())
        told = await asyncio.to_thread(people.refold, people.replays_wanted(100))
        turned += await asyncio.to_thread(people.replayed, told)
        serving.move()
        if people.last_number != number:
            serving.tell(turned)
        seen = serving.for_pages(await asyncio.to_thread(people.to_show, now_us()))
        if seen:
            serving.show(seen)
        await asyncio.sleep(0.002)


@asynccontextmanager
async def running(
    folder: Path, plan: str = PLAN, clock: Callable[[], int] = now_us, **more: Any
) -> AsyncIterator[Running]:
    keyring = SqliteKeyring(folder / "keys.sqlite")
    log = SqliteLog(folder / "log.sqlite", keyring)
    store = SqliteState(folder / "state.sqlite")
    people = Live(log, store, live.plan(load_text(plan).definitions), LogHistories(log))
    table = table_of(load_text(plan).definitions.purposes)
    consents = Consents(
        log, SqliteConsents(folder / "consents.sqlite", keyring), lambda: table, clock
    )
    commit = GroupCommit(WatchedLog(log, consents.absorb, lambda: ""), clock)
    serving = Serving(clock, commit, log, gate=consents, recent=RecentMessages(clock, 10**7))
    serving.begin(people)
    server = uvicorn.Server(
        uvicorn.Config(
            routes(serving, keyring, **more),
            port=0,
            lifespan="off",
            log_level="warning",
            http=BoundedHeads,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=5,
        )
    )
    tasks = [
        asyncio.create_task(run)
        for run in (server.serve(), commit.run(), _move(people, serving, clock))
    ]
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    asked = Running(port, serving, people, commit)
    try:
        yield asked
    finally:
        serving.close()
        server.should_exit = True
        await tasks[0]
        for writer in asked.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        commit.close()
        await tasks[1]
        await tasks[2]
        store.close()
        consents.close()
        log.close()
        keyring.close()


def routes(
    serving: Serving,
    keyring: SqliteKeyring,
    fields: tuple[str, ...] = FIELDS,
    origins: tuple[str, ...] = (SITE,),
    keys: Sequence[ApiKey] = (STORED_READ, STORED_WRITE, STORED_ADMIN),
) -> Router:
    check = KeyCheck(lambda: keys, now_us)
    rules = PageRules(keyring.secret_for(b"tickets"), Origins(origins), fields)
    return Router(parts_of(serving, check, rules), check, sign_in=serving.sign_in)


Work = Callable[[Running], Awaitable[Any]]


def conversation(folder: Path, work: Work, **more: Any) -> None:
    """Run what a test does against a server in a folder."""

    async def both() -> None:
        async with running(folder, **more) as server:
            await work(server)

    asyncio.run(both())
