"""The page about the server's interface works in a browser, and loads nothing from elsewhere."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect
from tests.served import Server


def test_the_page_about_the_interface_opens_and_asks_nobody_else(
    context: BrowserContext, shop: Server
) -> None:
    page = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    url = f"http://127.0.0.1:{shop.port}"
    page.goto(f"{url}/docs")
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(page.get_by_text("/v1/track").first).to_be_visible()
    assert errors == []
    assert [one for one in asked if not one.startswith(url)] == []


def test_a_request_can_be_tried_out_on_the_page(context: BrowserContext, shop: Server) -> None:
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{shop.port}/docs")
    page.get_by_label("Key for trying").fill(shop.admin)
    sent = page.locator("#send_track")
    sent.get_by_label("body").fill('{"event": "Seen", "userId": "docs page", "messageId": "docs"}')
    sent.get_by_role("button").click()
    sent.get_by_text('"status": "accepted"').wait_for()
    read = page.locator("#read_profile")
    read.get_by_label("id").first.fill("docs page")
    read.get_by_role("button").click()
    read.get_by_text("/v1/profiles/docs%20page").first.wait_for()
