"""The outbox against a list that is searched from end to end, and over restarts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tailorbird.delivery.health import Health
from tailorbird.delivery.outbox import OPEN, UNKNOWN, Message, claimed, given_up, revived, tried
from tailorbird.delivery.retry import Outcome
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.edges.stores.state_tables import MIGRATIONS
from tailorbird.kernel.instants import HOUR
from tailorbird.ports.delivery import Standing

ENDPOINTS = ("crm", "shop")
PEOPLE = ("ann", "bob", "cid")
OUTCOMES = (
    Outcome(200, "ok"),
    Outcome(503, "busy"),
    Outcome(None, "no answer", HOUR),
    Outcome(422, "wrong"),
)


def message(id_: str, endpoint: str = "crm", subject: str = "ann") -> Message:
    return Message(id_, endpoint, subject, "segment.left", b"{}")


class SlowOutbox:
    """All messages in one list, in order; nothing is remembered that can be looked up."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def claim(self, endpoint: str, now_us: int, most: int) -> list[Message]:
        found = []
        for due in sorted(self.messages, key=lambda m: m.due_us):
            if due.endpoint == endpoint and due.state in ("pending", "failed"):
                first = next(
                    m
                    for m in self.messages
                    if (m.endpoint, m.subject) == (due.endpoint, due.subject) and m.state in OPEN
                )
                if first == due and due.due_us <= now_us and len(found) < most:
                    found.append(claimed(due, now_us))
        for one in found:
            self.put(one)
        return found

    def put(self, changed: Message) -> None:
        self.messages = [changed if m.id == changed.id else m for m in self.messages]

    def of(self, endpoint: str, *states: str) -> list[Message]:
        return [m for m in self.messages if m.endpoint == endpoint and m.state in states]


