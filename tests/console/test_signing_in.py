"""A link opens the console in one browser, once."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.console.visiting import Visitor, track
from tests.served import Server, served


def test_a_link_opens_the_console_and_its_second_use_is_refused(
    browser: Browser, shop: Server
) -> None:
    first, second = Visitor(browser, shop), Visitor(browser, shop)
    link = first.link()
    first.enter(link)
    [cookie] = first.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/"
    assert first.page.evaluate("document.cookie + JSON.stringify(localStorage)") in ("{}", "")
    second.page.goto(link)
    expect(second.page.get_by_role("alert")).to_contain_text("used before")
    assert second.context.cookies() == []
    second.page.goto(f"{second.url}/console/")
    expect(second.page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    for one in (first, second):
        one.close()
        assert one.errors == []


def test_who_signs_out_is_out_in_all_tabs(browser: Browser, shop: Server) -> None:
    visitor = Visitor(browser, shop)
    visitor.enter(visitor.link())
    other = visitor.new_page()
    other.goto(f"{visitor.url}/console/#/people")
    expect(other.get_by_role("heading", name="People", exact=True)).to_be_visible()
    visitor.page.get_by_role("button", name="Sign out").click()
    expect(visitor.page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    other.get_by_label("Find a person").fill("nobody")
    other.get_by_role("button", name="Find").click()
    expect(other.get_by_role("heading", name="You are not signed in")).to_be_visible()
    visitor.close()
    assert visitor.errors == []


def test_from_the_first_event_to_a_new_start_of_the_server(
    browser: Browser, tmp_path: Path
) -> None:
    with served(tmp_path) as shop:
        visitor = Visitor(browser, shop)
        visitor.enter(visitor.link())
        page = visitor.page
        page.evaluate("window.isTheSamePage = true")
        expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
        expect(page.get_by_role("region", name="the command")).to_contain_text(
            f"curl {visitor.url}/v1/track"
        )
        visitor.send(track("ann"))
        expect(page.get_by_role("row").filter(has_text="Product Viewed")).to_contain_text("ann")
        expect(page.get_by_text("Nothing has arrived yet")).to_be_hidden()
        assert page.evaluate("window.isTheSamePage")
        shop.end()
        shop.start()
        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
        visitor.enter(visitor.link())
        expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
        visitor.close()
        assert shop.end() == 0
