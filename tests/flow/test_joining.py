"""Whoever is taken together with others hears and stores what she would alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.marking import Marking, Rules
from tailorbird.events.refusals import RejectedItem
from tailorbird.events.wire import Body, as_call, read_batch, read_single
from tailorbird.flow.group_commit import GroupCommit, OverloadedError
from tailorbird.flow.joining import Joining, Take
from tailorbird.flow.preparing import Preparing
from tailorbird.flow.receiving import Receiving
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.flow.seen_messages import Wanted
from tailorbird.governance.api_keys import ApiKey, make_key
from tailorbird.kernel.instants import SECOND
from tailorbird.ports.dialects import Result, Results

NOW_US = 1_780_000_000 * SECOND
KEY = make_key("web", "write", bytes(36), 0)[0]
LIMITED = make_key("app", "write", bytes([1] * 36), 0)[0]._replace(per_minute=5)
SAMPLED = make_key("half", "write", bytes([2] * 36), 0)[0]._replace(sample=5_000)
ROBOT = {"userAgent": "Googlebot/2.1"}
SENT = "2026-05-28T20:26:40.000Z"

Asked = tuple[Body, ApiKey, str]


def asked_by(chance: Random, number: int) -> Asked:
    """A request, which may be at fault in many ways.

    Ids come again, but only of what goes the same way: of two ways each may be the first.
    """
    call = chance.choice(("track", "track", "track", "page", "identify"))
    key = chance.choice((KEY, KEY, KEY, SAMPLED, LIMITED))
    event = chance.choice(("Seen", "Bought", "view_item", "$figure", "$consent", None))
    is_batch = not chance.randrange(8)
    is_translated = not chance.randrange(4)
    way = f"{number}" if event == "$consent" else f"{key.id} {is_batch} {is_translated} {call}"
    message: dict[str, Any] = {
        "type": call,
        "userId": chance.choice(("ann", "bob", "null", "", 7, "u" * 600)),
        "anonymousId": chance.choice(("v1", "v2", None)),
        "messageId": f"{way} {chance.randrange(20)}",
        "event": event,
        "properties": chance.choice(({}, {"price": 1.5}, {"purpose": "ads", "granted": True}, 5)),
        "context": chance.choice(({}, {"preview": True}, ROBOT, {"page": {"path": "/"}})),
        "timestamp": chance.choice((None, "2026-05-01T10:00:00Z", "never", "2036-05-01T10:00:00Z")),
        "sentAt": chance.choice((None, None, SENT)),
    }
    gone = chance.choice(("", "context", "properties", "timestamp", "event", "messageId"))
    text = msgspec.json.encode({k: v for k, v in message.items() if k != gone})
    if is_batch:
        sent = b',"sentAt":"%s"' % SENT.encode() if chance.randrange(2) else b""
        return read_batch(b'{"batch":[%s]%s}' % (text, sent)), key, "batch"
    read = as_call(read_single(text), call)
    if is_translated:  # a dialect that puts messages together has no texts of them
        read = read._replace(texts=())
    return read, key, call


class Shop:
    """All that requests go through, as in a server."""

    def __init__(self, log: SqliteLog) -> None:
        self.log = log
        self.rejects: list[RejectedItem] = []
        self.recent = RecentMessages(lambda: NOW_US, 10_000_000)
        self.commit = GroupCommit(log, lambda: NOW_US)
        new_ids = iter(range(1_000))
        preparing = Preparing(lambda: f"new{next(new_ids)}", marking=Marking(Rules()))
        self.receiving = Receiving(
            self.commit, lambda: NOW_US, preparing, self.rejects.extend, recent=self.recent
        )

    @property
    def stored(self) -> list[str]:
        rows = zip(*self.log.read(0, 10_000).columns, strict=True)
        return sorted(re.sub(r"new\d+", "new", repr(row)) for row in rows)

    @property
    def shown(self) -> list[str]:
        found = self.recent.newest(Wanted(), 10_000)
        return sorted(
            repr((seen.status, seen.call, seen.key, seen.name, seen.subject, seen.text))
            for seen in found
        )


async def results_of(shop: Shop, asked: Sequence[Asked], *, together: bool) -> list[Any]:
    writing = asyncio.create_task(shop.commit.run())
    if together:
        take = Joining(shop.receiving.take).take
        told: list[Any] = await asyncio.gather(
            *(take(*one) for one in asked), return_exceptions=True
        )
    else:
        told = []
        for one in asked:
            try:
                told.append(await shop.receiving.take(*one))
            except OverloadedError as error:
                told.append(error)
    shop.commit.close()
    await writing
    return told


def said(told: Any) -> Any:
    if isinstance(told, Exception):
        return repr(told)
    one = told.results[0]
    has_id = one.message_id is not msgspec.UNSET
    return told.success, len(told.results), one.status, one.reason, one.warning, has_id


@pytest.mark.parametrize("seed", range(25))
def test_together_is_the_same_as_one_by_one(seed: int) -> None:
    chance = Random(seed)
    count = chance.choice((2, 10, 60, 150))
    asked = [asked_by(chance, number) for number in range(count)]
    with (
        SqliteKeyring(None) as keyring,
        SqliteLog(None, keyring) as one,
        SqliteLog(None, keyring) as other,
    ):
        apart, beside = Shop(one), Shop(other)
        alone = asyncio.run(results_of(apart, asked, together=False))
        told = asyncio.run(results_of(beside, asked, together=True))
        assert list(map(said, told)) == list(map(said, alone))
        assert sorted(map(repr, beside.rejects)) == sorted(map(repr, apart.rejects))
        assert beside.stored == apart.stored
        assert beside.shown == apart.shown


def body(id_: str, **more: Any) -> Body:
    return read_single(msgspec.json.encode({"messageId": id_, "event": "Seen", **more}))


async def all_of(take: Take, bodies: Sequence[Body]) -> list[Any]:
    asked = (take(one, KEY, "track") for one in bodies)
    return await asyncio.gather(*asked, return_exceptions=True)


def test_what_nobody_foresaw_fails_the_one_alone() -> None:
    async def take(given: Body, _key: ApiKey, _call: str) -> Results:
        if any(message["messageId"] == "bad" for message, _ in given.messages):
            raise ZeroDivisionError
        return Results(True, 7, [Result("accepted") for _ in given.messages])

    told = asyncio.run(all_of(Joining(take).take, [body("a"), body("bad"), body("b")]))
    assert [type(one) for one in told] == [Results, ZeroDivisionError, Results]


def test_who_is_refused_together_is_refused() -> None:
    asked: list[int] = []

    async def take(given: Body, _key: ApiKey, _call: str) -> Results:
        asked.append(len(given.messages))
        raise OverloadedError(3)

    told = asyncio.run(all_of(Joining(take).take, [body("a"), body("b")]))
    assert [repr(one) for one in told] == [repr(OverloadedError(3))] * 2
    assert asked == [2]


@pytest.mark.parametrize("more", [{"event": "$consent"}, {"sentAt": None}])
def test_what_is_not_the_same_among_others_is_taken_alone(more: dict[str, Any]) -> None:
    asked: list[Body] = []

    async def take(given: Body, _key: ApiKey, _call: str) -> Results:
        asked.append(given)
        return Results(True, 7, [Result("accepted") for _ in given.messages])

    one = body("b", **more)
    if "sentAt" in more:
        one = one._replace(shared={"sentAt": SENT})
    asyncio.run(all_of(Joining(take).take, [body("a"), one, body("c")]))
    assert one in asked and len(asked) == 2


def test_who_went_away_takes_nobody_with_her() -> None:
    async def take(given: Body, _key: ApiKey, _call: str) -> Results:
        return Results(True, 7, [Result("accepted") for _ in given.messages])

    async def work() -> None:
        joining = Joining(take)
        gone, stays = (asyncio.ensure_future(joining.take(body(i), KEY, "t")) for i in "ab")
        await asyncio.sleep(0)
        gone.cancel()
        assert (await stays).success

    asyncio.run(work())
