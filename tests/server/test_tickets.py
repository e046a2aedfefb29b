"""Who may get a ticket, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.server.running import SITE, Running, conversation
from tests.server.talking import READ, WRITE, Talk

from tailorbird.kernel.instants import parse_instant, zone

TICKETS, VISITORS = "/v1/tickets", "/v1/visitors"
PAGE = {"origin": SITE}


def test_a_read_key_gets_a_ticket_for_anybody_and_no_page_may_read_it(shop: Talk) -> None:
    told = shop.ask(TICKETS, "POST", body={"id": "ann", "lifetime": "5m"}, headers=PAGE)
    assert told.status == 200 and set(told.said) == {"ticket", "expires"}
    assert "access-control-allow-origin" not in told.headers
    assert parse_instant(told.said["expires"], zone("UTC")) == shop.now_us + 300_000_000


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "missing required field `id`"),
        ({"id": ""}, "id has 1 to 512"),
        ({"id": "x" * 513}, "id has 1 to 512"),
        ({"id": 5}, "`$.id`"),
        ({"id": "ann", "lifetime": "61m"}, "at most 60m"),
        ({"id": "ann", "lifetime": "0s"}, "at most 60m"),
        ({"id": "ann", "lifetime": "soon"}, "a duration such as 15m"),
        ({"id": "ann", "lifetme": "5m"}, "unknown field `lifetme`"),
        ({"id": "ann", "origin": "x" * 513}, "at most 512"),
        ({"id": "ann", "also": ["x"] * 5}, "also has at most 4 ids"),
        ({"id": "ann", "also": [""]}, "of 1 to 512"),
        ([], "the body is not what is taken here"),
    ],
)
def test_what_cannot_be_had_is_said(shop: Talk, asked: Any, says: str) -> None:
    told = shop.ask(TICKETS, "POST", body=asked)
    assert told.status == 400 and says in told.said["error"]


def test_ids_that_make_a_ticket_too_long_are_refused(shop: Talk) -> None:
    asked = {"id": "ann", "also": ["\U0001f426" * 490] * 4}
    body = json.dumps(asked, ensure_ascii=False).encode()
    told = shop.ask(TICKETS, "POST", body=body)
    assert told.status == 400 and "too long together" in told.said["error"]


def test_bodies_that_are_too_large_are_refused(shop: Talk) -> None:
    for path in (TICKETS, VISITORS):
        told = shop.ask(path, "POST", key=shop_key(path), body={"id": "x" * 9_000})
        assert told.status == 413


def shop_key(path: str) -> str:
    return READ if path == TICKETS else WRITE


def test_a_write_key_gets_tickets_for_visitors_alone(shop: Talk) -> None:
    told = shop.ask(TICKETS, "POST", key=WRITE, body={"id": "ann"})
    assert told.status == 403 and "read or admin" in told.said["error"]
    for other in ("ann", "tbv_" + "0" * 64):
        told = shop.ask(VISITORS, "POST", key=WRITE, body={"visitor": other})
        assert told.status == 400 and "made here" in told.said["error"]
    first = shop.ask(VISITORS, "POST", key=WRITE, body={}).said["visitor"]
    again = shop.ask(VISITORS, "POST", key=WRITE, body={"visitor": first})
    assert again.status == 200 and again.said["visitor"] == first
    assert shop.ask(VISITORS, "POST", key=WRITE, body={}).said["visitor"] != first


def test_a_page_may_say_the_key_in_the_body(shop: Talk) -> None:
    assert shop.ask(VISITORS, "POST", key=None, body={"writeKey": WRITE}).status == 200
    assert shop.ask(VISITORS, "POST", key=None, body={}).status == 401


@pytest.mark.parametrize("key", ["", "tb_read_00000000_00", "tbt_AAAA"])
def test_without_a_key_there_is_no_ticket(shop: Talk, key: str) -> None:
    assert shop.ask(TICKETS, "POST", key=key, body={"id": "ann"}).status == 401


def test_pages_of_sites_that_are_not_listed_get_no_visitor(shop: Talk) -> None:
    assert shop.ask(VISITORS, "POST", key=WRITE, body={}, headers=PAGE).status == 200
    other = {"origin": "https://evil.example"}
    told = shop.ask(VISITORS, "POST", key=WRITE, body={}, headers=other)
    assert told.status == 403 and "origins" in told.said["error"]


def test_a_visitors_ticket_is_for_pages_of_her_site(tmp_path: Path) -> None:
    async def work(server: Running) -> None:
        told = await server.post(VISITORS, {}, WRITE, Origin=SITE)
        path = f"/updates?ticket={told.said['ticket']}"
        assert (await (await server.ask(path, Origin="https://b.example")).told()).status == 401
        assert (await (await server.ask(path, Origin=SITE)).begun()).status == 200

    conversation(tmp_path, work, origins=(SITE, "https://b.example"))
