"""A page hears of its visitor over a real connection, and of nobody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.patience import PATIENCE_S
from tests.server.running import ADMIN, SITE, WRITE, Running, Stopped, conversation, message
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tailorbird.kernel.instants import MINUTE, SECOND
from tailorbird.runtimes.front import allow_many_files

NOBODY = (
    '{"type":"profile_update","newProfile":{"persona":null,"segments":[],'
    '"scores":{"interest":null},"traits":{"seen":null},"version":"%s"}}'
)
ONCE = (
    '{"type":"profile_update","newProfile":{"persona":null,"segments":[],'
    '"scores":{"interest":2.5},"traits":{"seen":1},"version":"%s"}}'
)


def test_a_socket_says_the_message_to_the_byte(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        ticket = await server.ticket("ann")
        async with server.socket(f"/updates?ticket={ticket}") as socket:
            first = await socket.recv()
            assert first == NOBODY % json.loads(first)["newProfile"]["version"]
            await server.seen("ann")
            said = await socket.recv()
            assert said == ONCE % json.loads(said)["newProfile"]["version"]
            await server.seen("ann")
            found = (await message(socket))["newProfile"]
            assert (found["persona"], found["segments"]) == ("Looker", ["keen"])

    conversation(tmp_path, work)


def test_a_stream_says_the_same_with_its_version_as_id(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await server.listen(await server.ticket("ann"))
        assert stream.headers["content-type"] == "text/event-stream"
        await server.seen("ann")
        first, said = await stream.next(), await stream.next()
        assert (first.data, first.event) == (NOBODY % first.id, "")
        assert (said.data, said.event) == (ONCE % said.id, "")
        assert (
            stream.raw
            == (
                f"retry: 2000\n\nid: {first.id}\ndata: {first.data}\n\n"
                f"id: {said.id}\ndata: {said.data}\n\n"
            ).encode()
        )

    conversation(tmp_path, work)


def test_a_page_hears_of_its_own_person_alone(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await server.listen(await server.ticket("ann"))
        await stream.next()
        for _ in range(5):
            await server.seen("bob")
        await server.seen("ann")
        assert json.loads((await stream.next()).data)["newProfile"]["traits"] == {"seen": 1}

    conversation(tmp_path, work)


@pytest.mark.parametrize("fields", [("persona",), ("segments.buyer",), ("traits.seen",)])
def test_a_page_sees_the_listed_fields_alone(tmp_path: Path, fields: tuple[str, ...]) -> None:
    async def work(server: Running) -> None:
        await server.seen("ann")
        await server.seen("ann", "Bought")
        stream = await server.listen(await server.ticket("ann"))
        found = json.loads((await stream.next()).data)["newProfile"]
        whole: dict[str, Any] = {
            "persona": {"persona": "Shopper"},
            "segments.buyer": {"segments": ["buyer"]},
            "traits.seen": {"traits": {"seen": 1}},
        }
        assert found == {**whole[fields[0]], "version": found["version"]}

    conversation(tmp_path, work, fields=fields)


def test_nothing_is_pushed_unless_fields_are_listed(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        told = await (await server.ask(f"/updates?ticket={await server.ticket('ann')}")).told()
        assert told.status == 403
        assert "push_fields" in told.said["error"]

    conversation(tmp_path, work, fields=())


def test_who_comes_again_with_an_id_gets_only_what_is_newer(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        await server.seen("ann")
        ticket = await server.ticket("ann")
        stream = await server.listen(ticket)
        known = (await stream.next()).id
        stream.writer.close()
        again = await server.listen(ticket, Last_Event_ID=known)
        await server.seen("ann")
        found = json.loads((await again.next()).data)
        assert found["newProfile"]["traits"] == {"seen": 2}
        known = found["newProfile"]["version"]
        path = f"/updates?ticket={ticket}&last_event_id="
        async with server.socket(path + known) as socket:
            await server.seen("ann", "Bought")
            assert (await message(socket))["newProfile"]["persona"] == "Shopper"
        async with server.socket(path + known) as socket:  # what was missed is said at once
            assert (await message(socket))["newProfile"]["persona"] == "Shopper"

    conversation(tmp_path, work)


def test_a_ticket_follows_its_person_when_she_is_joined_with_another(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        await server.seen("zoe")
        await server.seen("ann")
        stream = await server.listen(await server.ticket("zoe", also=["ann"]))
        await stream.next()
        await server.sent("alias", previousId="zoe", userId="ann")
        found = json.loads((await stream.next()).data)["newProfile"]
        assert (found["traits"], found["segments"]) == ({"seen": 2}, ["keen"])
        await server.seen("ann")
        found = json.loads((await stream.next()).data)["newProfile"]
        assert found["traits"] == {"seen": 3}

    conversation(tmp_path, work)


def test_an_end_by_the_passing_of_time_is_pushed(tmp_path: Path) -> None:
    clock = Stopped()

    async def work(server: Running) -> None:
        stream = await server.listen(await server.ticket("ann"))
        await server.seen("ann")
        found = [json.loads((await stream.next()).data)["newProfile"] for _ in range(2)]
        clock.now_us += 5 * MINUTE
        found.append(json.loads((await stream.next()).data)["newProfile"])
        assert [one["segments"] for one in found] == [[], ["now"], []]

    plan = 'segments:\n  now: count("Seen", last="5m") >= 1'
    conversation(tmp_path, work, plan=plan, fields=("segments",), clock=clock)


# Tickets and sites


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "say ?ticket="),
        ("?ticket=tbt_AAAA", "not from here"),
        ("?ticket=ann", "no ticket"),
    ],
)
def test_without_a_good_ticket_nothing_is_told(tmp_path: Path, query: str, says: str) -> None:
    async def work(server: Running) -> None:
        told = await (await server.ask(f"/updates{query}")).told()
        assert told.status == 401 and says in told.said["error"]
        async with server.socket(f"/updates{query}") as socket:
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4401 and says in ended.value.rcvd.reason

    conversation(tmp_path, work)


def test_a_ticket_of_another_workspace_is_refused(tmp_path: Path) -> None:
    found: list[str] = []

    async def other(server: Running) -> None:
        found.append(await server.ticket("ann"))

    async def work(server: Running) -> None:
        told = await (await server.ask(f"/updates?ticket={found[0]}")).told()
        assert told.status == 401 and "not from here" in told.said["error"]

    for name, does in (("one", other), ("two", work)):
        (tmp_path / name).mkdir()
        conversation(tmp_path / name, does)


def test_a_ticket_ends_and_so_does_what_was_opened_with_it(tmp_path: Path) -> None:
    clock = Stopped()  # it cannot be too old before something was opened with it

    async def work(server: Running) -> None:
        ticket = await server.ticket("ann", lifetime="1s")
        stream = await server.listen(ticket)
        async with server.socket(f"/updates?ticket={ticket}") as socket:
            with pytest.raises(ConnectionClosed) as ended:
                while True:  # it may end before anything is said
                    await message(socket)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4401
        while (ending := await stream.next()).event != "end":
            pass
        assert json.loads(ending.data)["code"] == 4401
        assert (await stream.told()).status == 200
        clock.now_us += SECOND
        told = await (await server.ask(f"/updates?ticket={ticket}")).told()
        assert told.status == 401 and "too old" in told.said["error"]

    conversation(tmp_path, work, clock=clock)


def test_pages_of_sites_that_are_not_listed_are_refused(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        path = f"/updates?ticket={await server.ticket('ann')}"
        for origin in ("https://evil.example", "null", SITE + ".evil.example", SITE + ":8443"):
            told = await (await server.ask(path, Origin=origin)).told()
            assert told.status == 403 and "origins" in told.said["error"]
            assert "access-control-allow-origin" not in told.headers
            with pytest.raises(InvalidStatus) as refused:
                async with server.socket(path, origin=origin):
                    pass
            assert refused.value.response.status_code == 403
        stream = await (await server.ask(path, Origin=SITE)).begun()
        assert stream.headers["access-control-allow-origin"] == SITE
        async with server.socket(path, origin=SITE) as socket:
            assert (await message(socket))["type"] == "profile_update"

    conversation(tmp_path, work)


def test_a_ticket_for_one_site_is_of_no_use_to_another(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        ticket = await server.ticket("ann", origin=SITE)
        path = f"/updates?ticket={ticket}"
        assert (await (await server.ask(path, Origin="https://b.example")).told()).status == 401
        assert (await (await server.ask(path, Origin=SITE)).begun()).status == 200

    conversation(tmp_path, work, origins=(SITE, "https://b.example"))


def test_a_visitor_of_a_page_is_followed_until_she_is_linked(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        told = await server.post("/v1/visitors", {}, WRITE, Origin=SITE)
        assert told.headers["access-control-allow-origin"] == SITE
        visitor, path = told.said["visitor"], f"/updates?ticket={told.said['ticket']}"
        await server.seen("boss")
        async with server.socket(path, origin=SITE) as socket:
            await message(socket)
            await server.sent("track", anonymousId=visitor, event="Seen")
            assert (await message(socket))["newProfile"]["traits"] == {"seen": 1}
            # Everybody can read the write key and say to be somebody.
            await server.sent("identify", anonymousId=visitor, userId="boss")
            with pytest.raises(ConnectionClosed) as ended:
                await message(socket)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4403
        again = await server.post("/v1/visitors", {"visitor": visitor}, WRITE, Origin=SITE)
        async with server.socket(f"/updates?ticket={again.said['ticket']}") as socket:
            with pytest.raises(ConnectionClosed) as ended:
                await message(socket)
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 4403

    conversation(tmp_path, work)


# Everybody can read the write key, and say with it to be somebody


VICTIM, SECRET = "ann", {"seen": 4}
UUID = "0e6f5a9c-7a44-4f0b-8d0e-4f7a3c1d2b90"
OTHER = "5b0c8a52-1f0e-4e0f-9f3a-2b9d0c7e6a11"


async def identified(server: Running, user: str, visitor: str) -> None:
    await server.sent("identify", userId=user, anonymousId=visitor)


async def claims_her_as_a_visitor(server: Running, victim: str) -> None:
    await identified(server, "mallory", victim)


async def is_both_in_one_browser(server: Running, victim: str) -> None:
    await identified(server, victim, UUID)
    await identified(server, "mallory", UUID)


async def goes_over_another_browser(server: Running, victim: str) -> None:
    await identified(server, "mallory", UUID)
    await server.sent("alias", userId=victim, previousId=OTHER)
    await server.sent("alias", userId=UUID, previousId=OTHER)


async def says_she_was_called_so_before(server: Running, victim: str) -> None:
    await server.sent("alias", userId="mallory", previousId=victim)


async def says_to_be_called_so_now(server: Running, victim: str) -> None:
    await server.sent("alias", userId=victim, previousId="mallory")


ATTACKS = (
    claims_her_as_a_visitor,
    is_both_in_one_browser,
    goes_over_another_browser,
    says_she_was_called_so_before,
    says_to_be_called_so_now,
)


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("attack", ATTACKS)
def test_who_is_logged_in_reads_nobody_else_by_saying_to_be_her(
    tmp_path: Path, attack: Any, is_open: bool
) -> None:
    async def work(server: Running) -> None:
        for _ in range(4):
            await server.seen(VICTIM)
        ticket = await server.ticket("mallory")  # her own shop knows that she is mallory
        if not is_open:
            await attack(server, VICTIM)
        async with server.socket(f"/updates?ticket={ticket}") as socket:
            if is_open:
                await message(socket)
                await attack(server, VICTIM)
            heard = []
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    heard.append((await message(socket))["newProfile"]["traits"])
        assert SECRET not in heard
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 4403

    conversation(tmp_path, work)


@pytest.mark.parametrize("attack", [is_both_in_one_browser, goes_over_another_browser])
def test_nor_somebody_whose_id_looks_like_that_of_a_visitor(tmp_path: Path, attack: Any) -> None:
    async def work(server: Running) -> None:
        victim = "c3f1e0aa-9d0b-4a57-b0f0-1d2e3f405162"
        await server.seen(victim)
        await attack(server, victim)
        async with server.socket(f"/updates?ticket={await server.ticket('mallory')}") as socket:
            with pytest.raises(ConnectionClosed) as ended:
                await message(socket)
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 4403

    conversation(tmp_path, work)


def test_what_she_did_as_a_visitor_is_shown_to_a_user(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        made = (await server.post("/v1/visitors", {}, WRITE, Origin=SITE)).said["visitor"]
        for visitor in (made, UUID):
            await server.sent("track", anonymousId=visitor, event="Seen")
            await identified(server, "mallory", visitor)
        stream = await server.listen(await server.ticket("mallory"))
        assert json.loads((await stream.next()).data)["newProfile"]["traits"] == {"seen": 2}

    conversation(tmp_path, work)


def test_who_was_said_to_be_another_is_shown_again_when_that_was_taken_back(
    tmp_path: Path,
) -> None:
    async def work(server: Running) -> None:
        await server.seen("mallory")
        await server.sent("alias", userId="mallory", previousId=VICTIM, messageId="a lie")
        told = await server.post(
            "/v1/track",
            {"userId": VICTIM, "event": "$unmerge", "properties": {"links": ["a lie"]}},
            ADMIN,
        )
        await server.reached(told.said["position"])
        await server.settled()
        stream = await server.listen(await server.ticket("mallory"))
        assert json.loads((await stream.next()).data)["newProfile"]["traits"] == {"seen": 1}

    conversation(tmp_path, work)


# Connections


def test_too_many_pages_of_one_person_and_of_all_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.kernel.limits.PAGES", 3)
    monkeypatch.setattr("tailorbird.kernel.limits.PAGES_PER_PERSON", 2)

    async def work(server: Running) -> None:
        ann, bob = await server.ticket("ann"), await server.ticket("bob")
        open_ones = [await server.listen(ann), await server.listen(ann)]
        told = await (await server.ask(f"/updates?ticket={ann}")).told()
        assert told.status == 503 and "for this person" in told.said["error"]
        open_ones.append(await server.listen(bob))
        with pytest.raises(InvalidStatus) as refused:
            async with server.socket(f"/updates?ticket={bob}"):
                pass
        assert refused.value.response.status_code == 503
        open_ones[0].writer.close()
        async with asyncio.timeout(PATIENCE_S):
            while (
                await (asked := await server.ask(f"/updates?ticket={bob}")).begun()
            ).status != 200:
                asked.writer.close()

    conversation(tmp_path, work)


def test_pages_of_visitors_leave_room_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailorbird.kernel.limits.VISITORS_PAGES", 1)

    async def work(server: Running) -> None:
        told = [await server.post("/v1/visitors", {}, WRITE, Origin=SITE) for _ in range(2)]
        first = await server.listen(told[0].said["ticket"])
        refused = await (await server.ask(f"/updates?ticket={told[1].said['ticket']}")).told()
        assert refused.status == 503 and "visitors" in refused.said["error"]
        await server.listen(await server.ticket("ann"))
        first.writer.close()
        async with asyncio.timeout(PATIENCE_S):
            while (
                await (
                    asked := await server.ask(f"/updates?ticket={told[1].said['ticket']}")
                ).begun()
            ).status != 200:
                asked.writer.close()

    conversation(tmp_path, work)


def test_a_page_that_says_something_is_sent_away(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        async with server.socket(f"/updates?ticket={await server.ticket('ann')}") as socket:
            await message(socket)
            await socket.send("hello")
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
            assert ended.value.rcvd is not None and ended.value.rcvd.code == 1003

    conversation(tmp_path, work)


def test_a_silent_stream_is_kept_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailorbird.server.feeds.HEARTBEAT_S", 0.05)

    async def work(server: Running) -> None:
        stream = await server.listen(await server.ticket("ann"))
        await stream.next()
        while stream.raw.count(b"\n\n:\n\n") < 1 or stream.raw.count(b":\n\n") < 3:
            assert await stream.more()

    conversation(tmp_path, work)


def test_all_streams_end_with_a_word_when_the_server_ends(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        ticket = await server.ticket("ann")
        stream = await server.listen(ticket)
        async with server.socket(f"/updates?ticket={ticket}") as socket:
            await socket.recv()
            server.serving.close()
            with pytest.raises(ConnectionClosed) as ended:
                await socket.recv()
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 1001
        await stream.next()
        assert (await stream.next()).event == "end"
        assert (await stream.told()).status == 200
        told = await (await server.ask(f"/updates?ticket={ticket}")).told()
        assert told.status == 503

    conversation(tmp_path, work)


def test_other_methods_and_other_sockets_are_refused(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        assert (await server.post("/updates", {})).status == 405
        with pytest.raises(InvalidStatus):
            async with server.socket("/v1/track"):
                pass

    conversation(tmp_path, work)


LARGE = 200_000
NOTED = "segments:\n  noted: traits.note == 'x'"


async def note(server: Running, number: int) -> str:
    """Change a trait to something large."""
    text = f"{number:05}" + "x" * LARGE
    await server.sent("identify", userId="ann", traits={"note": text})
    return text


def test_who_reads_slowly_gets_the_newest_and_not_what_was_between(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        stream = await server.listen(await server.ticket("ann"))
        for number in range(60):
            last = await note(server, number)
        count, text = 0, None
        while text != last:
            text = json.loads((await stream.next()).data)["newProfile"]["traits"]["note"]
            count += 1
        assert count < 55

    conversation(tmp_path, work, plan=NOTED, fields=("traits.note",))


def test_who_takes_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tailorbird.server.feeds.SLOW_S", 0.3)
    monkeypatch.setattr("tailorbird.kernel.limits.PAGES", 2)

    async def work(server: Running) -> None:
        ticket = await server.ticket("ann")
        await server.listen(ticket)
        socket = server.socket(f"/updates?ticket={ticket}", max_queue=1, ping_interval=None)
        async with socket:
            for number in range(60):
                await note(server, number)
            # Both places are free again, although neither client has closed anything.
            for _ in range(2):
                await until_open(server, ticket)

    conversation(tmp_path, work, plan=NOTED, fields=("traits.note",))


async def until_open(server: Running, ticket: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await (await server.ask(f"/updates?ticket={ticket}")).begun()).status != 200:
            await asyncio.sleep(0.05)


def test_a_thousand_pages_wait_and_each_hears_of_its_own_person(tmp_path: Path) -> None:
    allow_many_files()

    async def work(server: Running) -> None:
        people = [f"p{number}" for number in range(50)]
        tickets = {who: await server.ticket(who) for who in people}
        open_ones = [(who, await server.listen(tickets[who])) for _ in range(20) for who in people]
        for _, stream in open_ones:
            await stream.next()
        await server.seen("p7")
        for who, stream in open_ones:
            if who == "p7":
                found = json.loads((await stream.next()).data)["newProfile"]
                assert found["traits"] == {"seen": 1}
        server.serving.close()
        for _, stream in open_ones:
            assert (await stream.next()).event == "end"

    conversation(tmp_path, work)


GATED = """
traits: {seen: {value: count("Seen"), purpose: analytics}}
scores: {interest: {points: {Seen: 2.5}}}
segments:
  keen: {when: count("Seen") >= 1, purpose: personalisation}
  buyer: did("Bought")