class Outboxes(RuleBasedStateMachine):
    """Whatever happens to both, they tell the same."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "state.sqlite"
        self.outbox, self.slow = SqliteOutbox(self.path), SlowOutbox()
        self.made, self.now_us = 0, 1
        self.under_way: list[Message] = []
        self.last: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()

    @rule(endpoint=st.sampled_from(ENDPOINTS), subject=st.sampled_from(PEOPLE))
    def somebody_turns(self, endpoint: str, subject: str) -> None:
        self.made += 1
        made = message(f"m{self.made}", endpoint, subject)
        with SqliteState(self.path) as states, states.transaction():
            states.add_messages([made])
        self.slow.messages.append(made)

    @rule(endpoint=st.sampled_from(ENDPOINTS), most=st.integers(1, 3))
    def some_are_claimed(self, endpoint: str, most: int) -> None:
        with self.outbox.transaction():
            found = self.outbox.claim(endpoint, self.now_us, most)
        told = self.slow.claim(endpoint, self.now_us, 99)
        due_us = sorted(m.due_us for m in told)
        assert [m.due_us for m in found] == due_us[:most]
        for one in told:
            if one.id not in {m.id for m in found}:
                back = "failed" if one.tries > 1 else "pending"
                first_us = one.first_us if one.tries > 1 else 0
                self.slow.put(one._replace(state=back, tries=one.tries - 1, first_us=first_us))
        assert all(m in told for m in found)
        self.under_way += found
        for one in found:  # in order for each person: no message goes out before an earlier one
            number = int(one.id.removeprefix("m"))
            assert number not in self.last.values() or one.tries > 1
            self.last[endpoint, one.subject] = number

    @rule(outcome=st.sampled_from(OUTCOMES), data=st.data())
    def one_ends(self, outcome: Outcome, data: Any) -> None:
        if not self.under_way:
            return
        ended = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        ended = tried(ended, outcome, self.now_us, 0.5)
        with self.outbox.transaction():
            self.outbox.keep(ended, self.now_us)
        if ended.state == "sent":
            self.slow.messages = [m for m in self.slow.messages if m.id != ended.id]
        else:
            self.slow.put(ended)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now_us += hours * HOUR

    @rule()
    def the_process_is_killed(self) -> None:
        self.outbox.close()
        self.outbox = SqliteOutbox(self.path)
        with self.outbox.transaction():
            found = self.outbox.recover()
        assert sorted(m.id for m in found) == sorted(m.id for m in self.under_way)
        assert all(m.told == UNKNOWN for m in found)
        for one in found:
            self.slow.put(one)
        self.under_way = []

    @rule(endpoint=st.sampled_from(ENDPOINTS))
    def an_endpoint_is_disabled(self, endpoint: str) -> None:
        with self.outbox.transaction():
            self.outbox.give_up(endpoint, "disabled", self.now_us)
        for one in self.slow.of(endpoint, "pending", "failed"):
            self.slow.put(given_up(one, "disabled"))

    @rule(endpoint=st.sampled_from(ENDPOINTS), data=st.data())
    def some_are_sent_again(self, endpoint: str, data: Any) -> None:
        dead = self.slow.of(endpoint, "dead")
        ids = data.draw(
            st.one_of(st.none(), st.sets(st.sampled_from([m.id for m in dead] or [""])))
        )
        chosen = [m for m in dead if ids is None or m.id in ids]
        assert self.outbox.revive(endpoint, ids) == len(chosen)
        self.slow.messages = [m for m in self.slow.messages if m not in chosen]
        self.slow.messages += [revived(m) for m in chosen]
        self.last.clear()

    @rule(endpoint=st.sampled_from(ENDPOINTS))
    def an_endpoint_is_removed(self, endpoint: str) -> None:
        self.outbox.drop(endpoint)
        self.slow.messages = [m for m in self.slow.messages if m.endpoint != endpoint]
        self.under_way = [m for m in self.under_way if m.endpoint != endpoint]

    @invariant()
    def both_tell_the_same(self) -> None:
        for endpoint in ENDPOINTS:
            waiting = len(self.slow.of(endpoint, *OPEN))
            dead = self.slow.of(endpoint, "dead")
            assert self.outbox.standing(endpoint) == Standing(waiting, len(dead), Health())
            told = [m._replace(due_us=0) for m in self.outbox.dead(endpoint, 1_000)]
            assert told == [m._replace(due_us=0) for m in reversed(dead)]
        assert set(self.outbox.endpoints()) == {m.endpoint for m in self.slow.messages}


TestOutboxes = Outboxes.TestCase
TestOutboxes.settings = settings(max_examples=25, stateful_step_count=40)


def test_the_next_instant_at_which_something_is_due_is_told() -> None:
    with SqliteOutbox(None) as outbox, outbox.transaction():
        assert outbox.next_due_us("crm") is None
        outbox.add([message("m1"), message("m2"), message("m3", subject="bob")])
        assert outbox.next_due_us("crm") == 0
        first, third = outbox.claim("crm", 5, 9)
        assert (first.id, third.id) == ("m1", "m3") and outbox.next_due_us("crm") is None
        later = tried(first, OUTCOMES[1], 5, 0.5)
        outbox.keep(later, 5)
        assert outbox.next_due_us("crm") == later.due_us
        assert outbox.claim("crm", later.due_us - 1, 9) == []
        outbox.keep(tried(claimed(later, later.due_us), OUTCOMES[0], 5, 0.5), 5)
        assert [m.id for m in outbox.claim("crm", 5, 9)] == ["m2"]


def test_what_is_held_back_is_gone_and_the_next_goes_out() -> None:
    with SqliteOutbox(None) as outbox, outbox.transaction():
        ads = [
            message(f"m{n}", subject=who)._replace(purposes="ads") for n, who in enumerate(PEOPLE)
        ]
        outbox.add([*ads, message("free", subject="bob"), message("later", subject="bob")])
        assert outbox.claim("crm", 5, 9) == []
        assert outbox.next_due_us("crm", is_open=False) is None
        assert outbox.next_due_us("crm") == 0
        found = outbox.claim("crm", 5, 2, lambda one: one.subject in ("ann", "bob"))
        assert [m.id for m in found] == ["m2", "free"]
        assert outbox.standing("crm").waiting == 3


def test_what_an_endpoint_may_know_is_remembered_until_it_was_told_otherwise() -> None:
    with SqliteOutbox(None) as outbox, outbox.transaction():
        came = message("m1")._replace(purposes="ads", about="vip")
        left = came._replace(id="m2", is_exit=True)
        outbox.add([came])
        assert not outbox.was_told(left)
        (sent,) = outbox.claim("crm", 5, 9, lambda _: False)
        assert outbox.was_told(left)
        assert not outbox.was_told(left._replace(about="fan"))
        outbox.keep(tried(sent, OUTCOMES[0], 5, 0.5), 5)
        outbox.add([left])
        (sent,) = outbox.claim("crm", 5, 9, lambda _: False)
        outbox.keep(tried(sent, OUTCOMES[0], 5, 0.5), 5)
        assert not outbox.was_told(left)


def test_two_messages_that_say_the_same_are_two() -> None:
    with SqliteOutbox(None) as outbox, outbox.transaction():
        outbox.add([message("m1"), message("m1"), message("m1", subject="bob")])
        found = {m.id for m in outbox.claim("crm", 5, 9)}
        assert found == {"m1", "m1_3"}
        assert outbox.standing("crm").waiting == 3


def test_what_was_given_up_is_forgotten_in_the_end() -> None:
    with SqliteOutbox(None) as outbox, outbox.transaction():
        outbox.add([message("m1"), message("m2", subject="bob")])
        for number, one in enumerate(outbox.claim("crm", 5, 9)):
            outbox.keep(tried(one, OUTCOMES[3], 5, 0.5), 100 + number)
        outbox.forget_dead(101)
        assert [m.id for m in outbox.dead("crm", 9)] == ["m2"]


def test_how_endpoints_are_is_kept_until_they_are_forgiven() -> None:
    health = Health(7, 6, 5, 4, 3, 2, "busy")
    with SqliteOutbox(None) as outbox:
        with outbox.transaction():
            outbox.put_health("crm", health)
        assert outbox.health("crm") == health and outbox.health("shop") == Health()
        outbox.forgive("crm")
        assert outbox.health("crm") == Health(sent=7, sent_us=6)


def test_messages_are_made_with_the_states_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with SqliteState(path) as states, SqliteOutbox(path) as outbox:
        with pytest.raises(KeyError), states.transaction():
            states.add_messages([message("m1")])
            raise KeyError
        assert outbox.standing("crm").waiting == 0
        with states.transaction():
            states.add_messages([message("m1")])
            states.clear()
        assert outbox.standing("crm").waiting == 1, "it outlives that states are made anew"


def test_a_state_file_from_before_there_were_messages_gets_its_tables(tmp_path: Path) -> None:
    from tailorbird.edges.sqlite_files import open_file

    path = tmp_path / "state.sqlite"
    old = open_file(path, "the live state", MIGRATIONS[:1])
    old.execute("UPDATE meta SET position = 7")
    old.close()
    with SqliteState(path) as states:
        assert states.meta().position == 7
        with states.transaction():
            states.add_messages([message("m1")])
    with SqliteOutbox(path) as outbox:
        assert outbox.standing("crm").waiting == 1
