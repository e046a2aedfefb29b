"""A server's application over a real log and real live states, asked without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple, TypeVar

import msgspec
from tests.flow.live_reading import Service, service

from tailorbird.edges.registries.sqlite_registry import SqliteRegistry
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_quarantine import SqliteQuarantine
from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.tracking_plan import NO_PLAN
from tailorbird.flow import tail
from tailorbird.flow.consenting import Consents
from tailorbird.flow.group_commit import GroupCommit
from tailorbird.flow.hourly_samples import HourlySamples
from tailorbird.flow.quarantining import Quarantining
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.flow.rejecting import Rejecting
from tailorbird.governance.api_keys import make_key
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, SECOND
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.purposes import table_of
from tailorbird.ports.registry import Version
from tailorbird.runtimes.history_questions import HistoryQuestions
from tailorbird.runtimes.project import QUARANTINED, REGISTRY, REJECTED
from tailorbird.runtimes.routes import parts_of
from tailorbird.server.auth import KeyCheck
from tailorbird.server.origins import Origins, PageRules
from tailorbird.server.router import Router
from tailorbird.server.serving import Serving

STORED_WRITE, WRITE = make_key("web", "write", bytes(36), 0)
STORED_ADMIN, ADMIN = make_key("ops", "admin", b"\1" * 36, 0)
STORED_READ, READ = make_key("crm", "read", b"\2" * 36, 0)
RULES = PageRules(bytes(32), Origins(["https://shop.example"]), ("persona", "segments"))
KEYS = {"write": WRITE, "read": READ, "admin": ADMIN}
NOW_US = 1_700_000_000 * SECOND

DEFINITIONS = """
traits:
  seen: count("Seen")
  last_seen: last_time("Seen")
  recency: since("Seen")
  spent: sum("Bought", properties.price)
scores:
  interest: {points: {Seen: 2}}
segments:
  keen: count("Seen", last="7d") >= 2
  buyer: did("Bought")
  grown_up: traits.age >= 18
personas:
  - Shopper: in_segment("buyer")
  - Looker: in_segment("keen")
"""

Given = TypeVar("Given")


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class OwnHistory(DuckDbHistory):
    """The history of a service that runs in this process."""

    def __init__(self, running: Service) -> None:
        super().__init__(None)
        self._running = running

    def follow(self) -> None:
        tail.follow(self._running.log, self)


class Talk:
    """Asks one application; time stands still until it is moved."""

    def __init__(self, running: Service, definitions: str) -> None:
        self.running = running
        self.history = OwnHistory(running)
        version = Version(1, 0, 0, {"all.yaml": definitions}, {}, {}, "")
        with SqliteRegistry(running.folder / REGISTRY) as registry:
            registry.add(None, version)
        self.now_us = NOW_US
        self.plan = NO_PLAN
        self._runner = asyncio.Runner()
        self._runner.run(self._begin())

    async def _begin(self) -> None:
        commit = GroupCommit(self.running.log, lambda: self.now_us)
        self._committing = asyncio.create_task(commit.run())
        about = HistoryQuestions(self.history, self.running.folder).answers()
        self.serving = Serving(
            lambda: self.now_us,
            commit,
            self.running.log,
            lambda what, *given: about[what](
                *msgspec.msgpack.decode(msgspec.msgpack.encode(given))
            ),
            Rejecting(lambda: self.now_us, self._rejects),
            gate=self._gate(),
            recent=RecentMessages(lambda: self.now_us, 10**7, HourlySamples(Random(1).random)),
            quarantining=Quarantining(lambda: self.now_us, self._quarantine),
        )
        self._noting = asyncio.create_task(self.serving.rejecting.run())
        self.serving.begin(self.running.live)
        self.keys = KeyCheck(lambda: [STORED_WRITE, STORED_ADMIN, STORED_READ], lambda: self.now_us)
        parts = parts_of(self.serving, self.keys, RULES, plan=lambda: self.plan)
        serving = self.serving
        self.app = Router(
            parts, self.keys, sign_in=serving.sign_in, turned_away=serving.turned_away
        )

    def _gate(self) -> Consents:
        running = self.running
        store = SqliteConsents(None, running.keyring)
        table = table_of(running.plan.definitions.purposes)
        return Consents(running.log, store, lambda: table, lambda: self.now_us)

    def _rejects(self) -> SqliteRejects:
        return SqliteRejects(self.running.folder / REJECTED, self.running.keyring)

    def _quarantine(self) -> SqliteQuarantine:
        return SqliteQuarantine(self.running.folder / QUARANTINED, self.running.keyring)

    def close(self) -> None:
        async def end() -> None:
            self.serving.quarantining.close()
            self.serving.rejecting.close()
            await self._noting
            self.serving.commit.close()
            await self._committing

        self._runner.run(end())
        self._runner.close()
        self.history.close()

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        key: str | None = READ,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Told:
        """The answer to one request."""
        lines = dict(headers or {})
        if key is not None:
            lines["authorization"] = f"Bearer {key}"
        return self.run(ask(self.app, path, method, lines, body))

    def run(self, work: Coroutine[Any, Any, Given]) -> Given:
        """What some work gives that needs the application's event loop."""
        return self._runner.run(work)

    def pause(self) -> None:
        """Let what runs beside go on for a moment."""
        self.run(asyncio.sleep(0.01))

    def get(self, path: str, **more: Any) -> Any:
        """What is said to somebody with a read key whose question is a good one."""
        told = self.ask(path, **more)
        assert told.status == 200, told
        return told.said

    def take_in(self, *facts: Fact) -> int:
        """Facts that are in people's states; gives the position behind them."""
        self.running.accept(*facts, now_us=self.now_us)
        self.running.run_to(self.now_us)
        return self.running.log.end_position


async def ask(app: Any, path: str, method: str, headers: dict[str, str], body: Any = None) -> Told:
    before, _, query = path.partition("?")
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    incoming = [{"type": "http.request", "body": data}]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": before,
        "raw_path": before.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Told(sent[0]["status"], answered, b"".join(one["body"] for one in sent[1:]))


def seen(who: str, id_: str, called: str = "Seen", at_us: int = NOW_US - DAY, **more: Any) -> Fact:
    """A fact of somebody, of yesterday unless something else is said."""
    is_act = not called.startswith("$")
    return Fact(who, at_us, id_, called, more, {}, is_act, True, "web", 0, at_us)


@contextmanager
def talk(definitions: str = DEFINITIONS) -> Iterator[Talk]:
    with service(live.plan(load_text(definitions).definitions)) as running:
        made = Talk(running, definitions)
        try:
            yield made
        finally:
            made.close()
