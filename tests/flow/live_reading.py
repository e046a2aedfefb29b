"""The live flow as a reading of the laws: a real log and store, commits of any size, restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import columns_of, facts_of
from tailorbird.flow.adopting import Seeds, seeds
from tailorbird.flow.advance import Live
from tailorbird.flow.replays import Refolded
from tailorbird.flow.staging import stage
from tailorbird.flow.viewing import PersonView
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import MISSING
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.readings import Answers, Question, asked
from tailorbird.language.live import PersonState
from tailorbird.language.world import World
from tailorbird.ports.log import EventLog
from tailorbird.segments.membership import Entries

EVERYTHING = 1 << 60


class LogHistories:
    """The facts of single people, by reading the whole log: slow and plain."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def facts_of(self, subjects: Sequence[str], position: int) -> list[Fact]:
        chunk = self._log.read(0, EVERYTHING)
        facts = facts_of(chunk.columns, chunk.positions)
        return [f for f in facts if f.subject in subjects and f.position < position]


class Service:
    """A log, and live people with their store in a folder."""

    def __init__(self, folder: Path, plan: live.Plan, memory_bytes: int = 1 << 28) -> None:
        self.folder, self.plan, self.memory_bytes = folder, plan, memory_bytes
        self.keyring = SqliteKeyring(None)  # it is the live people that end and begin again
        self.log = SqliteLog(None, self.keyring)
        self.asked: list[Refolded] = []
        self.open()

    def ask_histories(self, most: int) -> None:
        """Have histories read that are told of later, when more facts have come."""
        self.asked = self.live.refold(self.live.replays_wanted(most))

    def tell_histories(self) -> None:
        asked, self.asked = self.asked, []
        self.live.replayed(asked)

    def settle(self, most: int = 100) -> Entries:
        """Read some histories here and now."""
        return self.live.replayed(self.live.refold(self.live.replays_wanted(most)))

    def open(self) -> None:
        self.store = SqliteState(self.folder / "state.sqlite")
        histories = LogHistories(self.log)
        self.live = Live(self.log, self.store, self.plan, histories, memory_bytes=self.memory_bytes)

    def adopt(
        self, plan: live.Plan, now_us: int, back: int = 0, *, is_staged: bool = False
    ) -> None:
        """Begin anew from what the history says so many facts before the live people are.

        Below zero it is so many behind: states that are staged are never ahead.
        """
        back = max(back, 0) if is_staged else back
        self.plan = plan
        with self.seeds(plan, now_us, back) as given:
            if not is_staged:
                self.live.adopt(plan, given)
                return
            path = self.folder / "next.sqlite"
            with SqliteState(path) as store:
                stage(store, self.log, plan, given, lambda: self.live.position, lambda: now_us)
        self.live.take_over(plan, path)
        path.unlink()

    @contextmanager
    def seeds(self, plan: live.Plan, now_us: int, back: int) -> Iterator[Seeds]:
        position = min(max(self.live.position - back, 0), self.log.end_position)
        facts = [fact for fact in self.log_facts() if fact.position < position]
        with DuckDbHistory(None) as history:
            history.append([fact._replace(position=0) for fact in facts])
            given = seeds(history, plan, now_us)
            places = {fact.id: fact.position for fact in facts}
            yield given._replace(
                position=position,
                links=[f._replace(position=places[f.id]) for f in given.links],
                workspace=[f._replace(position=places[f.id]) for f in given.workspace],
            )

    def log_facts(self) -> list[Fact]:
        chunk = self.log.read(0, EVERYTHING)
        return facts_of(chunk.columns, chunk.positions)

    def check_record(self) -> None:
        """Entry after entry the record leads to the members that are told, and to the views."""
        held: set[tuple[str, Key]] = set()
        for entry in self.live.record(0, EVERYTHING):
            if entry.key == PERSONAS:
                continue
            held.symmetric_difference_update({(entry.subject, entry.key)})
            assert ((entry.subject, entry.key) in held) is entry.value, entry
        segments = [d.name for d in self.plan.definitions.of_kind("segment")]
        members = {
            (name, ("segment", segment))
            for segment in segments
            for name in self.live.members(segment, None, 1_000)
        }
        assert held == members, held ^ members

    def restart(self) -> None:
        self.store.close()
        self.open()

    def close(self) -> None:
        self.store.close()
        self.log.close()
        self.keyring.close()

    def accept(self, *facts: Fact, now_us: int | None = None) -> None:
        with self.log.writing(facts[-1].known_us if now_us is None else now_us) as append:
            append(columns_of(facts))

    def run_to(self, now_us: int) -> None:
        """Take in what is in the log, pass time, read what histories are needed."""
        while self.live.position < self.log.end_position:
            self.live.advance(now_us)
        while self.live.replays_wanted(1) or self.live.next_wake_us <= now_us:
            self.live.wake(now_us)
            self.settle()


