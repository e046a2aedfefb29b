"""Whoever watches sees each event as it arrives, what became of it, and why."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, expect
from tests.console.visiting import Visitor, track
from tests.patience import PATIENCE_S


def row(visitor: Visitor, text: str) -> Locator:
    return visitor.page.get_by_role("row").filter(has_text=text)


def watching(visitor: Visitor) -> None:
    """The page is told of each event: its own mark says so, not the link that is called alike."""
    expect(visitor.page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()


def test_each_event_appears_with_what_became_of_it(visitor: Visitor) -> None:
    watching(visitor)
    twice = track("live-ann", messageId="live-1")
    visitor.send(twice, {"type": "track", "userId": "live-bob"})
    expect(row(visitor, "live-ann")).to_contain_text("Accepted")
    expect(row(visitor, "live-bob")).to_contain_text("Rejected")
    expect(row(visitor, "live-bob")).to_contain_text("no event name")
    visitor.send(twice)
    expect(row(visitor, "live-ann").first).to_contain_text("Duplicate")
    expect(row(visitor, "live-ann")).to_have_count(2)
    visitor.send({**track("null"), "anonymousId": "live-v1"})
    expect(row(visitor, "live-v1")).to_contain_text("identifies nobody")


def test_from_an_event_one_gets_to_its_reason_and_to_its_person(visitor: Visitor) -> None:
    watching(visitor)
    visitor.send({"type": "track", "userId": "drawer-bob", "properties": {"colour": "teal"}})
    visitor.send(track("drawer-ann", "Order Completed", properties={"revenue": 30}))
    row(visitor, "drawer-bob").click()
    drawer = visitor.page.get_by_role("dialog")
    expect(drawer).to_contain_text("no event name")
    expect(drawer).to_contain_text("A track call says in `event` what happened")
    expect(drawer.get_by_role("region", name="what was sent")).to_contain_text('"colour": "teal"')
    visitor.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    row(visitor, "drawer-ann").click()
    drawer.get_by_role("link", name="drawer-ann").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("drawer-ann")
    expect(visitor.page.get_by_role("region", name="Segments")).to_contain_text("buyers")


def test_the_list_is_narrowed_by_status_name_person_and_key(visitor: Visitor) -> None:
    page = visitor.page
    watching(visitor)
    visitor.send(track("filter-ann", "Filtered"), track("filter-bob", "Other"))
    visitor.send({"type": "track", "userId": "filter-cid"})
    expect(row(visitor, "filter-cid")).to_be_visible()
    page.get_by_label("Status").select_option("Rejected")
    expect(row(visitor, "filter-cid")).to_be_visible()
    expect(row(visitor, "filter-ann")).to_have_count(0)
    visitor.send({"type": "track", "userId": "filter-dan"}, track("filter-eve"))
    expect(row(visitor, "filter-dan")).to_be_visible()
    expect(row(visitor, "filter-eve")).to_have_count(0)
    page.get_by_label("Status").select_option("All statuses")
    page.get_by_label("Event name").fill("Filtered")
    expect(row(visitor, "filter-")).to_have_count(1)
    page.get_by_label("Event name").fill("")
    page.get_by_label("Person").fill("filter-bob")
    expect(row(visitor, "filter-")).to_have_count(1)
    page.get_by_label("Person").fill("filter-nobody")
    expect(page.get_by_text("Nothing like this is held")).to_be_visible()
    page.get_by_label("Person").fill("")
    expect(row(visitor, "filter-")).to_have_count(5)
    page.get_by_label("Source or key").fill("nobodys-key")
    expect(row(visitor, "filter-")).to_have_count(0)
    page.get_by_label("Source or key").fill("")
    page.get_by_label("Search what is shown").fill("FILTER-EVE")
    expect(row(visitor, "filter-")).to_have_count(1)


def test_who_pauses_reads_in_peace_and_then_misses_nothing(visitor: Visitor) -> None:
    watching(visitor)
    visitor.page.get_by_role("button", name="Pause").click()
    expect(visitor.page.get_by_role("status").get_by_text("Paused", exact=True)).to_be_visible()
    visitor.send(track("paused-ann"), track("paused-bob"))
    go_on = visitor.page.get_by_role("button", name="Go on (2 new)")
    expect(go_on).to_be_visible()
    expect(row(visitor, "paused-")).to_have_count(0)
    go_on.click()
    expect(row(visitor, "paused-")).to_have_count(2)


def test_older_ones_are_there_to_be_shown(visitor: Visitor) -> None:
    visitor.send(*[track(f"older-{number}") for number in range(130)])
    expect(visitor.go("/people").get_by_label("Find a person")).to_be_visible()
    visitor.go("/")
    expect(row(visitor, "older-129")).to_be_visible()
    expect(row(visitor, "older-")).to_have_count(100)
    visitor.page.get_by_role("button", name="Show older ones").click()
    expect(row(visitor, "older-")).to_have_count(130)


def test_a_flood_is_told_as_one(visitor: Visitor) -> None:
    watching(visitor)
    messages: list[dict[str, Any]] = [track(f"flood-{number}") for number in range(4_000)]
    visitor.send(*messages)
    expect(visitor.page.get_by_text("messages came too fast to be shown")).to_be_visible()
    expect(row(visitor, "flood-3999")).to_be_visible()


def test_requests_with_a_wrong_key_leave_a_trace(visitor: Visitor) -> None:
    watching(visitor)
    request = Request(f"{visitor.url}/v1/track", b"{}", {"authorization": "Bearer tb_write_wrong"})
    with pytest.raises(HTTPError):
        urlopen(request, timeout=PATIENCE_S)
    told = visitor.page.get_by_text("Some requests were turned away").locator("../..")
    expect(told).to_contain_text("1 to /v1/track (401)")
    expect(told).to_contain_text("no known write key")


def test_a_command_asks_for_what_the_page_shows(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    watching(visitor)
    with visitor.page.expect_request(lambda request: "status=rejected" in request.url):
        visitor.page.get_by_label("Status").select_option("Rejected")
    visitor.page.get_by_role("button", name="Copy as curl").click()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied == (
        f'curl -H "Authorization: Bearer $TAILORBIRD_KEY" '
        f"'{visitor.url}/v1/debugger?status=rejected&limit=100'"
    )
