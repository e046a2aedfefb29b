"""A visitor's id is kept for pages of listed sites, in a cookie that nobody else sees or sets."""

from __future__ import annotations

import pytest
from tests.server.talking import WRITE, Talk, Told

SITE = "https://shop.example"


def keep(shop: Talk, body: dict[str, object], cookie: str = "", origin: str | None = SITE) -> Told:
    headers = {} if origin is None else {"origin": origin}
    if cookie:
        headers["cookie"] = cookie
    return shop.ask(
        "/v1/visitor", "POST", key=None, body={"writeKey": WRITE, **body}, headers=headers
    )


def test_an_id_is_kept_and_told_to_a_page_that_lost_it(shop: Talk) -> None:
    told = keep(shop, {"anonymousId": "v/1; é"})
    assert (told.status, told.said) == (200, {"anonymousId": "v/1; é"})
    kept, *attributes = told.headers["set-cookie"].split("; ")
    assert set(attributes) == {
        "Path=/v1/visitor", "Max-Age=34560000", "HttpOnly", "SameSite=Lax",
    }  # fmt: skip
    assert told.headers["access-control-allow-origin"] == SITE
    assert told.headers["access-control-allow-credentials"] == "true"
    assert told.headers["cache-control"] == "no-store"
    again = keep(shop, {}, cookie=f"other=1; {kept}")
    assert again.said == {"anonymousId": "v/1; é"}
    assert again.headers["set-cookie"].startswith(kept)


def test_what_is_kept_wins_until_it_is_replaced(shop: Talk) -> None:
    assert keep(shop, {"anonymousId": "new"}, "tb_visitor=old").said == {"anonymousId": "old"}
    told = keep(shop, {"anonymousId": "new", "replace": True}, "tb_visitor=old")
    assert told.said == {"anonymousId": "new"}
    assert told.headers["set-cookie"].startswith("tb_visitor=new;")


def test_it_is_forgotten_on_request(shop: Talk) -> None:
    told = keep(shop, {"forget": True}, "tb_visitor=old")
    assert told.said == {"anonymousId": ""}
    assert told.headers["set-cookie"].startswith("tb_visitor=; Path=/v1/visitor; Max-Age=0;")


def test_nobody_is_made_up(shop: Talk) -> None:
    told = keep(shop, {})
    assert told.said == {"anonymousId": ""} and "set-cookie" not in told.headers
    assert keep(shop, {}, "tb_visitor=undefined").said == {"anonymousId": ""}
    assert keep(shop, {}, "tb_visitor=" + "x" * 300).said == {"anonymousId": ""}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example:444"])
def test_a_page_of_another_site_neither_reads_nor_sets_it(shop: Talk, origin: str) -> None:
    told = keep(shop, {"anonymousId": "mine", "replace": True}, "tb_visitor=hers", origin)
    assert told.status == 403 and "origins" in told.said["error"]
    assert "set-cookie" not in told.headers and "hers" not in told.body.decode()


@pytest.mark.parametrize("given", ["null", "undefined", "x" * 201])
def test_what_identifies_nobody_is_not_kept(shop: Talk, given: str) -> None:
    told = keep(shop, {"anonymousId": given})
    assert told.status == 400 and "anonymousId" in told.said["error"]


def test_it_takes_a_write_key(shop: Talk) -> None:
    told = shop.ask("/v1/visitor", "POST", key=None, body={}, headers={"origin": SITE})
    assert told.status == 401
