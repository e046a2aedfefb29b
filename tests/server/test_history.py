"""What only the history knows is told over HTTP as the command line tells it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any
from urllib.parse import quote

import pytest
from tests.flow.live_reading import LogHistories
from tests.patience import PATIENCE_S
from tests.server.talking import NOW_US, READ, Talk, ask, seen, talk

from tailorbird.edges.local_socket import GoneError
from tailorbird.flow.explain import explained
from tailorbird.flow.telling import explanation_json
from tailorbird.kernel import limits
from tailorbird.kernel.facts import MERGE, TRAITS
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.values import UNIT
from tailorbird.server import serving
from tailorbird.server.answers import encoded


def test_a_timeline_has_all_facts_of_the_person_the_newest_first(shop: Talk) -> None:
    shop.take_in(
        seen("ann", "m1", price=2 * UNIT),
        seen("v1", "m2", at_us=NOW_US - HOUR),
        seen("ann", "m3", MERGE, other="v1"),
        seen("bob", "m4"),
    )
    found = shop.get("/v1/profiles/v1/timeline")
    assert found["next"] is None
    assert [fact["id"] for fact in found["facts"]] == ["m2", "m3", "m1"]
    assert found["facts"][2] == {
        "time": "2023-11-13T22:13:20Z",
        "name": "Seen",
        "id": "m1",
        "properties": {"price": 2},
        "context": {},
        "source": "web",
    }


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 1_000])
def test_pages_of_a_timeline_tell_every_fact_once(shop: Talk, limit: int) -> None:
    times = [NOW_US - DAY, NOW_US - DAY, NOW_US - DAY, NOW_US - HOUR, NOW_US - HOUR, NOW_US]
    shop.take_in(*(seen("ann", f"m:{n} ", at_us=at) for n, at in enumerate(times)))
    told, before = [], ""
    while True:
        page = shop.get(f"/v1/profiles/ann/timeline?limit={limit}{before}")
        told += [fact["id"] for fact in page["facts"]]
        if page["next"] is None:
            break
        before = f"&before={quote(page['next'])}"
        shop.take_in(seen("ann", f"x{len(told)}", at_us=NOW_US))
    assert [id_ for id_ in told if id_[0] == "m"] == [f"m:{n} " for n in reversed(range(6))]


def test_what_lies_in_the_future_is_not_told_yet(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"), seen("ann", "m2", at_us=NOW_US + 1))
    assert len(shop.get("/v1/profiles/ann/timeline")["facts"]) == 1
    shop.now_us += 1
    assert len(shop.get("/v1/profiles/ann/timeline")["facts"]) == 2


def test_all_traits_that_were_sent_can_be_asked_for(shop: Talk) -> None:
    shop.take_in(
        seen("ann", "m1", TRAITS, city="Ulm", age=30 * UNIT, plan="free"),
        seen("ann", "m2", TRAITS, at_us=NOW_US - HOUR, plan="pro", city=None),
        seen("bob", "m3", MERGE, other="v7"),
    )
    found = shop.get("/v1/profiles/ann?fields=traits,sent")
    assert found["sent"] == {"age": 30, "plan": "pro"}
    assert "plan" not in found["traits"] and found["traits"]["age"] == 30
    assert "sent" not in shop.get("/v1/profiles/ann")
    assert shop.get("/v1/profiles/bob?fields=sent") == {"person": "bob", "sent": {}}
    assert shop.get("/v1/profiles/v7?fields=sent") == {"person": "bob", "sent": {}}


@pytest.mark.parametrize("known", ["now", "then"])
@pytest.mark.parametrize("name", ["keen", "interest", "seen", "persona", "Looker"])
def test_an_explanation_is_that_of_the_command_line(shop: Talk, name: str, known: str) -> None:
    kinds: dict[str, Any] = {"interest": "score", "seen": "trait", "Looker": "persona"}
    key = ("persona", "") if name == "persona" else (kinds.get(name, "segment"), name)
    shop.take_in(seen("ann", "m1"), seen("ann", "m2", at_us=NOW_US - HOUR), seen("bob", "m3"))
    shop.history.follow()
    wanted = explained(
        shop.history,
        shop.running.plan.definitions,
        key,
        "ann",
        NOW_US - HOUR,
        known_then=known == "then",
    )
    path = f"/v1/profiles/ann/explain/{name}?at=2023-11-14T21:13:20Z&known={known}"
    told = explanation_json(wanted, known_then=known == "then")
    assert shop.get(path) == {**json.loads(encoded(told)), "consent": {}}


def test_without_an_instant_it_is_now_that_is_explained(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"), seen("ann", "m2"))
    found = shop.get("/v1/profiles/ann/explain/keen")
    assert (found["at"], found["value"]) == ("2023-11-14T22:13:20Z", True)
    assert found["changes_at"] == "2023-11-20T22:13:20Z"


def test_whoever_wrote_reads_it_in_the_history(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    shop.running.accept(seen("ann", "m2"), now_us=NOW_US)
    assert len(shop.get("/v1/profiles/ann/timeline?min_position=2")["facts"]) == 2
    told = shop.ask("/v1/profiles/ann/explain/seen?min_position=3")
    assert (told.status, told.said["error"]) == (400, "min_position 3 lies behind the log's end, 2")


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/v1/profiles/Ann/timeline", 404, "no fact of 'Ann'; did you mean 'ann'?"),
        ("/v1/profiles/zoe/explain/keen", 404, "no fact of 'zoe'"),
        ("/v1/profiles/ann/explain/kene", 404, "did you mean 'keen'?"),
        ("/v1/profiles/ann/explain/keen?kind=score", 404, "there is no score 'keen'"),
        ("/v1/profiles/ann/explain/keen?kind=skore", 400, "did you mean 'score'?"),
        ("/v1/profiles/ann/explain/keen?at=yesterday", 400, "at is an instant like"),
        ("/v1/profiles/ann/timeline?before=m1", 400, "before is the `next` of the page before"),
        ("/v1/profiles/ann/timeline?limit=1001", 400, "limit is a number from 1 to 1,000"),
    ],
)
def test_what_is_not_there_or_not_good_is_told(
    shop: Talk, path: str, status: int, says: str
) -> None:
    shop.take_in(seen("ann", "m1"))
    told = shop.ask(path)
    assert told.status == status, told
    assert says in told.said["error"]


def test_a_name_that_several_kinds_have_takes_the_kind() -> None:
    both = "scores: {one: {points: {Seen: 1}}}\nsegments: {one: did('Seen')}\n"
    with talk(both) as shop:
        shop.take_in(seen("ann", "m1"))
        told = shop.ask("/v1/profiles/ann/explain/one")
        assert told.status == 400 and "give kind" in told.said["error"]
        assert shop.get("/v1/profiles/ann/explain/one?kind=score")["value"] == 1


PATHS = [
    "/v1/profiles/ann/timeline",
    "/v1/profiles/ann/explain/keen",
    "/v1/profiles/ann?fields=sent",
]


@pytest.mark.parametrize("path", PATHS)
def test_while_the_history_is_away_one_is_told_to_come_again(shop: Talk, path: str) -> None:
    def away(*_: object) -> bytes:
        raise GoneError

    shop.take_in(seen("ann", "m1"))
    shop.serving._history = away
    told = shop.ask(path)
    assert (told.status, told.headers["retry-after"]) == (503, "2")
    assert "started again" in told.said["error"]
    assert shop.ask("/v1/profiles/ann").status == 200


def test_whoever_is_too_large_to_be_kept_needs_the_history_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise GoneError

    with talk('traits: {spent: \'sum("Seen", properties.n, last="7d")\'}') as shop:
        many = range(limits.BAG_ENTRIES + 1)
        shop.take_in(*(seen("ann", f"m{n}", at_us=NOW_US - n, n=n * UNIT) for n in many))
        assert shop.get("/v1/profiles/ann")["traits"] == {"spent": sum(many)}
        monkeypatch.setattr(LogHistories, "facts_of", away)
        told = shop.ask("/v1/profiles/ann")
        assert (told.status, told.headers["retry-after"]) == (503, "2")
        body = {"ids": ["bob", "ann"]}
        assert shop.ask("/v1/profiles", "POST", body=body).status == 503


def test_a_slow_history_holds_up_nobody_else_and_is_not_waited_for_for_ever(
    shop: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.take_in(seen("ann", "m1"))
    go_on = threading.Event()

    def slow(*_: object) -> bytes:
        go_on.wait(PATIENCE_S)
        return b'{"facts": [], "next": null}'

    shop.serving._history = slow
    monkeypatch.setattr(serving, "HISTORY_S", 0.05)
    headers = {"authorization": f"Bearer {READ}"}

    async def many() -> list[int]:
        async def get(path: str) -> int:
            return (await ask(shop.app, path, "GET", headers)).status

        crowd = limits.HISTORY_QUESTIONS + 3
        waiting = [asyncio.create_task(get(PATHS[0])) for _ in range(crowd)]
        await asyncio.sleep(0)
        assert await get("/v1/profiles/ann") == 200
        found = [await one for one in waiting]
        assert await get(PATHS[0]) == 503
        go_on.set()
        while shop.serving._asking:
            await asyncio.sleep(0.01)
        monkeypatch.setattr(serving, "HISTORY_S", PATIENCE_S)
        return [*found, await get(PATHS[0])]

    told = shop.run(many())
    assert set(told[:-1]) == {503}
    assert told[-1] == 200
