"""Who a visitor is: an id in a cookie and in storage, each of which restores the other."""

from __future__ import annotations

from tests.front.watching import Watching, until

COOKIE = "document.cookie"
STORED = "localStorage.tb_anonymous_id"


def test_the_cookie_restores_storage_and_storage_the_cookie(visit: Watching) -> None:
    page = visit.open()
    who = visit.visitor
    assert visit.run(COOKIE) == f"tb_anonymous_id={who}"
    assert visit.run(STORED) == who
    page.evaluate("localStorage.removeItem('tb_anonymous_id')")
    page.reload()
    assert visit.visitor == who and visit.run(STORED) == who
    visit.context.clear_cookies()
    page.reload()
    assert visit.visitor == who and visit.run(COOKIE) == f"tb_anonymous_id={who}"
    page.evaluate("document.cookie = 'tb_anonymous_id=shared; path=/'")
    page.reload()
    assert visit.visitor == "shared" and visit.run(STORED) == "shared"


def test_the_cookie_is_of_this_site_alone_and_lasts(visit: Watching) -> None:
    visit.open()
    assert visit.visitor
    (cookie,) = visit.context.cookies()
    assert (cookie["sameSite"], cookie["path"]) == ("Lax", "/")
    assert cookie["expires"] - visit.run("Date.now() / 1000") > 390 * 86_400


def test_a_user_who_comes_after_another_is_somebody_else(visit: Watching) -> None:
    page = visit.open()
    first = visit.visitor
    visit.run("tailorbird.identify('ann', {city: 'Leeds'}); tailorbird.track('Anns')")
    page.reload()
    visit.run("tailorbird.track('Anns too')")
    assert visit.visitor == first
    visit.run("tailorbird.identify('bob'); tailorbird.track('Bobs')")
    assert visit.visitor != first
    visit.until_sent("Bobs")
    visit.until_told()
    assert visit.names("ann").count("Anns") == visit.names("ann").count("Anns too") == 1
    assert "Bobs" in visit.names("bob")
    assert "Bobs" not in visit.names("ann")


def test_whoever_logs_out_begins_anew(visit: Watching) -> None:
    visit.open()
    visit.run("tailorbird.identify('carla')")
    first = visit.visitor
    visit.run("tailorbird.reset(); tailorbird.track('Of nobody known')")
    visit.until_sent("Of nobody known")
    visit.until_told()
    assert visit.visitor != first
    assert "Of nobody known" not in visit.names("carla")
    assert visit.run("localStorage.tb_user_id") is None


def test_a_server_that_keeps_the_visitor_gives_her_back_when_scripts_lost_her(
    visit: Watching,
) -> None:
    page = visit.open(visitor="server")
    who = visit.visitor
    kept = until(lambda: [c for c in visit.context.cookies() if c["name"] == "tb_visitor"])[0]
    assert kept["httpOnly"] and kept["sameSite"] == "Lax" and kept["path"] == "/v1/visitor"
    visit.context.clear_cookies(name="tb_anonymous_id")
    page.evaluate("localStorage.clear()")
    page.reload()
    assert visit.visitor == who
    assert "tb_visitor" not in visit.run(COOKIE)
    visit.run("tailorbird.reset()")
    new = until(lambda: who != visit.visitor and visit.visitor)
    until(lambda: len(visit.network.posts("/v1/visitor")) == 3)
    page.evaluate("localStorage.clear()")
    visit.context.clear_cookies(name="tb_anonymous_id")
    page.reload()
    assert visit.visitor == new
    visit.run("tailorbird.consent(false)")
    until(lambda: not visit.context.cookies())


def test_a_page_whose_site_is_not_listed_goes_on_without_the_server_s_cookie(
    visit: Watching,
) -> None:
    url = visit.put(visitor="server").replace("127.0.0.1", "localhost")
    visit.page.goto(url)
    visit.until_sent("page")
    assert visit.visitor
    assert [one.status for one in visit.network.posts("/v1/visitor")] == [403]


def test_whole_visitors_are_in_the_sample_or_out_of_it(visit: Watching) -> None:
    def page_of(who: str, share: str) -> int:
        visit.context.clear_cookies()
        visit.page.goto(visit.put("", sample=share, head=f"<script>document.cookie="
                                  f"'tb_anonymous_id={who};path=/'</script>"))  # fmt: skip
        called = f"{who} of {share}"
        visit.run(f"tailorbird.track('{called}')")
        visit.until_told()
        return len([one for one in visit.sent() if one.get("event") == called])

    visit.page.goto(visit.pages.put("/empty", "<p>"))
    inside = [who for who in map("v{}".format, range(12)) if page_of(who, "0.5")]
    assert 0 < len(inside) < 12
    assert all(page_of(who, "0.8") for who in inside), "a larger sample holds the smaller one"


def test_no_page_sends_without_end(visit: Watching) -> None:
    visit.open(budget="5", session_budget="8")
    visit.run("for (let n = 0; n < 20; n++) tailorbird.track('Loop', {n})")
    visit.until_told()
    assert visit.names().count("Loop") == 4
    visit.page.reload()
    visit.run("for (let n = 0; n < 20; n++) tailorbird.track('Loop', {n})")
    visit.until_told()
    assert len(visit.names()) == 8, visit.names()
