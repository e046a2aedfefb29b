"""The console can be used on a phone, in the dark, with a keyboard and with a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.console.visiting import Visitor, track


@pytest.fixture
def told(visitor: Visitor) -> Visitor:
    """Somebody on a console that shows all there is to show."""
    visitor.send(
        {"type": "identify", "userId": "all-ann", "traits": {"name": "Ann"}},
        track("all-ann", "Order Completed", properties={"revenue": 30}),
        {"type": "track", "userId": "all-bob"},
        {**track("null"), "anonymousId": "all-v1"},
    )
    return visitor


def test_nothing_serious_stands_in_anybodys_way(told: Visitor) -> None:
    page = told.page
    for colours in ("light", "dark"):
        told.go("/")
        expect(page.get_by_role("row").filter(has_text="all-bob").first).to_be_visible()
        assert told.faults() == [], colours
        page.get_by_role("row").filter(has_text="all-bob").first.click()
        expect(page.get_by_role("dialog")).to_contain_text("no event name")
        expect(page.get_by_role("dialog")).to_have_css("opacity", "1")
        assert told.faults() == [], colours
        page.keyboard.press("Escape")
        for path, heading in (("/rejects", "Rejected"), ("/samples", "Samples")):
            told.go(path)
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
            expect(page.get_by_role("cell").first).to_be_visible()
            assert told.faults() == [], (path, colours)
        told.go("/quarantine")
        expect(page.get_by_text("Nothing is kept aside")).to_be_visible()
        assert told.faults() == [], colours
        told.go("/people")
        expect(page.get_by_role("link", name="all-ann")).to_be_visible()
        assert told.faults() == [], colours
        told.go("/people/all-ann")
        segments = page.get_by_role("region", name="Segments")
        segments.get_by_role("button", name="buyers").click()
        expect(segments).to_contain_text("Order Completed, ")
        assert told.faults() == [], colours
        if colours == "light":
            page.get_by_role("button", name="Use dark colours").click()
    told.page.reload()
    expect(page.get_by_role("button", name="Use light colours")).to_be_visible()
    told.context.clear_cookies()
    told.page.reload()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    assert told.faults() == []


def test_on_a_phone_nothing_lies_beside_the_screen(told: Visitor) -> None:
    page = told.page
    page.set_viewport_size({"width": 360, "height": 720})
    for path, text in (
        ("/", "all-bob"),
        ("/rejects", "all-bob"),
        ("/samples", "messages"),
        ("/quarantine", "Nothing is kept aside"),
        ("/people", "all-ann"),
        ("/people/all-ann", "Order Completed"),
    ):
        told.go(path)
        expect(page.get_by_text(text).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    told.go("/")
    page.get_by_role("row").filter(has_text="all-bob").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("no event name")
    box = drawer.bounding_box()
    assert box is not None and round(box["width"]) == 360


def test_a_keyboard_is_enough(visitor: Visitor) -> None:
    page = visitor.page
    visitor.send(track("keys-ann", "Order Completed"))
    row = page.get_by_role("row").filter(has_text="keys-ann")
    button = row.get_by_role("button", name="Order Completed")
    button.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("link", name="keys-ann")).to_be_visible()
    expect(drawer.get_by_role("button", name="Close")).to_be_focused()  # a moment after it is seen
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Space")
    expect(drawer.get_by_role("button", name="Close")).to_be_focused()
    drawer.get_by_role("link", name="keys-ann").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("keys-ann")


def test_what_is_waited_for_and_what_is_not_there_are_said_to_everybody(visitor: Visitor) -> None:
    page = visitor.page
    visitor.send(track("late-ann", "Order Completed"))
    page.route("**/v1/profiles/late-ann**", lambda route: None)
    visitor.go("/people/late-ann")
    expect(page.get_by_role("status", name="Loading the person")).to_be_visible()
    assert visitor.faults() == []
    visitor.go("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")


WIDEST = """document.querySelectorAll(".tb-messages tbody tr").forEach((row) => {
    row.querySelector("time").textContent = "12:44:44 PM"
    row.querySelector(".tb-status").textContent = "Quarantined"
})"""
"""What else a row can say, whatever o'clock it is and whatever other tests sent."""


def test_a_long_name_leaves_the_reason_its_place_and_a_short_one_is_not_broken(
    visitor: Visitor,
) -> None:
    page = visitor.page
    visitor.send(
        track("wide-" + "w" * 190, "wide-" + "x" * 190),
        {"type": "track", "userId": "wide-ann", "event": "$none_such"},
    )
    row = page.get_by_role("row").filter(has_text="names with $ are reserved").first
    expect(row).to_be_visible()
    expect(page.get_by_text("wide-" + "x" * 190)).to_be_visible()
    page.evaluate(WIDEST)
    for width in (1200, 800):
        page.set_viewport_size({"width": width, "height": 800})
        box = row.get_by_role("cell").last.bounding_box()
        assert box is not None and box["width"] >= width / 6
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.go("/rejects")
    name = page.get_by_role("row").filter(has_text="wide-ann").get_by_role("button").first
    expect(name).to_be_visible()
    height = name.bounding_box()
    assert height is not None and height["height"] < 30, "a name of one line"


def test_no_mark_of_direction_makes_one_name_look_like_another(visitor: Visitor) -> None:
    page = visitor.page
    visitor.send(track("turn-\u202egnp.exe", "Order Completed"))
    visitor.send(track("بوب@example.com", "Order Completed"))
    mixed = page.get_by_role("row").filter(has_text="@example.com").locator("bdi").last
    assert mixed.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
    shown = page.get_by_role("row").filter(has_text="turn-[U+202E]gnp.exe")
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="Order Completed").click()
    page.get_by_role("dialog").get_by_role("link", name="turn-").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("turn-[U+202E]gnp.exe")
