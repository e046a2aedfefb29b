"""Histories are read beside everything else; who has too long a one makes nobody else late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

import pytest
from tests.flow.live_reading import LogHistories, Service, service
from tests.flow.test_advance import START, fact
from tests.patience import PATIENCE_S

from tailorbird.edges.local_socket import GoneError
from tailorbird.flow.advance import Live
from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.instants import SECOND
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.live import engine, taking
from tailorbird.runtimes.replaying import AGAIN_SECONDS, REST, Replaying

PLAN = """
traits:
  seen: count("Seen", last="30d")
segments:
  keen: trait("seen") >= 2
"""
LONG_S = 2.0


class Histories(LogHistories):
    """Those of a log, read when they may be; a long one takes its time."""

    def __init__(self, running: Service) -> None:
        super().__init__(running.log)
        self.may_read, self.is_gone = Event(), False
        self.asked: list[set[str]] = []
        self.now_s = 0.0
        self.may_read.set()

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        assert self.may_read.wait(PATIENCE_S)
        if self.is_gone:
            raise GoneError
        self.asked.append(set(subjects))
        self.now_s += LONG_S if "heavy" in subjects else 0
        return super().facts_of(subjects, position)


class Machine:
    def __init__(self, running: Service) -> None:
        self.running, self.histories = running, Histories(running)
        self.people = self._live()
        self.done = Event()
        self.replaying = Replaying(self.done.set, lambda: self.histories.now_s)

    def _live(self) -> Live:
        running = self.running
        return Live(running.log, running.store, running.plan, self.histories)

    def load_again(self) -> None:
        self.people = self._live()

    def begin(self) -> None:
        """Take in what was accepted, and have the next histories read."""
        while self.people.position < self.running.log.end_position:
            self.people.advance(START + SECOND)
        self.done.clear()
        self.replaying.move(self.people)

    def end(self) -> None:
        assert self.done.wait(PATIENCE_S)
        self.replaying.move(self.people)

    def needs_history(self, who: str) -> None:
        """Somebody has a fact, and then one that no state can take in."""
        self.running.accept(fact(who))
        self.people.advance(START + SECOND)
        self.running.accept(fact(who, VERDICT, message_id="none", bot=True))

    def seen(self, who: str) -> object:
        told = self.people.person(who, START + SECOND)
        return told and (told.traits["seen"], told.is_pending)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with service(live.plan(load_text(PLAN).definitions)) as running:
        made = Machine(running)
        yield made
        made.histories.may_read.set()
        made.replaying.end()


def test_others_go_on_while_a_history_is_read(machine: Machine) -> None:
    machine.histories.may_read.clear()
    machine.needs_history("a")
    machine.begin()
    machine.running.accept(fact("a"), fact("b"))
    machine.begin()
    assert machine.seen("b") == (UNIT, False)
    assert machine.seen("a") == (UNIT, True)  # as before her history was needed
    machine.histories.may_read.set()
    machine.end()
    assert machine.seen("a") == (2 * UNIT, False)
    assert machine.histories.asked == [{"a"}]


def test_who_has_a_long_history_rests_after_it_was_read(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine, taking):
        monkeypatch.setattr(module, "BAG_ENTRIES", 3)
    machine.running.accept(*(fact("heavy", at_us=START + n) for n in range(5)))
    machine.begin()
    machine.end()  # now it is known
    machine.running.accept(fact("heavy"))
    machine.begin()
    machine.end()
    assert machine.histories.asked == [{"heavy"}] * 2
    rests_until_s = machine.histories.now_s + REST * LONG_S
    machine.running.accept(fact("heavy"))
    machine.needs_history("light")
    machine.begin()
    machine.end()
    assert machine.histories.asked[2:] == [{"light"}]
    machine.histories.now_s = rests_until_s
    machine.begin()
    machine.end()
    assert machine.histories.asked[3:] == [{"heavy"}]
    assert machine.seen("heavy") == (7 * UNIT, False)


def test_a_history_that_is_gone_is_asked_for_again_after_a_while(machine: Machine) -> None:
    machine.needs_history("a")
    machine.histories.is_gone = True
    machine.begin()
    machine.end()
    machine.histories.is_gone = False
    machine.begin()
    assert machine.histories.asked == [] and machine.seen("a") == (UNIT, True)
    machine.histories.now_s += AGAIN_SECONDS
    machine.begin()
    machine.end()
    assert machine.seen("a") == (UNIT, False)


def test_what_was_read_for_people_who_were_loaded_again_is_not_taken(machine: Machine) -> None:
    machine.histories.may_read.clear()
    machine.needs_history("a")
    machine.begin()
    machine.load_again()
    machine.running.accept(fact("a"))
    machine.histories.may_read.set()
    machine.end()  # asks for them anew
    machine.done.clear()
    machine.begin()
    machine.end()
    assert machine.seen("a") == (2 * UNIT, False)
    machine.running.check_record()
