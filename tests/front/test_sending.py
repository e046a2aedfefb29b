"""Nothing that a page sends is lost or counted twice, whatever the network does."""

from __future__ import annotations

import time

import pytest
from tests.faulty import CUT, LOST, RESET, Fault, refused
from tests.front.watching import Watching, until


def each_once(visit: Watching, names: list[str]) -> None:
    visit.until_told()
    assert sorted(visit.names()) == sorted(names)
    ids = [fact["id"] for fact in visit.stored()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "fault",
    [refused(503), refused(429, "1"), refused(408), LOST, RESET, CUT],
    ids=["503", "429", "408", "lost", "reset", "cut"],
)
def test_a_fault_on_the_way_loses_nothing_and_doubles_nothing(
    visit: Watching, fault: Fault
) -> None:
    visit.network.fails = lambda exchange: exchange.path == "/v1/b"
    visit.network.plan.append(fault)
    visit.open()
    visit.run("tailorbird.track('First'); tailorbird.track('Second', {n: 2})")
    until(lambda: len(visit.requests()) >= 1)
    visit.until_sent("Second")
    until(lambda: visit.run("tailorbird.waiting() === 0") and len(visit.requests()) > 1)
    each_once(visit, ["Page Viewed", "First", "Second"])
    ids = [{one["messageId"] for one in request.said["batch"]} for request in visit.requests()]
    assert ids[0] <= set().union(*ids[1:]), "a message keeps its id"


def test_a_page_comes_again_no_sooner_than_the_server_asks(visit: Watching) -> None:
    visit.network.fails = lambda exchange: exchange.path == "/v1/b"
    visit.network.plan.append(refused(429, "3000"))
    began = time.monotonic()
    page = visit.open()
    until(lambda: len(visit.requests()) == 1)
    until(lambda: visit.run("!!localStorage.tb_backoff"))
    left = visit.run("JSON.parse(localStorage.tb_backoff).until - Date.now()")
    since_ms = (time.monotonic() - began) * 1000
    assert 3_000_000 - since_ms <= left <= 3_000_000
    page.reload()
    visit.run("tailorbird.track('Waits'); tailorbird.flush()")
    until(lambda: visit.run("tailorbird.waiting()") >= 3)
    assert len(visit.requests()) == 1, "the next page waits too"
    visit.run("dispatchEvent(new Event('online'))")
    visit.until_sent("Waits")
    visit.until_told()
    assert visit.run("localStorage.tb_backoff === undefined")


def test_what_a_page_could_not_send_is_sent_by_the_next_one(visit: Watching) -> None:
    visit.network.fails = lambda exchange: exchange.path == "/v1/b"
    visit.network.plan.extend([refused(503)] * 2)
    page = visit.open(exit="off")
    visit.run("tailorbird.track('Kept', {n: 1})")
    until(lambda: len(visit.requests()) >= 1 and visit.run("!!localStorage.tb_backoff"))
    page.evaluate("localStorage.removeItem('tb_backoff')")
    visit.network.plan.clear()
    page.goto(visit.put(exit="off"))
    visit.until_sent("page", 2)
    each_once(visit, ["Page Viewed", "Kept", "Page Viewed"])


def test_what_happens_as_a_page_is_left_arrives_once(visit: Watching) -> None:
    page = visit.open()
    visit.until_told()
    page.evaluate("addEventListener('pagehide', () => tailorbird.track('Last words'), true)")
    page.goto(visit.put())
    visit.until_sent("page", 2)
    each_once(visit, ["Page Viewed", "Page Left", "Last words", "Page Viewed"])


def test_a_page_that_ends_for_good_sends_what_waits(visit: Watching) -> None:
    page = visit.open()
    who = visit.visitor
    visit.run("tailorbird.track('At the end')")
    page.close(run_before_unload=True)
    until(lambda: [one for one in visit.sent() if one.get("event") == "Page Left"])
    until(lambda: all(one.status for one in visit.requests()))
    assert {"At the end", "Page Left"} <= set(visit.names(who))


def test_offline_events_wait_until_the_network_is_back(visit: Watching) -> None:
    visit.open()
    visit.until_told()
    visit.context.set_offline(True)
    visit.run("tailorbird.track('Offline'); tailorbird.flush()")
    until(lambda: visit.run("tailorbird.waiting() === 1 && !navigator.onLine"))
    assert "Offline" not in [one.get("event") for one in visit.sent()]
    visit.context.set_offline(False)
    visit.until_sent("Offline")
    each_once(visit, ["Page Viewed", "Offline"])


def test_two_tabs_do_not_take_each_other_s_events(visit: Watching) -> None:
    visit.network.fails = lambda exchange: exchange.path == "/v1/b"
    visit.network.plan.extend([refused(503)])
    visit.open(exit="off")
    until(lambda: visit.run("!!localStorage.tb_backoff"))
    other = visit.new_page()
    other.goto(visit.put(exit="off"))
    other.evaluate("tailorbird.track('Of the other tab')")
    visit.run("tailorbird.track('Of this tab'); dispatchEvent(new Event('online'))")
    other.evaluate("dispatchEvent(new Event('online'))")
    visit.until_sent("Of the other tab")
    visit.until_sent("Of this tab")
    each_once(visit, ["Page Viewed", "Page Viewed", "Of the other tab", "Of this tab"])


def test_what_waits_is_bounded_and_consent_goes_last(visit: Watching) -> None:
    visit.network.fails = lambda exchange: exchange.path == "/v1/b"
    visit.network.plan.append(refused(429, "3000"))  # nothing is sent meanwhile
    visit.open(budget="9999", session_budget="9999")
    until(lambda: visit.run("!!localStorage.tb_backoff"))
    visit.run("tailorbird.consent({marketing: true})")
    visit.run("for (let n = 0; n < 900; n++) tailorbird.track('Many', {n})")
    assert visit.run("tailorbird.waiting()") == 500
    visit.run("tailorbird.track('Large', {text: Array(40).fill('x'.repeat(2000))})")
    assert visit.run("tailorbird.waiting()") == 500
    visit.run("dispatchEvent(new Event('online'))")
    visit.until_sent("$consent")
    visit.until_told()
    many = [fact["properties"]["n"] for fact in visit.stored() if fact["name"] == "Many"]
    assert len(many) == 499 and max(many) == 899
    assert all(len(one.body) < 60_000 for one in visit.requests())


def test_a_key_that_is_unknown_is_told_and_not_tried_again(visit: Watching) -> None:
    visit.open(key="tb_unknown")
    until(lambda: visit.run("tailorbird.waiting() === 0") and visit.requests())
    assert [one.status for one in visit.requests()] == [401]
    until(lambda: visit.run("true") and "no known write key" in str(visit.messages))
