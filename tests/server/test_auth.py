"""A key is found wherever a client puts it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tailorbird.governance.api_keys import make_key
from tailorbird.server.auth import FRESH_US, KeyCheck, key_in_body, key_in_headers


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({b"authorization": b"Basic " + b64encode(b"key:")}, b""),
        ({b"authorization": b"Bearer key"}, b""),
        ({b"x-write-key": b"key"}, b""),
        ({}, b"a=b&writeKey=key"),
    ],
)
def test_a_key_comes_in_headers_or_in_the_query(headers: dict[bytes, bytes], query: bytes) -> None:
    assert key_in_headers(headers, query) == "key"


@pytest.mark.parametrize("header", [b"", b"Basic", b"Basic !", b"Basic /w==", b"Digest x"])
def test_what_is_no_key_is_none(header: bytes) -> None:
    assert (
        KeyCheck(list, lambda: 0).find(key_in_headers({b"authorization": header}, b""), "read")
        is None
    )


def test_a_body_says_a_key_as_text() -> None:
    assert key_in_body({"writeKey": "key"}) == "key"
    assert key_in_body({"writeKey": 5}) is None


def test_keys_made_and_revoked_elsewhere_are_noticed_soon() -> None:
    key, text = make_key("web", "write", bytes(36), 0)
    stored, now_us = [key], 0
    check = KeyCheck(lambda: stored, lambda: now_us)
    assert check.find(text, "write") == key
    stored[0] = key._replace(revoked_us=1)
    now_us = FRESH_US
    assert check.find(text, "write") is None
