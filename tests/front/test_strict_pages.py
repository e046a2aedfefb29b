"""Pages that forbid much, that come back as they were, or that are only tried."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser
from tests.faulty import Network
from tests.front.site import Site
from tests.front.watching import Watching, until
from tests.patience import PATIENCE_S
from tests.served import Server


def test_a_strict_content_security_policy_is_kept(visit: Watching) -> None:
    host = visit.network.url
    policy = f"default-src 'none'; script-src {host}; connect-src {host}"
    page = visit.open(
        '<button>Buy</button><p id="text">Words</p>',
        headers={"content_security_policy": policy},
        query="?tb_debug=1",
    )
    page.click("button")
    visit.until_sent("Element Clicked")
    until(lambda: page.evaluate("!!document.getElementById('tailorbird-debug')"))
    until(lambda: [one for one in visit.network.seen if "/actions-" in one.path and one.answer])
    visit.until_told()
    assert visit.names() == ["Page Viewed", "Element Clicked"]
    assert [said for said in visit.messages if "Security Policy" in said] == []


def test_where_storage_is_blocked_the_page_works_and_is_observed(visit: Watching) -> None:
    inner = visit.put("<button>Buy</button><script>window.ok = true</script>")
    page = visit.page
    page.goto(visit.pages.put("/outer", f'<iframe sandbox="allow-scripts" src="{inner}"></iframe>'))
    frame = until(lambda: page.frames[1] if len(page.frames) > 1 else None)
    frame.click("button")
    visit.until_sent("Element Clicked")
    blocked = "(() => { try { return !localStorage } catch { return true } })()"
    assert frame.evaluate(blocked) and frame.evaluate("window.ok")
    who = str(frame.evaluate("tailorbird.anonymousId()"))
    until(lambda: frame.evaluate("tailorbird.flush().then(() => tailorbird.waiting() === 0)"))
    assert visit.names(who) == ["Page Viewed", "Element Clicked"]


def test_a_page_that_breaks_everything_it_can_is_not_broken_further(visit: Watching) -> None:
    visit.open(
        head="<script>Object.defineProperty(window, 'dataLayer', {value: 5});"
        "Object.defineProperty(document, 'cookie', {get() { throw 1 }, set() { throw 2 }});"
        "Storage.prototype.setItem = () => { throw new Error('full') };"
        "window.tailorbird = {push: 1};</script>"
    )
    visit.until_sent("page")
    visit.run("tailorbird.track('Still'), tailorbird.track(), tailorbird.page(null, 5)")
    visit.run("tailorbird.identify(null), tailorbird.consent(), tailorbird.push(['nothing'])")
    visit.run("tailorbird.track('Odd', new Proxy({}, {ownKeys() { throw 3 }}))")
    visit.until_sent("Still")


def test_the_library_that_comes_twice_counts_once(visit: Watching) -> None:
    visit.open(head=visit.script())
    visit.run("tailorbird.track('Once')")
    visit.until_sent("Once")
    visit.until_told()
    assert sorted(visit.names()) == ["Once", "Page Viewed"]


def test_a_page_that_comes_back_from_memory_is_seen_again(
    visit: Watching, browser: Browser
) -> None:
    page = visit.open()
    visit.until_told()
    visit.run("window.kept = true")
    there = visit.put()
    page.goto(there)
    visit.until_sent("page", 2)
    page.evaluate("void history.back()")
    visit.until_sent("page", 3)
    assert visit.run("window.kept"), "the browser made the page anew"
    visit.run("tailorbird.track('Back again')")
    visit.until_sent("Back again")
    visit.until_told()
    names = visit.names()
    assert names.count("Page Viewed") == 3 and names.count("Page Left") == 2
    views = [one["properties"] for one in visit.stored() if one["name"] == "Page Viewed"]
    assert [one.get("restored", False) for one in views] == [True, False, False]
    ids = [fact["id"] for fact in visit.stored()]
    assert len(ids) == len(set(ids))


def test_a_page_that_comes_back_goes_on_though_its_browser_forgot_a_request(
    visit: Watching,
) -> None:
    forgetful = (
        "<script>const real = fetch;"
        "addEventListener('pagehide', () => { fetch = () => new Promise(() => {}) }, true);"
        "addEventListener('pageshow', () => { fetch = real }, true);</script>"
    )
    page = visit.open(head=forgetful)
    visit.until_told()
    visit.run("window.kept = true")
    page.goto(visit.put())
    visit.until_sent("page", 2)
    page.evaluate("void history.back()")
    visit.until_sent("page", 3)
    assert visit.run("window.kept"), "the browser made the page anew"
    visit.until_told()
    ids = [fact["id"] for fact in visit.stored()]
    assert len(ids) == len(set(ids))


def debugger(shop: Server, status: str) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{shop.port}/v1/debugger?status={status}&limit=50"
    with urlopen(
        Request(url, headers={"authorization": f"Bearer {shop.admin}"}), timeout=PATIENCE_S
    ) as told:
        found: list[dict[str, Any]] = json.load(told)["messages"]
        return found


def test_a_preview_is_shown_to_whoever_watches_and_changes_nobody(visit: Watching) -> None:
    page = visit.open(query="?tb_preview=1")
    visit.run("tailorbird.track('Tried')")
    visit.until_sent("Tried")
    visit.until_told()
    who = visit.visitor
    assert {one["status"] for request in visit.requests() for one in request.told["results"]} == {
        "preview"
    }
    shown = [one for one in debugger(visit.shop, "preview") if one["person"] == who]
    assert {one["name"] for one in shown} >= {"Tried"}
    page.goto(visit.put())
    visit.run("tailorbird.track('Tried too')")
    visit.until_sent("Tried too")
    assert all(one["context"]["preview"] for one in visit.sent()), "it lasts as long as the tab"
    page.goto(visit.put() + "?tb_preview=0")
    visit.run("tailorbird.track('Real')")
    visit.until_sent("Real")
    visit.until_told()
    assert visit.names(who) == ["Page Viewed", "Real"]


def test_two_sites_of_one_visitor_are_two_visitors(
    browser: Browser, shop: Server, pages: Site, network: Network
) -> None:
    context = browser.new_context()
    first = Watching(context, shop, pages, network)
    url = first.put()
    first.page.goto(url)
    one = first.visitor
    first.page.goto(url.replace("127.0.0.1", "localhost"))
    assert first.visitor != one
    context.close()
