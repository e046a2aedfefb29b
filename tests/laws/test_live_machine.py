"""Whatever happens to live people, in whatever order, they are what the log says they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import count
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.flow.live_reading import Service, service, told

from tailorbird.flow.replays import Refolded
from tailorbird.kernel.facts import MERGE, SETTING, TRAITS, UNMERGE, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.laws.readings import Question, ReferenceReading, asked, same
from tailorbird.people.identity import people
from tailorbird.people.parting import link_of

PLANS = [
    live.plan(load_text(text).definitions)
    for text in (
        """
traits:
  seen: count("Seen")
  last_days: count("Seen", last="2d")
segments:
  keen: count("Seen", last="2d") >= 2
  buyer: did("Bought")
  late_night: count("Seen", where=event_hour() >= 20) >= 1
  waited: absent("Bought", after="Seen", wait="3h")
personas:
  - Shopper: in_segment("buyer")
  - Looker: in_segment("keen")
""",
        """
traits:
  days: active_days("Seen")
segments:
  keen: count("Seen", last="1d") >= 1
  steps: sequence("Seen", "Bought", within="2d")
  long: held(count("Seen", last="2d") >= 1, lasting="1d")
""",
    )
]
REFERENCE = ReferenceReading()
START = 1_700_000_000 * SECOND
WHO = st.sampled_from("abc")
STEPS = st.sampled_from([0, MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY])
AGES = st.sampled_from([0, 0, 0, MINUTE, 2 * HOUR, DAY, 2 * DAY, -HOUR, -DAY])
"""How long ago something happened; some imported facts are still to come."""
DOINGS = st.sampled_from(["advance", "wake", "settle", "ask", "answer", "answer", "restart"])
ONE_IN_FOUR = st.sampled_from([False, False, False, True])


class StoppedError(Exception):
    """The process ends here."""


class LivePeople(RuleBasedStateMachine):
    """A server's live people: facts, links, settings, histories, restarts, publications."""

    def __init__(self) -> None:
        super().__init__()
        self._open = service(PLANS[0], memory_bytes=6_000)  # two or three fit
        self.running: Service = self._open.__enter__()
        self.now_us = START
        self.links: list[str] = []
        self._ids = count()
        self._given: list[Refolded] = []

    def teardown(self) -> None:
        """In the end everybody is told by everything, and no mark is left."""
        try:
            self.running.run_to(self.now_us)
            for subject in "abcd":
                seen = self.running.live.person(subject, self.now_us)
                assert seen is None or not seen.is_pending
            self.everybody_is_told_by_her_facts()
            self.the_record_leads_to_what_is_told()
        finally:
            self._open.__exit__(None, None, None)

    # What comes in

    def _accept(self, subject: str, called: str, age_us: int, **properties: Any) -> Fact:
        id_ = f"m{next(self._ids)}"
        act = not called.startswith("$")
        at_us = self.now_us - age_us
        fact = Fact(subject, at_us, id_, called, properties, {}, act, True, "", 0, self.now_us)
        self.running.accept(fact, now_us=self.now_us)
        return fact

    @rule(who=WHO, name=st.sampled_from(["Seen", "Seen", "Bought", TRAITS]), age_us=AGES)
    def happen(self, who: str, name: str, age_us: int) -> None:
        more = {"timezone": "Asia/Tokyo"} if name == TRAITS else {}
        self._accept(who, name, age_us, **more)
        if name == "Seen":
            self.keep_up()

    @rule(who=WHO, other=st.sampled_from([*"abcabcd", WORKSPACE]), at_once=st.booleans())
    def join(self, who: str, other: str, at_once: bool) -> None:
        self.links.append(self._accept(who, MERGE, 0, other=other).id)
        if at_once:
            self.keep_up()

    @precondition(lambda self: self.links)
    @rule(who=WHO, back=st.sampled_from([1, 1, 2, 3, 4]), count=st.sampled_from([1, 1, 2]))
    def part(self, who: str, back: int, count: int) -> None:
        """Take back some of the last links, perhaps once more."""
        place = max(len(self.links) - back, 0)
        self._accept(who, UNMERGE, 0, links=[*self.links[place : place + count], "unknown"])
        self.keep_up()

    @rule(zone=st.sampled_from(["UTC", "Europe/Berlin"]), age_us=AGES)
    def set_zone(self, zone: str, age_us: int) -> None:
        self._accept(WORKSPACE, SETTING, age_us, name="zone", value=zone)

    @rule(step_us=STEPS)
    def pass_time(self, step_us: int) -> None:
        self.now_us += step_us

    # What the server does

    def keep_up(self) -> None:
        while self.running.live.position < self.running.log.end_position:
            self.running.live.advance(self.now_us)

    @rule(doing=DOINGS, most=st.sampled_from([1, 2, 9]), is_stopped=ONE_IN_FOUR)
    def serve(self, doing: str, most: int, is_stopped: bool) -> None:
        """What a transaction does may come to nothing: the process ends, or goes on."""
        with stopping(self.running) if is_stopped else nullcontext(), suppress(StoppedError):
            self._serve(doing, most)

    def _serve(self, doing: str, most: int) -> None:
        running = self.running
        if doing == "advance":
            running.live.advance(self.now_us, most)
        elif doing == "wake":
            running.live.wake(self.now_us, most)
        elif doing == "settle":
            running.settle(most)
        elif doing == "ask":
            running.ask_histories(most)
            self._given = running.asked
        elif doing == "answer":  # perhaps late, and perhaps once more
            running.asked = self._given
            running.tell_histories()
        else:
            running.restart()

    @rule(plan=st.integers(0, 1), back=st.integers(-3, 4), is_staged=st.booleans())
    def publish(self, plan: int, back: int, is_staged: bool) -> None:
        """Perhaps of states that are some facts older than what was taken in since."""
        self.running.adopt(PLANS[plan], self.now_us, back=back, is_staged=is_staged)

    # What holds

    @invariant()
    def everybody_is_told_by_her_facts(self) -> None:
        people_now = self.running.live
        plan, position = self.running.plan, people_now.position
        assert people_now.committed == position
        facts = [fact for fact in self.running.log_facts() if fact.position < position]
        keys = asked(plan.definitions)
        for subject in "abcd":
            seen = people_now.person(subject, self.now_us)
            whose = identifiers(facts, subject)
            if seen is None:
                assert not whose, subject
                continue
            if seen.is_pending:  # perhaps somebody without facts, who is about to be forgotten
                assert seen.as_of <= position and set(whose) <= set(seen.identifiers)
                continue
            assert (seen.identifiers, seen.as_of) == (whose, position)
            question = Question(subject, seen.at_us)
            answers = REFERENCE.answers(plan.definitions, facts, [question], known_then=False)
            for key in keys:
                found = told(plan, seen, key, seen.at_us)
                assert same(found, answers[0][key]), (subject, key, found, answers[0][key])

    @invariant()
    def the_record_leads_to_what_is_told(self) -> None:
        self.running.check_record()

    @invariant()
    def the_next_wake_is_known(self) -> None:
        due = self.running.store.due(self.now_us, 1)
        assert bool(due) == (self.running.live.next_wake_us <= self.now_us)


def identifiers(facts: list[Fact], subject: str) -> tuple[str, ...]:
    """All identifiers of somebody, in order; none of a person without facts and links."""
    name_of = people(facts)
    every = {fact.subject for fact in facts} - {WORKSPACE}
    links = [link for link in map(link_of, facts) if link is not None]
    every |= {link.other for link in links if link.other in name_of}
    name = name_of.get(subject, subject)
    return tuple(sorted(s for s in every if name_of.get(s, s) == name))


@contextmanager
def stopping(running: Service) -> Iterator[None]:
    """Let the next transaction of the store come to nothing."""

    def stop(*_: Any) -> None:
        raise StoppedError

    store = running.store
    with mock.patch.object(store, "put_meta", stop):
        yield


TestLivePeople = LivePeople.TestCase
TestLivePeople.settings = settings(max_examples=15, stateful_step_count=40)
