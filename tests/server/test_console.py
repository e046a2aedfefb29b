"""A browser is signed in by a link, and is then as good as an admin key; no other page is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from tests.server.talking import WRITE, Talk, Told, ask, seen

from tailorbird.kernel import limits
from tailorbird.kernel.instants import HOUR, MINUTE
from tailorbird.server.answers import Answer
from tailorbird.server.asked import Asked
from tailorbird.server.assets import BuiltFiles
from tailorbird.server.auth import KeyCheck
from tailorbird.server.console import Console
from tailorbird.server.router import Router
from tailorbird.server.sign_in import SignIn
from tailorbird.server.table import Route, answers

OWN = {"host": "tb.example", "origin": "http://tb.example"}
OTHER = {"host": "tb.example", "origin": "http://evil.example", "sec-fetch-site": "cross-site"}
NEIGHBOUR = {"host": "h:80", "origin": "http://h:3000", "sec-fetch-site": "same-site"}
SESSION = "/console/session"


def enter(shop: Talk, token: str, headers: dict[str, str] = OWN) -> Told:
    return shop.ask(SESSION, "POST", key=None, body={"token": token}, headers=headers)


def signed_in(shop: Talk) -> dict[str, str]:
    """The header that a signed-in browser sends."""
    told = enter(shop, shop.serving.sign_in.link())
    assert told.status == 200 and told.said["signed_in"]
    return {"cookie": told.headers["set-cookie"].partition(";")[0]}


def status(shop: Talk, path: str, headers: dict[str, str], method: str = "GET", **more: Any) -> int:
    return shop.ask(path, method, key=None, headers=headers, **more).status


def test_a_link_signs_in_once_and_says_how_to_get_another(shop: Talk) -> None:
    link = shop.serving.sign_in.link()
    assert enter(shop, link).status == 200
    told = enter(shop, link)
    assert told.status == 401 and "`tailorbird open`" in told.said["error"]
    assert "set-cookie" not in told.headers


def test_a_link_that_is_only_opened_stays_good(shop: Talk) -> None:
    link = shop.serving.sign_in.link()
    for method in ("GET", "HEAD"):
        assert status(shop, f"/console/enter?token={link}", {}, method) in (200, 404)
    assert enter(shop, link).status == 200


def test_a_link_is_too_old_after_some_minutes(shop: Talk) -> None:
    link = shop.serving.sign_in.link()
    shop.now_us += limits.SIGN_IN_MINUTES * MINUTE
    assert enter(shop, link).status == 401


@pytest.mark.parametrize("headers", [OTHER, NEIGHBOUR, {}, {"host": "tb.example"}])
def test_no_other_page_can_sign_a_browser_in_or_out(shop: Talk, headers: dict[str, str]) -> None:
    link = shop.serving.sign_in.link()
    assert enter(shop, link, headers).status == 403
    cookie = signed_in(shop)
    assert status(shop, SESSION, {**cookie, **headers}, "DELETE") == 403
    assert status(shop, "/v1/debugger", cookie) == 200


def test_who_is_signed_in_reads_what_an_admin_key_reads(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    for path in ("/v1/profiles/ann", "/v1/debugger", "/v1/rejects", "/v1/definitions"):
        assert status(shop, path, {}) == 401
        assert status(shop, path, signed_in(shop)) == 200
        assert status(shop, path, {"cookie": "tailorbird=" + "0" * 64}) == 401


@pytest.mark.parametrize("headers", [OTHER, NEIGHBOUR, {}])
def test_what_is_posted_has_to_come_from_the_own_page(shop: Talk, headers: dict[str, str]) -> None:
    cookie, body = signed_in(shop), {"ids": ["ann"]}
    assert status(shop, "/v1/profiles", {**cookie, **OWN}, "POST", body=body) == 200
    assert status(shop, "/v1/profiles", {**cookie, **headers}, "POST", body=body) == 403


def test_a_session_sends_no_events_and_is_nothing_on_routes_for_pages(shop: Talk) -> None:
    cookie = signed_in(shop)
    event = {"type": "track", "event": "Seen", "userId": "ann"}
    assert status(shop, "/v1/track", cookie, "POST", body=event) == 401
    assert status(shop, "/v1/visitors", cookie, "POST", body={}) == 401
    assert status(shop, "/v1/projects/none/settings", cookie) == 401
    assert shop.running.log_facts() == []


class Odd:
    """Routes that do not look for a key by themselves."""

    @answers(
        Route("GET", "/written", "a", "A.", "write"),
        Route("GET", "/pages", "b", "B.", "read", for_pages=True),
        Route("GET", "/own", "c", "C.", "read"),
    )
    async def answer(self, _: Asked) -> Answer:
        return Answer(200, {})


def test_a_cookie_counts_only_where_neither_events_are_sent_nor_other_pages_ask() -> None:
    door = SignIn(lambda: 0, os.urandom)
    app = Router([Odd()], KeyCheck(list, lambda: 0), sign_in=door)
    cookie = {"cookie": f"tailorbird={door.enter(door.link())}"}
    for path, expected in (("/written", 401), ("/pages", 401), ("/own", 200)):
        assert asyncio.run(ask(app, path, "GET", cookie)).status == expected


def test_no_answer_to_a_signed_in_browser_may_be_read_by_other_pages(shop: Talk) -> None:
    shop.take_in(seen("ann", "m1"))
    told = shop.ask("/v1/profiles/ann", key=None, headers={**signed_in(shop), **OTHER})
    assert "access-control-allow-origin" not in told.headers
    assert "cookie" in told.headers["vary"] and "private" in told.headers["cache-control"]


def test_a_key_counts_before_the_cookie(shop: Talk) -> None:
    assert shop.ask("/v1/debugger", key=WRITE, headers=signed_in(shop)).status == 403


def test_a_session_ends_when_it_is_left_and_after_some_hours(shop: Talk) -> None:
    cookie = signed_in(shop)
    told = shop.ask(SESSION, "DELETE", key=None, headers={**cookie, **OWN})
    assert told.said == {"signed_in": False, "until": None}
    assert "Max-Age=0" in told.headers["set-cookie"]
    assert status(shop, "/v1/debugger", cookie) == 401
    cookie = signed_in(shop)
    said = shop.ask(SESSION, key=None, headers=cookie).said
    assert said == {"signed_in": True, "until": "2023-11-15T10:13:20Z"}
    shop.now_us += limits.SESSION_HOURS * HOUR
    assert status(shop, "/v1/debugger", cookie) == 401
    assert shop.ask(SESSION, key=None, headers=cookie).said["signed_in"] is False


def test_signing_in_again_ends_the_session_before(shop: Talk) -> None:
    first = signed_in(shop)
    enter(shop, shop.serving.sign_in.link(), {**OWN, **first})
    assert status(shop, "/v1/debugger", first) == 401


NUMBERED = b'<html><meta property="csp-nonce" nonce="__NONCE__"></html>'


def door(folder: Path) -> Router:
    """A server of a console that was built into a folder."""
    keys = KeyCheck(list, lambda: 0)
    return Router([Console(SignIn(lambda: 0, bytes), BuiltFiles(folder), os.urandom)], keys)


def get(folder: Path, path: str, method: str = "GET") -> Told:
    return asyncio.run(ask(door(folder), path, method, {}))


def test_a_console_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    told = get(tmp_path, "/console/")
    assert told.status == 404 and "`make front`" in told.said["error"]


def test_the_page_may_load_from_its_server_alone_and_stands_in_no_other(tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "index.html").write_bytes(NUMBERED)
    first, second = get(tmp_path, "/console/"), get(tmp_path, "/console/enter")
    for told in (first, second):
        policy = dict(
            part.partition(" ")[::2] for part in told.headers["content-security-policy"].split("; ")
        )
        number = policy["style-src"].partition("nonce-")[2].rstrip("'")
        assert len(number) == 32 and f'nonce="{number}"'.encode() in told.body
        assert policy == {
            "default-src": "'self'",
            "style-src": f"'self' 'nonce-{number}'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "object-src": "'none'",
            "frame-ancestors": "'none'",
        }
        assert told.headers["referrer-policy"] == "no-referrer"
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-store"
    assert first.body != second.body, "the number is for one page"


def test_whoever_leaves_out_the_slash_is_led_to_the_page(tmp_path: Path) -> None:
    told = get(tmp_path, "/console")
    assert (told.status, told.headers["location"]) == (308, "/console/")


def test_the_files_of_the_page_are_kept_by_browsers_and_no_others_are_given(tmp_path: Path) -> None:
    assets = tmp_path / "console" / "assets"
    assets.mkdir(parents=True)
    (assets / "index-1a2b3c4d.js").write_text("1")
    (tmp_path / "secret.js").write_text("2")
    told = get(tmp_path, "/console/assets/index-1a2b3c4d.js")
    assert told.status == 200 and "immutable" in told.headers["cache-control"]
    assert told.headers["content-type"].startswith("text/javascript")
    for path in ("secret.js", "..%2F..%2Fsecret.js", "index.html"):
        assert get(tmp_path, f"/console/assets/{path}").status == 404
