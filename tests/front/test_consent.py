"""Before consent nothing is stored and nothing sent; when it is withdrawn, all of it goes."""

from __future__ import annotations

from tests.front.watching import Watching, until

STORED = "JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage), document.cookie])"
NOTHING = '[[],[],""]'


def test_before_consent_nothing_is_stored_and_nothing_is_sent(visit: Watching) -> None:
    page = visit.open('<button>Buy</button><div style="height:4000px"></div>', consent="asked")
    page.click("button")
    page.evaluate("scrollTo(0, 1e6); tailorbird.track('Tried'); tailorbird.identify('eve')")
    page.evaluate("gtag('event', 'tried'); tailorbird.flush()")
    page.reload()
    page.evaluate("tailorbird.track('Tried again')")
    until(lambda: visit.run("tailorbird.waiting()") >= 2)
    assert visit.run(STORED) == NOTHING
    assert visit.run("tailorbird.anonymousId()") == ""
    assert visit.requests() == []
    assert visit.context.cookies() == []


def test_what_is_misspelt_asks_for_consent_too(visit: Watching) -> None:
    visit.open(consent="givven")
    visit.run("tailorbird.flush()")
    assert visit.run(STORED) == NOTHING
    assert visit.requests() == []


def test_after_consent_what_was_held_is_sent_and_consent_first_of_all(visit: Watching) -> None:
    visit.open(consent="asked")
    visit.run("tailorbird.track('Early')")
    visit.run("tailorbird.consent({analytics: true, marketing: false})")
    visit.until_sent("Early")
    visit.until_told()
    first = visit.requests()[0].said["batch"]
    assert [one["properties"] for one in first] == [
        {"purpose": "analytics", "granted": True},
        {"purpose": "marketing", "granted": False},
    ]
    assert {one["anonymousId"] for one in visit.sent()} == {visit.visitor}
    assert sorted(visit.names()) == ["$consent", "$consent", "Early", "Page Viewed"]
    visit.page.reload()
    visit.until_sent("page", 2)
    visit.run("tailorbird.consent({analytics: true, marketing: false})")
    visit.until_told()
    assert visit.names().count("$consent") == 2, "what was said once is not said again"


def test_whoever_withdraws_is_forgotten_by_the_page_and_the_server_hears_of_it(
    visit: Watching,
) -> None:
    visit.open(consent="given")
    visit.until_sent("page")
    who = visit.visitor
    visit.run("tailorbird.track('Too late'); tailorbird.consent(false)")
    visit.until_sent("$consent")
    until(lambda: visit.run("tailorbird.flush().then(() => tailorbird.waiting() === 0)"))
    visit.run("tailorbird.track('After'); dataLayer.push({event: 'After'})")
    assert visit.run("Object.keys(localStorage)") == ["tb_consent"]
    assert visit.run("document.cookie") == ""
    assert visit.run("tailorbird.anonymousId()") == ""
    visit.page.reload()
    visit.run("tailorbird.track('Next page'); tailorbird.flush()")
    assert visit.names(who) == ["Page Viewed", "$consent"]
    denial = visit.stored(who)[0]["properties"]
    assert denial == {"purpose": "analytics", "granted": False}
    visit.run("tailorbird.consent(true); tailorbird.track('Again')")
    visit.until_sent("Again")
    assert visit.visitor != who


def test_google_s_consent_mode_counts_as_consent(visit: Watching) -> None:
    visit.open(consent="asked")
    visit.run("gtag('consent', 'default', {analytics_storage: 'denied', ad_storage: 'denied'})")
    visit.run("gtag('event', 'held'); tailorbird.flush()")
    assert visit.requests() == []
    visit.run("gtag('consent', 'update', {analytics_storage: 'granted', ad_storage: 'denied'})")
    visit.until_sent("held")
    visit.until_told()
    said = [f["properties"] for f in visit.stored() if f["name"] == "$consent"]
    assert {(one["purpose"], one["granted"]) for one in said} == {
        ("analytics", True),
        ("marketing", False),
    }


def test_a_page_that_only_asks_for_consent_remembers_nothing_of_a_refusal(visit: Watching) -> None:
    visit.open(consent="asked")
    visit.run("tailorbird.consent(false); tailorbird.track('Never'); tailorbird.flush()")
    assert visit.run("tailorbird.waiting()") == 0
    assert visit.run(STORED) == NOTHING
    assert visit.requests() == []
