"""The cookie of a signed-in browser, and the page that a request comes from."""

from __future__ import annotations

from typing import Any

import pytest

from tailorbird.server.cookies import is_of_own_page, session_in, set_cookie

PLAIN: dict[str, Any] = {"scheme": "http", "server": ("127.0.0.1", 8080)}
SECURE: dict[str, Any] = {"scheme": "https", "server": ("127.0.0.1", 8443)}


def test_no_script_and_no_other_site_gets_the_cookie() -> None:
    name, said = set_cookie(PLAIN, "ab")
    assert name == b"set-cookie"
    assert said.split(b"; ") == [
        b"tailorbird_8080=ab",
        b"Path=/",
        b"Max-Age=43200",
        b"HttpOnly",
        b"SameSite=Strict",
    ]


def test_over_tls_the_cookie_stays_there_and_with_this_host() -> None:
    said = set_cookie(SECURE, "ab")[1]
    assert said.startswith(b"__Host-tailorbird_8443=ab; Path=/; ") and said.endswith(b"; Secure")
    assert b"Domain" not in said


def test_a_session_is_taken_away_by_a_cookie_that_is_over() -> None:
    assert b"tailorbird_8080=; Path=/; Max-Age=0; " in set_cookie(PLAIN, "")[1]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"tailorbird_8080=ab", "ab"),
        (b"a=b; tailorbird_8080=ab; c=d", "ab"),
        (b"tailorbird_9090=ab", None),
        (b"xtailorbird_8080=ab", None),
        (b"", None),
    ],
)
def test_only_the_cookie_of_this_server_is_looked_at(sent: bytes, found: str | None) -> None:
    assert session_in(PLAIN, {b"cookie": sent}) == found
    assert session_in(SECURE, {b"cookie": sent}) is None
    assert session_in(PLAIN, {}) is None


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"host": "h:1", "origin": "http://h:1"}, True),
        ({"host": "h:1", "origin": "http://h:2"}, False),
        ({"host": "h:1", "origin": "https://h:1"}, False),
        ({"host": "h:1", "origin": "null"}, False),
        ({"host": "h:1"}, False),
        ({"host": "h:1", "sec-fetch-site": "same-origin"}, False),
        ({"host": "inner", "origin": "http://h:1", "sec-fetch-site": "same-origin"}, True),
        ({"host": "inner", "origin": "http://h:1", "sec-fetch-site": "same-site"}, False),
        ({"host": "inner", "origin": "http://h:1", "sec-fetch-site": "cross-site"}, False),
    ],
)
def test_only_a_page_of_this_server_is_its_own(headers: dict[str, str], is_own: bool) -> None:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    assert is_of_own_page(PLAIN, sent) is is_own
