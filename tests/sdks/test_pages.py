"""Unchanged kits for browsers, in a real one: every event once, of the right person."""

from __future__ import annotations

import pytest
from tests.faulty import Network
from tests.sdks.conftest import SLICE, Send, Sending, Shop
from tests.sdks.journeys import travels
from tests.sdks.pages import PAGES


@pytest.mark.parametrize("plan", SLICE)
@pytest.mark.parametrize("kit", sorted(PAGES))
def test_what_a_page_sends_is_stored_once(
    kit: str, plan: str, shop: Shop, network: Network, send_from_page: Send
) -> None:
    travels(kit, plan, send_from_page, shop, network)


def test_what_posthog_finds_by_itself_says_on_what(
    shop: Shop, network: Network, send_from_page: Send
) -> None:
    user, visitor = shop.user()
    sending = Sending(network.url, shop.server.key, user, visitor)
    kit = "posthog-js by itself"
    send_from_page(kit, sending, lambda: len(shop.stored(visitor)) >= 2)
    told = {fact["name"]: fact for fact in shop.stored(visitor)}
    assert told["$traits"]["context"]["set_once"]["first_seen"] == "may"
    clicked = told["Element Clicked"]["properties"]
    assert {key: clicked[key] for key in ("tag", "text", "id")} == {
        "tag": "button",
        "text": "Buy",
        "id": "buy",
    }
