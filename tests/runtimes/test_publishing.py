"""While a publication's states are made everybody goes on under the version in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Event

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import PLAN, START, fact
from tests.patience import PATIENCE_S

from tailorbird.edges.local_socket import GoneError
from tailorbird.flow.adopting import Seeded, Seeds
from tailorbird.kernel.instants import SECOND
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.runtimes.publishing import STAGED, Publishing

OTHER = PLAN.replace('"Seen", last="7d") >= 2', '"Seen", last="7d") >= 3')


class Machine:
    def __init__(self, running: Service) -> None:
        self.running, self.people = running, running.live
        self.may_tell, self.done, self.is_gone = Event(), Event(), False
        (running.folder / STAGED).write_text("what a server left that was killed")
        self.publishing = Publishing(
            running.folder, running.log, self.seeds, lambda: START + SECOND, self.done.set
        )

    def seeds(self, files: Mapping[str, str], now_us: int) -> Seeds:
        if self.is_gone:
            raise GoneError
        with self.running.seeds(live.plan(load_text(OTHER).definitions), now_us, 0) as given:
            states = list(given.states)

        def slowly() -> Iterator[Seeded]:
            for one in states:
                assert self.may_tell.wait(PATIENCE_S)
                yield one

        return given._replace(states=slowly())

    def begin(self) -> None:
        self.publishing.begin(2, {"all.yaml": OTHER}, self.people)

    def advance(self) -> None:
        while self.people.position < self.running.log.end_position:
            self.people.advance(START + SECOND)

    def take_over(self) -> None:
        assert self.done.wait(PATIENCE_S)
        staged = self.publishing.staged(self.people.position)
        assert staged is not None and staged.version == 2
        self.people.take_over(staged.plan, staged.path)
        self.running.plan = staged.plan
        staged.remove()


@pytest.fixture
def machine() -> Iterator[Machine]:
    with service(live.plan(load_text(PLAN).definitions)) as running:
        made = Machine(running)
        yield made
        made.may_tell.set()
        made.publishing.end()


def test_everybody_goes_on_until_all_states_are_made(machine: Machine) -> None:
    machine.running.accept(fact("a"), fact("a"), fact("b"))
    machine.advance()
    machine.begin()
    machine.running.accept(fact("b"), fact("c"))
    machine.advance()
    assert machine.people.members("keen", None, 9) == ["a", "b"]  # two are enough so far
    seen = machine.people.person("c", START + SECOND)
    assert seen is not None and seen.traits["seen"] == UNIT
    assert machine.publishing.staged(machine.people.position) is None
    machine.may_tell.set()
    machine.running.accept(fact("b"))
    machine.advance()
    machine.take_over()
    assert machine.people.members("keen", None, 9) == ["b"]
    machine.running.check_record()
    assert {(e.subject, e.cause) for e in machine.people.record(0, 99) if not e.value} >= {
        ("a", "definition")
    }
    assert not list(machine.running.folder.glob(f"{STAGED}*"))


def test_what_a_killed_server_left_is_removed(machine: Machine) -> None:
    assert not (machine.running.folder / STAGED).exists()


def test_states_that_are_ahead_wait_for_those_in_force(machine: Machine) -> None:
    machine.running.accept(fact("a"), fact("a"))
    machine.advance()
    machine.may_tell.set()
    machine.begin()
    assert machine.done.wait(PATIENCE_S)
    assert machine.publishing.staged(machine.people.position - 1) is None
    assert machine.publishing.staged(machine.people.position) is not None


def test_a_history_that_is_gone_is_asked_again_after_a_while(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.running.accept(fact("a"))
    machine.advance()
    machine.is_gone = True
    machine.begin()
    assert machine.done.wait(PATIENCE_S)
    assert machine.publishing.staged(machine.people.position) is None
    machine.is_gone = False
    machine.done.clear()
    machine.begin()  # too soon
    assert not machine.done.is_set()
    monkeypatch.setattr(machine.publishing, "_not_before_s", 0.0)
    machine.may_tell.set()
    machine.begin()
    machine.take_over()


def test_a_version_that_says_the_same_of_people_makes_no_states(machine: Machine) -> None:
    machine.running.accept(fact("a"), fact("a"))
    machine.advance()
    machine.publishing.begin(2, {"all.yaml": PLAN, "more.yaml": "# a remark"}, machine.people)
    assert machine.done.wait(PATIENCE_S), "it waits for states that nobody has to make"
    staged = machine.publishing.staged(machine.people.position)
    assert staged is not None and staged.is_same and staged.version == 2
    assert not staged.path.exists()