personas: [{Looker: in_segment("keen")}]
"""


def test_a_page_is_shown_nothing_that_its_person_did_not_agree_to(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        async def shown(stream: Any) -> Any:
            found = json.loads((await stream.next()).data)["newProfile"]
            return found["persona"], found["segments"], found["traits"], found["scores"]

        async def says(purpose: str, granted: bool) -> None:
            said = {"purpose": purpose, "granted": granted}
            await server.sent("track", userId="ann", event="$consent", properties=said)

        await server.seen("ann")
        await server.seen("ann", "Bought")
        stream = await server.listen(await server.ticket("ann"))
        interest = {"interest": 2.5}
        assert await shown(stream) == (None, ["buyer"], {"seen": None}, interest)
        await says("personalisation", True)
        assert await shown(stream) == ("Looker", ["buyer", "keen"], {"seen": None}, interest)
        await says("analytics", True)
        assert await shown(stream) == ("Looker", ["buyer", "keen"], {"seen": 1}, interest)
        await says("personalisation", False)
        assert await shown(stream) == (None, ["buyer"], {"seen": 1}, interest)
        again = await server.listen(await server.ticket("ann"))
        assert await shown(again) == (None, ["buyer"], {"seen": 1}, interest)

    conversation(tmp_path, work, plan=GATED)
