"""What was not taken is in the console with its reason, and what is kept aside is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect
from tests.console.visiting import Visitor, track
from tests.served import run

PLAN = """
events:
  Priced: {mode: MODE, properties: {required: [price]}}
  Probed: {mode: reject, properties: {required: [MODE]}}
"""
PRICE = '"price" is a required property'


@pytest.fixture
def plan(visitor: Visitor) -> Iterator[Callable[[str], None]]:
    """Publishes what is to become of this event without a price."""
    path = visitor.shop.folder / "definitions" / "tracking_plan.yaml"

    def probed() -> str:
        return str(visitor.send(track("probe", "Probed"))["results"][0].get("reason"))

    def publish(mode: str) -> None:
        path.write_text(PLAN.replace("MODE", mode))
        run(visitor.shop.folder, "publish")
        visitor.shop.until(lambda: mode in probed())  # it is in force

    yield publish
    path.unlink(missing_ok=True)
    run(visitor.shop.folder, "publish")


def row(visitor: Visitor, text: str) -> Locator:
    return visitor.page.get_by_role("row").filter(has_text=text)


def keep_aside(visitor: Visitor, *people: str) -> None:
    sent = [track(who, "Priced", messageId=f"{who}-1") for who in people]
    results = visitor.send(*sent)["results"]
    assert [one["status"] for one in results] == ["quarantined"] * len(people)


def test_what_is_kept_aside_is_tried_again_once_the_plan_is_mended(
    visitor: Visitor, plan: Callable[[str], None]
) -> None:
    page = visitor.page
    plan("quarantine")
    keep_aside(visitor, "aside-ann", "aside-bob")
    visitor.go("/")
    row(visitor, "aside-bob").first.click()
    page.get_by_role("link", name="Go to the quarantine").click()
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
    expect(row(visitor, "aside-ann").first).to_contain_text(PRICE)
    expect(row(visitor, "aside-ann").first).to_contain_text("Priced")
    row(visitor, "aside-ann").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("region", name="what was sent")).to_contain_text("aside-ann-1")
    drawer.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status")).to_have_text("0 new facts, 1 still does not fit.")
    plan("allow")
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_role("status")).to_contain_text("2 new facts")
    expect(page.get_by_text("Nothing is kept aside")).to_be_visible()
    visitor.go("/people/aside-ann")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Priced")


def test_what_is_let_go_is_asked_for_twice(visitor: Visitor, plan: Callable[[str], None]) -> None:
    page = visitor.page
    plan("quarantine")
    keep_aside(visitor, "gone-ann")
    visitor.go("/quarantine")
    page.get_by_label("Reason").select_option("No time")
    expect(page.get_by_text("Nothing for this reason.")).to_be_visible()
    page.get_by_label("Reason").select_option("Does not fit the plan")
    row(visitor, "gone-ann").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Let it go").click()
    expect(page.get_by_role("status")).to_have_text("")
    drawer.get_by_role("button", name="Really let it go for good").click()
    expect(page.get_by_role("status")).to_have_text("It is gone.")
    expect(row(visitor, "gone-ann")).to_have_count(0)


def test_what_was_rejected_is_there_with_its_reason_also_later(visitor: Visitor) -> None:
    page = visitor.page
    visitor.send({"type": "track", "userId": "rejected-ann"})
    visitor.send({**track("rejected-bob"), "timestamp": "yesterday"})
    visitor.go("/rejects")
    expect(row(visitor, "rejected-ann")).to_contain_text("no event name")
    page.get_by_label("Reason").select_option("No time")
    expect(row(visitor, "rejected-ann")).to_have_count(0)
    row(visitor, "rejected-bob").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Its time cannot be read")
    expect(drawer).to_contain_text("first (")  # the key's name, before its id
    expect(drawer.get_by_role("region", name="what was sent")).to_contain_text("yesterday")


def test_a_sample_of_an_hour_says_how_much_arrived(visitor: Visitor) -> None:
    page = visitor.page
    visitor.send(*[track(f"sampled-{number}") for number in range(200)])
    visitor.go("/samples")
    hours = page.get_by_role("region", name="The hour from")
    hour = hours.filter(has_text="20 of ").first  # another hour may have begun since
    expect(hour).to_be_visible()
    expect(hour).to_contain_text("accepted")
    chosen = hour.get_by_role("row").filter(has=page.get_by_role("button")).first
    called = chosen.get_by_role("button").inner_text()  # whatever else of this hour it may be
    chosen.click()
    expect(page.get_by_role("dialog")).to_contain_text(called)
    page.keyboard.press("Escape")
    with page.expect_response(lambda told: told.url.endswith("/v1/debugger/samples")):
        page.get_by_role("button", name="Look again").click()


def test_from_each_page_of_events_one_gets_to_the_others(visitor: Visitor) -> None:
    page = visitor.page
    nav = page.get_by_role("navigation", name="Events")
    for name, heading in (
        ("Quarantine", "Quarantine"),
        ("Rejected", "Rejected"),
        ("Samples", "Samples"),
        ("Live", "Live events"),
    ):
        nav.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        expect(nav.locator("[aria-current=page]")).to_have_text(name)
        pages = page.get_by_role("navigation", name="Pages")
        expect(pages.locator("[aria-current=page]")).to_have_text("Events")
