"""Other systems are told of those who turn, and of nobody because of what is long over."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.live_reading import LogHistories, Service, service

from tailorbird.delivery.endpoints import EVENTS, Endpoint
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.flow.advance import Live
from tailorbird.flow.announcing import Announcing
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import DAY, HOUR, SECOND
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.segments.membership import CAUSES

PLAN = """
segments:
  buyer: did("Bought")
  fan: {when: did("Liked"), purpose: marketing}
  keen: count("Seen", last="2d") >= 1
"""
NOW_US = 1_700_000_000 * SECOND
WEEK_US = 7 * DAY
COUNTER = itertools.count()


class Told:
    """Live people whose messages are looked at."""

    def __init__(self, running: Service) -> None:
        self.running = running
        self.sealed = SealedMessages(running.keyring, os.urandom)
        self.outbox = SqliteOutbox(running.folder / "state.sqlite")
        self.open()

    def open(self) -> None:
        crm = Endpoint("crm", "https://a.example", EVENTS, (), CAUSES, 0)
        running = self.running
        running.live = Live(
            running.log,
            running.store,
            running.plan,
            LogHistories(running.log),
            announcing=Announcing(lambda: [crm], self.sealed.sealed),
            max_lateness_us=WEEK_US,
        )

    def accept(self, *facts: Fact, now_us: int = NOW_US) -> None:
        self.running.accept(*facts, now_us=now_us)
        self.running.run_to(now_us)

    def messages(self) -> list[tuple[str, str, str]]:
        found = []
        for one in self.outbox._select("TRUE ORDER BY number"):
            assert one.is_sealed
            opened = self.sealed.opened(one)
            assert opened is not None
            found.append((opened.event.removeprefix("segment."), opened.subject, opened.about))
        return found

    def record(self) -> list[tuple[str, str, bool, str]]:
        return [
            (one.subject, one.key[1], one.value, one.cause)
            for one in self.running.live.record(0, 1_000)
        ]


@pytest.fixture
def told() -> Iterator[Told]:
    with service(live.plan(load_text(PLAN).definitions)) as running:
        made = Told(running)
        yield made
        made.outbox.close()


def fact(who: str, name: str, at_us: int, known_us: int | None = None, **more: Any) -> Fact:
    is_act = not name.startswith("$")
    known_us = at_us if known_us is None else known_us
    return Fact(who, at_us, f"m{next(COUNTER)}", name, more, {}, is_act, True, "", 0, known_us)


def test_messages_are_sealed_and_know_what_they_are_for(told: Told) -> None:
    told.accept(fact("canary-ann", "Liked", NOW_US))
    assert told.messages() == [("entered", "canary-ann", "fan")]
    (message,) = told.outbox._select("TRUE")
    assert message.purposes == "marketing"
    assert b"canary" not in message.body and "canary" not in message.subject


def test_an_import_of_old_facts_is_no_news_and_stands_in_the_record(told: Told) -> None:
    told.accept(
        fact("ann", "Bought", NOW_US - WEEK_US - 1),
        fact("bob", "Bought", NOW_US - WEEK_US),
        fact("cid", "Bought", NOW_US - 300 * DAY, known_us=NOW_US),
        *(fact("dee", "Bought", NOW_US - 300 * DAY + n) for n in range(20)),
    )
    assert told.messages() == [("entered", "bob", "buyer")]
    assert {one[:3] for one in told.record()} == {
        (who, "buyer", True) for who in ("ann", "bob", "cid", "dee")
    }


def test_many_facts_of_one_person_are_as_old_as_the_newest_of_them(told: Told) -> None:
    told.accept(*(fact("ann", "Bought", NOW_US - 30 * DAY + n) for n in range(20)))
    assert told.messages() == []
    told.accept(
        fact("cid", "Liked", NOW_US - 30 * DAY),
        *(fact("bob", "Bought", NOW_US - 30 * DAY + n) for n in range(20)),
        fact("bob", "Bought", NOW_US),
    )
    assert told.messages() == [("entered", "bob", "buyer")]


def test_old_facts_in_a_running_service_are_no_news_either(told: Told) -> None:
    told.accept(fact("zoe", "Seen", NOW_US))
    before = told.messages()
    told.accept(
        fact("ann", "Bought", NOW_US - 30 * DAY),
        *(fact("bob", "Liked", NOW_US - 30 * DAY + n) for n in range(20)),
    )
    told.accept(fact("bob", "Bought", NOW_US))
    assert told.messages() == [*before, ("entered", "bob", "buyer")]


def test_who_turns_by_herself_just_before_an_old_fact_is_news(told: Told) -> None:
    told.accept(fact("ann", "Seen", NOW_US))
    assert told.messages() == [("entered", "ann", "keen")]
    later_us = NOW_US + 3 * DAY
    old = fact("ann", "Bought", NOW_US - 30 * DAY, known_us=later_us)
    told.running.accept(old, now_us=later_us)
    told.running.live.advance(later_us)
    assert told.messages() == [("entered", "ann", "keen"), ("left", "ann", "keen")]


def test_what_ended_while_nobody_ran_for_long_is_no_news(told: Told) -> None:
    told.accept(fact("ann", "Seen", NOW_US), fact("bob", "Seen", NOW_US + 4 * DAY))
    told.running.live.wake(NOW_US + 2 * DAY + WEEK_US + HOUR)
    assert told.messages() == [
        ("entered", "ann", "keen"),
        ("entered", "bob", "keen"),
        ("left", "bob", "keen"),
    ]
    assert ("ann", "keen", False, "time") in told.record()


@pytest.mark.parametrize(("age_us", "is_news"), [(30 * DAY, False), (5 * DAY, True)])
def test_it_is_the_same_when_a_history_is_read_again_even_by_the_next_process(
    told: Told, age_us: int, is_news: bool
) -> None:
    bought = fact("ann", "Bought", NOW_US - HOUR)
    told.accept(bought, fact("ann", "Seen", NOW_US))
    before = told.messages()
    verdict = fact("ann", "$verdict", NOW_US - age_us, message_id=bought.id, bot=True)
    told.running.accept(verdict, now_us=NOW_US)
    told.running.live.advance(NOW_US)
    assert told.running.store.pending(9), "her history is read again"
    told.open()
    told.running.run_to(NOW_US)
    assert told.record()[-1] == ("ann", "buyer", False, "event")
    assert told.messages()[len(before) :] == ([("left", "ann", "buyer")] if is_news else [])


def test_old_links_between_people_are_no_news(told: Told) -> None:
    told.accept(fact("ann", "Bought", NOW_US), fact("bob", "Seen", NOW_US))
    before = told.messages()
    told.accept(fact("ann", MERGE, NOW_US - 30 * DAY, other="bob"))
    assert told.messages() == before
    told.accept(fact("ann", MERGE, NOW_US, other="cid"), fact("cid", "Liked", NOW_US))
    assert told.messages() != before


def test_what_waited_for_a_history_is_as_new_as_it_is_itself(told: Told) -> None:
    bought = fact("ann", "Bought", NOW_US - HOUR)
    told.accept(bought)
    before = told.messages()
    verdict = fact("ann", "$verdict", NOW_US - 30 * DAY, message_id=bought.id, bot=True)
    told.running.accept(verdict, now_us=NOW_US)
    told.running.live.advance(NOW_US)
    told.running.ask_histories(9)
    told.running.accept(fact("ann", "Liked", NOW_US), now_us=NOW_US)
    told.running.live.advance(NOW_US)
    told.running.tell_histories()
    assert told.messages()[len(before) :] == [("entered", "ann", "fan")]


def test_what_a_new_definition_is_for_is_known_from_the_first_message_on(told: Told) -> None:
    """Otherwise people would be told of who did not agree to it."""
    told.accept(fact("zoe", "Seen", NOW_US))
    more = PLAN + '  reader: {when: did("Read"), purpose: analytics}\n'
    told.running.adopt(live.plan(load_text(more).definitions), NOW_US)
    told.accept(fact("ann", "Read", NOW_US))
    *_, message = told.outbox._select("TRUE ORDER BY number")
    assert (message.about, message.purposes) == ("reader", "analytics")


def test_who_was_there_before_the_first_states_is_news_for_nobody(told: Told) -> None:
    told.running.accept(fact("ann", "Bought", NOW_US), now_us=NOW_US)
    told.running.adopt(told.running.plan, NOW_US, back=-1)
    assert told.messages() == []
    assert told.record() == [("ann", "buyer", True, "definition")]
    other = PLAN.replace('did("Bought")', 'did("Sold")')
    told.running.adopt(live.plan(load_text(other).definitions), NOW_US)
    assert told.messages() == [("left", "ann", "buyer")]
