"""One person: in which segments she is, why and until when, and what happened; always current."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect
from tests.console.visiting import Visitor, track


def panel(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("region", name=name, exact=True)


def test_a_person_is_shown_with_reasons_and_follows_what_happens(visitor: Visitor) -> None:
    who = "person ann/1?#%"
    identify = {"type": "identify", "userId": who, "anonymousId": "person-v1"}
    visitor.send({**identify, "traits": {"name": "Ann Lee", "city": "Leeds"}})
    said = {"purpose": "marketing", "granted": True}
    visitor.send(track(who, "$consent", properties=said), track(who, "Product Added"))
    visitor.go("/people")
    visitor.page.get_by_label("Find a person").fill("person-v1")
    visitor.page.get_by_role("button", name="Find").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Ann Lee")
    expect(panel(visitor, "Identifiers")).to_contain_text(who)
    expect(panel(visitor, "Sent traits")).to_contain_text("Leeds")
    expect(panel(visitor, "Scores")).to_contain_text("purchase intent")
    expect(panel(visitor, "Consent")).to_contain_text("yes: agreed")
    expect(panel(visitor, "Consent")).to_contain_text("no: said nothing")
    timeline, segments = panel(visitor, "Timeline"), panel(visitor, "Segments")
    expect(timeline).to_contain_text("Product Added")
    expect(segments).not_to_contain_text("buyers")
    visitor.send(track(who, "Order Completed", properties={"revenue": 30}))
    expect(segments).to_contain_text("buyers")
    expect(timeline).to_contain_text("Order Completed")
    expect(segments).to_contain_text("stays until something happens")
    segments.get_by_role("button", name="buyers").click()
    expect(segments).to_contain_text("Order Completed, ")
    segments.get_by_role("button", name="this person is not in").click()
    segments.get_by_role("button", name="vip").click()
    expect(segments.get_by_label("does not hold").first).to_be_visible()
    timeline.get_by_role("button", name="Order Completed").click()
    expect(timeline.get_by_role("region")).to_contain_text('"revenue": 30')


def test_when_somebody_leaves_a_segment_is_told_in_her_page(visitor: Visitor) -> None:
    views = [track("until-ann", properties={"product_id": "p1"}) for _ in range(3)]
    visitor.send(*views)
    visitor.go("/people/until-ann")
    segments = panel(visitor, "Segments")
    expect(segments).to_contain_text("same product three times")
    expect(segments).to_contain_text("leaves in 6 days")
    when = segments.locator("time").first
    assert (when.get_attribute("title") or "").endswith(" UTC")


def test_a_long_timeline_comes_page_after_page(visitor: Visitor) -> None:
    visitor.send(*[track("long-ann", f"Event {number}") for number in range(40)])
    visitor.go("/people/long-ann")
    timeline = panel(visitor, "Timeline")
    expect(timeline.get_by_role("listitem")).to_have_count(25)
    timeline.get_by_role("button", name="Show older ones").click()
    expect(timeline.get_by_role("listitem")).to_have_count(40)


def test_what_counts_nowhere_is_said_in_words(visitor: Visitor) -> None:
    said: dict[str, dict[str, Any]] = {
        "A click made twice counts once": {"bot": True, "by": "double"},
        "An event counts nowhere: a robot did it": {"bot": True, "by": "list"},
        "An event counts after all: no robot did it": {"bot": False},
    }
    visitor.send(track("verdict-ann", messageId="verdict-1"))
    for told in said.values():
        about = {**told, "message_id": "verdict-1"}
        visitor.send(track("verdict-ann", "$verdict", properties=about), key=visitor.shop.admin)
    visitor.go("/people/verdict-ann")
    for words in said:
        expect(panel(visitor, "Timeline")).to_contain_text(words)


def test_who_is_not_known_is_shown_as_soon_as_she_is(visitor: Visitor) -> None:
    visitor.go("/people/unknown-ann")
    expect(visitor.page.get_by_text("Nobody is known by this identifier")).to_be_visible()
    visitor.send(track("unknown-ann"))
    expect(panel(visitor, "Timeline")).to_contain_text("Product Viewed")


def test_people_of_the_newest_events_are_listed_to_begin_with(visitor: Visitor) -> None:
    visitor.send(track("recent-ann"))
    visitor.go("/people")
    visitor.page.get_by_role("link", name="recent-ann").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("recent-ann")


def test_a_page_that_is_none_leads_back(visitor: Visitor) -> None:
    visitor.go("/nowhere")
    visitor.page.get_by_role("link", name="Go to the live events").click()
    expect(visitor.page.get_by_role("heading", name="Live events")).to_be_visible()


def test_what_became_of_a_message_is_said_in_words(visitor: Visitor) -> None:
    for status in ("delivered", "opened", "unsubscribed"):
        about = {"message": "spring", "status": status}
        visitor.send(track("mail-ann", "$message", properties=about), key=visitor.shop.admin)
    visitor.go("/people/mail-ann")
    timeline = visitor.page.get_by_role("region", name="Timeline")
    for words in ("A message was delivered", "Opened a message", "Wants no more messages"):
        expect(timeline.get_by_text(words)).to_be_visible()
    expect(timeline).not_to_contain_text("$message")
