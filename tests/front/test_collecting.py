"""What happens on a page is stored: views, clicks, scrolling, time, forms, and what scripts say."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.front.watching import Watching

TALL = '<div style="height:4000px">tall</div>'


def test_a_page_view_is_stored_with_what_page_it_was(visit: Watching) -> None:
    visit.open(query="?utm_source=mail&utm_campaign=may&token=s3cret")
    visit.until_sent("page")
    visit.until_told()
    (fact,) = visit.stored()
    assert fact["name"] == "Page Viewed"
    about = fact["context"]["page"]
    assert about["title"] == "Shop"
    assert about["search"] == "?utm_source=mail&utm_campaign=may&token=redacted"
    assert fact["context"]["campaign"] == {"source": "mail", "name": "may"}
    assert fact["context"]["library"]["name"] == "tailorbird.js"
    assert fact["properties"]["path"] == about["path"]


def test_each_view_of_a_page_that_only_looks_like_another_is_stored(visit: Watching) -> None:
    page = visit.open()
    visit.until_sent("page")
    page.evaluate("history.pushState({}, '', '/shoes'); document.title = 'Shoes'")
    visit.until_sent("page", 2)
    page.evaluate("history.replaceState({}, '', '/shoes#size')")
    page.evaluate("history.pushState({}, '', '/boots?colour=red')")
    visit.until_sent("page", 3)
    page.go_back()
    visit.until_sent("page", 4)
    visit.until_told()
    views = [f["properties"] for f in reversed(visit.stored()) if f["name"] == "Page Viewed"]
    assert [one["path"] for one in views][1:] == ["/shoes", "/boots", "/shoes"]
    assert views[1]["title"] == "Shoes"
    assert views[1]["referrer"] == views[0]["url"]
    assert views[2]["referrer"].endswith("/shoes#size") or views[2]["referrer"].endswith("/shoes")


def test_clicks_say_on_what_and_never_what_was_typed(visit: Watching) -> None:
    page = visit.open(
        '<button id="buy" name="b">Buy  <b>now</b></button>'
        '<a href="https://other.example/x?token=1" onclick="event.preventDefault()">Out</a>'
        '<i data-tb-event="Product Added" data-tb-product-id="p1" data-tb-price="3">Add</i>'
        '<input type="password" value="s3cret"><p data-tb-ignore><button>Mine</button></p>'
        '<button contenteditable id="note">s3cret</button>'
    )
    for selector in ("#buy b", "a", "i", "input", "p button", "#note"):
        page.click(selector)
    visit.until_sent("Product Added")
    visit.until_told()
    facts = {fact["name"]: fact["properties"] for fact in visit.stored()}
    assert facts["Product Added"] == {"product_id": "p1", "price": "3"}
    clicked = [f["properties"] for f in visit.stored() if f["name"] == "Element Clicked"]
    assert "s3cret" not in str(visit.stored())
    assert clicked[0] == {"tag": "button", "id": "note"}
    assert clicked[1:] == [
        {"tag": "a", "text": "Out", "href": "https://other.example/x?token=redacted",
         "outbound": True},
        {"tag": "button", "text": "Buy now", "id": "buy", "name": "b"},
    ]  # fmt: skip


def test_a_selector_says_which_clicks_count(visit: Watching) -> None:
    page = visit.open('<div class="card">Card</div><button>Other</button>', clicks=".card")
    page.click("button")
    page.click(".card")
    visit.until_sent("Element Clicked")
    visit.until_told()
    assert visit.names() == ["Page Viewed", "Element Clicked"]


def test_how_far_a_page_is_scrolled_is_told_once_for_each_quarter(visit: Watching) -> None:
    page = visit.open(TALL)
    for part in (0.3, 0.1, 0.6, 0.6):
        page.evaluate(
            f"scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * {part})"
        )
        page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("scrollTo(0, 1e6)")
    visit.until_sent("Page Scrolled", 4)
    visit.until_told()
    depths = [f["properties"]["percent"] for f in visit.stored() if f["name"] == "Page Scrolled"]
    assert sorted(depths) == [25, 50, 75, 100]


def stand_still(visit: Watching, dwell: str) -> Page:
    """A page whose clock goes on only as it is told to."""
    visit.page.clock.install(time=1_700_000_000)
    page = visit.open(dwell=dwell)
    page.clock.pause_at(1_700_000_120)
    page.clock.run_for(2_000)
    visit.until_told()
    return page


def go_on(visit: Watching, seconds: int) -> list[float]:
    """Let time go by; gives the seconds that were told to have been seen, so far."""
    visit.page.clock.fast_forward(seconds * 1000)
    visit.until_told()
    sent = {one["messageId"]: one for one in visit.sent() if one.get("event") == "Page Dwelled"}
    return [one["properties"]["seconds"] for one in sent.values()]


def test_the_time_that_a_page_is_seen_is_told_as_it_goes_by(visit: Watching) -> None:
    stand_still(visit, dwell="10")
    for _ in range(4):
        *_, before, seen = go_on(visit, 11)
    assert seen - before == pytest.approx(11, abs=0.5)
    become(visit, "hidden")
    assert go_on(visit, 60)[-1] == seen
    become(visit, "visible")
    last = go_on(visit, 11)[-1]
    assert last - seen == pytest.approx(11, abs=0.5)
    told = visit.until_sent("Page Dwelled")
    assert sum(one["properties"]["added"] for one in told) == pytest.approx(last)
    assert all(one["context"]["active"] is False for one in told)


def become(visit: Watching, state: str) -> None:
    """Have the page believe that its tab is in front, or is not."""
    visit.run(
        f"Object.defineProperty(document, 'visibilityState', {{value: '{state}', "
        "configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_nobody_looks_after_minutes_without_a_hand_on_the_page(visit: Watching) -> None:
    page = stand_still(visit, dwell="60")
    page.mouse.move(5, 5)
    first = go_on(visit, 61)[-1]
    seen = max(go_on(visit, 61)[-1] for _ in range(9))
    assert seen - first == pytest.approx(3 * 61, abs=2), "nine minutes went by"
    page.mouse.move(9, 9)
    assert go_on(visit, 61)[-1] - first == pytest.approx(300, abs=2)


@pytest.mark.parametrize("early", [True, False], ids=["before the library", "after it"])
def test_what_a_page_tells_google_is_stored_as_well(visit: Watching, early: bool) -> None:
    said = (
        "gtag('event','click',{category:'Product',label:'Buy Now'});"
        "window.dataLayer.push({event:'add_to_wishlist', product_id: '12345', user_id: 'abcde',"
        " timestamp: '2024-04-27T15:30:00Z'});"
    )
    stub = "window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);}"
    if early:
        visit.open(head=f"<script>{stub}{said}</script>")
    else:
        visit.open(f"<script>{said}</script>")
    visit.until_sent("add_to_wishlist")
    visit.until_told()
    facts = {fact["name"]: fact for fact in visit.stored("abcde")}
    click = facts["click"]
    assert click["properties"] == {"category": "Product", "label": "Buy Now"}
    wish = next(fact for name, fact in facts.items() if "ishlist" in name)
    assert wish["properties"] == {"product_id": "12345"}
    assert wish["time"].startswith("2024-04-27T15:30:00")


def test_a_user_is_named_once_however_often_events_say_it(visit: Watching) -> None:
    visit.open()
    visit.run("for (const n of [1, 2, 3]) dataLayer.push({event: 'Step', n, user_id: 'dora'})")
    visit.run("gtag('set', {user_id: 'dora'}); gtag('set', 'user_properties', {tier: 'gold'})")
    visit.until_sent("Step", 3)
    visit.until_told()
    assert visit.names("dora").count("$traits") == 2
    assert visit.names("dora").count("Step") == 3


def test_a_script_that_comes_before_the_title_waits_for_it(visit: Watching) -> None:
    script = visit.script()
    url = visit.pages.put("/late", f"<!doctype html>{script}<title>Late title</title><p>")
    visit.page.goto(url)
    (view,) = visit.until_sent("page")
    assert view["properties"]["title"] == "Late title"


def test_where_mail_is_written_is_not_told(visit: Watching) -> None:
    page = visit.open('<a href="mailto:ann@shop.example" onclick="event.preventDefault()">M</a>')
    page.click("a")
    page.goto(visit.put())
    visit.until_sent("Page Left")
    assert "ann@" not in str(visit.sent())


def test_what_google_s_tags_tell_themselves_is_not_stored(visit: Watching) -> None:
    visit.open(
        "<script>dataLayer.push({event:'gtm.js','gtm.start':1}); dataLayer.push({plain: 1});"
        "dataLayer.push(function () {}); gtag('js', new Date()); gtag('config', 'G-1');"
        "const circle = {event: 'Circle', element: document.body}; circle.circle = circle;"
        "dataLayer.push(circle); gtag('event', 'page_view');</script>"
    )
    visit.until_sent("Circle")
    visit.until_told()
    assert sorted(visit.names()) == ["Circle", "Page Viewed"]  # perhaps of one millisecond


def test_the_library_s_own_calls_are_stored_also_those_before_it_came(visit: Watching) -> None:
    loader = (
        "<script>window.tailorbird = [];"
        "tailorbird.push(['track', 'Early', {n: 1}], ['identify', 'ann', {city: 'Leeds'}]);"
        "</script>"
    )
    visit.open(head=loader)
    visit.run("tailorbird.track('Late', {n: 2.5, when: new Date(0)})")
    visit.run("tailorbird.page('Deals', {season: 'may'})")
    visit.run("tailorbird.group('g1', {plan: 'pro'})")
    visit.until_sent("group")
    visit.until_told()
    facts = {fact["name"]: fact["properties"] for fact in visit.stored("ann")}
    assert facts["Early"] == {"n": 1}
    assert facts["Late"] == {"n": 2.5, "when": "1970-01-01T00:00:00.000Z"}
    assert facts["$traits"] == {"city": "Leeds"}
    assert facts["$group"] == {"plan": "pro", "group": "g1"}
    views = [f["properties"] for f in visit.stored("ann") if f["name"] == "Page Viewed"]
    assert views[0]["name"] == "Deals" and views[0]["season"] == "may"
    assert visit.names(visit.visitor) == visit.names("ann"), "they are one person"


def test_forms_downloads_and_what_is_shared_copied_or_saved_are_stored(visit: Watching) -> None:
    page = visit.open(
        '<form id="news" action="/thanks?x=1" method="post" onsubmit="event.preventDefault()">'
        '<input name="mail" value="ann@shop.example"><button>Send</button></form>'
        '<a id="file" href="/prices.pdf" onclick="event.preventDefault()">Prices</a>'
        '<a id="share" href="https://twitter.com/intent/tweet?x" '
        'onclick="event.preventDefault()">Share</a><p id="text">Words to copy</p>',
        clicks="off",
    )
    visit.until_loaded("actions")
    page.click("form button")
    page.click("#file")
    page.click("#share")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#text'))")
    page.evaluate("document.execCommand('copy')")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 's', ctrlKey: true}))")
    visit.until_sent("Content Saved")
    visit.until_told()
    facts = {fact["name"]: fact["properties"] for fact in visit.stored()}
    form = facts["Form Submitted"]
    assert (form["id"], form["method"], form["fields"]) == ("news", "post", 2)
    assert form["action"].endswith("/thanks") and "ann@" not in str(facts)
    assert facts["File Downloaded"]["extension"] == "pdf"
    assert facts["Content Shared"] == {"method": "twitter.com"}
    assert facts["Text Copied"] == {"characters": 13}
    assert facts["Content Saved"] == {"method": "file"}


def test_the_page_that_is_left_says_for_how_long_and_where_to(visit: Watching) -> None:
    there = visit.put("next")
    page = visit.open(f'{TALL}<a href="{there}?secret=1">Next</a>')
    page.click("a")
    page.wait_for_url("**secret**")
    (left,) = visit.until_sent("Page Left")
    assert left["properties"]["to"] == there
    assert left["properties"]["seconds"] >= 0
    visit.until_told()
    assert visit.names().count("Page Left") == 1


def test_what_is_pointed_at_for_a_while_is_told_where_the_page_asks(visit: Watching) -> None:
    page = visit.open('<p id="a">A</p><p id="b">B</p>', hover="#a")
    visit.until_loaded("hover")
    page.hover("#b")
    page.hover("#a")
    page.evaluate("new Promise((then) => setTimeout(then, 1100))")
    page.hover("#b")
    (told,) = visit.until_sent("Element Hovered")
    assert told["properties"]["id"] == "a" and told["properties"]["seconds"] >= 1
