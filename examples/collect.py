"""Sends a visit to a running server as the kits of three makers would, and one event that is wrong.

python collect.py URL KEY
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

HAT = {"item_id": "p1", "item_name": "Hat", "price": 12.5}


def ask(url: str, body: Any = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data), timeout=10) as told:
        return str(told.read().decode())


def wait_for(url: str) -> None:
    """Until the server says that it is ready."""
    for _ in range(600):
        try:
            ask(f"{url}/ready")
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not become ready")


def visit(key: str) -> Iterator[tuple[str, str, Any]]:
    """Who says it, where, and what."""
    yield (
        "a page with Segment's library",
        "/v1/track",
        {
            "writeKey": key,
            "userId": "ann",
            "messageId": "visit-1",
            "event": "Product Viewed",
            "properties": {"product_id": "p1", "name": "Hat", "price": 12.5},
        },
    )
    yield (
        "the Measurement Protocol of GA4",
        f"/mp/collect?api_secret={key}",
        {
            "user_id": "ann",
            "events": [{"name": "add_to_cart", "params": {"items": [HAT], "event_id": "visit-2"}}],
        },
    )
    yield (
        "a server with PostHog's library",
        "/batch/",
        {
            "api_key": key,
            "batch": [
                {
                    "event": "Checkout Started",
                    "distinct_id": "ann",
                    "uuid": "visit-3",
                    "properties": {"products": [{"product_id": "p1"}]},
                }
            ],
        },
    )
    yield (
        "a page with a mistake",
        "/v1/track",
        {"writeKey": key, "event": "Product Viewed", "userId": "undefined"},
    )


def main() -> None:
    url, key = sys.argv[1:]
    wait_for(url)
    for who, path, body in visit(key):
        try:
            told = ask(url + path, body)
        except HTTPError as error:
            told = error.read().decode()
        print(f"{who}: {told or '200'}")


if __name__ == "__main__":
    main()