@contextmanager
def service(
    plan: live.Plan, memory_bytes: int = 1 << 28, *, fresh: bool = False
) -> Iterator[Service]:
    with TemporaryDirectory() as folder:
        made = Service(Path(folder), plan, memory_bytes)
        if fresh:
            made.log.hold_fresh()
        try:
            yield made
        finally:
            made.close()


class LiveReading:
    """Each question after the facts have come through the log."""

    name = "live service"

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        plan, keys = live.plan(definitions), asked(definitions)
        chance, found = self._chance, dict[int, Answers]()
        arriving = sorted(facts, key=lambda fact: fact.position)
        begun = plan
        if chance.once_in(2):
            begun = live.plan(definitions.closure({chance.choice(definitions.ordered).key}))
        memory_bytes, fresh = chance.choice((0, 20_000, 1 << 28)), chance.once_in(2)
        with service(begun, memory_bytes, fresh=fresh) as running:
            switch = chance.below(len(arriving) + 1) if begun is not plan else -1
            for number in sorted(range(len(questions)), key=lambda n: questions[n].at_us):
                subject, at_us = questions[number]
                while arriving and not (known_then and arriving[0].known_us > at_us):
                    arriving = self._some(running, arriving, at_us, known_then)
                    if running.plan is not plan and len(arriving) <= switch:
                        now_us = min(at_us, running.log_facts()[-1].known_us)
                        back, is_staged = chance.below(9) - 3, chance.once_in(2)
                        running.adopt(plan, now_us, back, is_staged=is_staged)
                running.run_to(at_us)
                if running.plan is not plan:
                    running.adopt(plan, at_us)
                    running.run_to(at_us)
                running.check_record()
                seen = running.live.person(subject, at_us)
                found[number] = {key: told(running.plan, seen, key, at_us) for key in keys}
        return [found[number] for number in range(len(questions))]

    def _some(
        self, running: Service, arriving: list[Fact], at_us: int, known_then: bool
    ) -> list[Fact]:
        """A few facts more in the log, and one of the things that a server does meanwhile."""
        chance = self._chance
        count = chance.between(1, 6)
        some = arriving[:count]
        if known_then:
            some = [fact for fact in some if fact.known_us <= at_us]
        running.accept(*some)
        now_us = min(some[-1].known_us, at_us)
        for _ in range(chance.below(4)):
            doing = chance.below(6)
            if doing == 0:
                running.live.advance(now_us, chance.between(1, 10))
            elif doing == 1:
                running.live.wake(now_us, chance.between(1, 10))
            elif doing == 2:
                running.settle(chance.between(1, 3))
            elif doing == 3:
                running.ask_histories(chance.between(1, 3))
            elif doing == 4:
                running.tell_histories()
            elif chance.once_in(4):
                running.restart()
        return arriving[len(some) :]


def told(plan: live.Plan, seen: PersonView | None, key: Key, at_us: int) -> object:
    """What a view says of a definition."""
    if seen is None:
        return live.answers(plan, PersonState(), at_us, World()).get(key, MISSING)
    kind, name = key
    if key == PERSONAS:
        return seen.persona
    if kind == "segment":
        return name in seen.segments
    return (seen.traits if kind == "trait" else seen.scores)[name]
