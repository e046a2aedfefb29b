"""Live people: facts of the log move their states along, and so does the passing of time.

All that one call changes is one commit of the store: position, states, wake times, who is who
and the record. After a crash the facts behind the stored position are taken in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

from tailorbird.events.columns import facts_of
from tailorbird.flow.adopting import Seeds, fill, fingerprint, turned_by_definition
from tailorbird.flow.announcing import Announcing
from tailorbird.flow.live_people import LivePeople
from tailorbird.flow.recording import Recording
from tailorbird.flow.replays import Refolded, Wanted, refolded
from tailorbird.flow.residents import RESIDENT_BYTES, Resident, Residents
from tailorbird.flow.together import ABOUT_OTHERS, Together
from tailorbird.kernel.facts import AREA, FIGURE, MERGE, SETTING, UNMERGE, WORKSPACE, Fact
from tailorbird.language import live
from tailorbird.language.definitions import Key
from tailorbird.language.live import Replay, Step
from tailorbird.language.world import FOREVER, World
from tailorbird.people.parting import link_of, parted, taken_back
from tailorbird.ports.history import Histories
from tailorbird.ports.log import EventLog, LogChunk
from tailorbird.ports.states import LiveMeta, Pending, StateStore
from tailorbird.segments.membership import (
    Cause,
    Entries,
    Turns,
    cause_of,
    differences,
    standing,
)

WAKES: Final = 1_000
"""How often somebody is woken at the exact instants before a fact; then the clock jumps."""
WAITING: Final = 10_000
"""Facts that wait in memory for somebody's history; with more it is asked for again."""


class Live(LivePeople):
    """Everybody's live state; one process at a time may have one on a store.

    Threads may share it: each call waits for the one before.
    """

    def __init__(
        self,
        log: EventLog,
        store: StateStore,
        plan: live.Plan,
        histories: Histories | None = None,
        *,
        memory_bytes: int = RESIDENT_BYTES,
        announcing: Announcing | None = None,
        max_lateness_us: int = FOREVER,
    ) -> None:
        """``announcing`` tells other systems of those who turn, unless that is so long ago."""
        self.plan = plan
        self._announcing = announcing or Announcing()
        self._announcing.define(plan.definitions)
        self._max_lateness_us = max_lateness_us
        self._log = log
        self._store = store
        self.record_id = store.record_id()
        """Numbers of entries mean something in one record only."""
        self._histories = histories
        self._lock = RLock()
        self._residents = Residents(store, memory_bytes)
        self._load()

    def _load(self) -> None:
        """Begin with what is stored."""
        self.position, self._clock_us, self._fingerprint = self._store.meta()
        wanted = fingerprint(self.plan.definitions)
        self._fingerprint = self._fingerprint or wanted
        self.is_stale = self._fingerprint != wanted
        """Whether the stored states are of other definitions: then they have to be adopted."""
        self._recording = Recording(self._store.last_number(), self._max_lateness_us)
        self._last_number = self._recording.last
        self._has_turned = False
        """Whether the last commit turned anybody."""
        self._first_number = self._store.first_number()
        self._world = World(self._store.workspace_facts())
        self._heavy = {}
        self._residents.forget()
        self._next_wake_us = self._stored_wake_us()
        self._committed = self.position

    @property
    def committed(self) -> int:
        """The facts below this position are in what is told; needs no waiting for a call."""
        return self._committed

    @property
    def next_wake_us(self) -> int:
        """The earliest instant at which somebody is to be woken; `FOREVER` without one."""
        return self._next_wake_us

    @property
    def bytes_held(self) -> int:
        """The memory that the states at hand take, as far as it can be told."""
        return self._residents.bytes_held

    @contextmanager
    def held(self) -> Iterator[None]:
        """Until this is left no call of another thread begins, and none is under way."""
        with self._lock:
            yield

    @contextmanager
    def _commit(self) -> Iterator[list[Turns]]:
        """One transaction of the store; its steps of the record are there at the end.

        A commit that turns somebody is synced, and mostly follows another one that did: so whether
        it has to be is guessed, and mended with a second one.
        """
        turned: list[Turns] = []
        with self._lock:
            assert not self.is_stale, "the stored states are of other definitions: adopt first"
            is_lasting = self._has_turned
            try:
                with self._store.transaction(is_lasting=is_lasting):
                    yield turned
                    turned += self._recording.taken()
                    self._residents.store()
                    self._note(turned)
                    self._store.put_meta(LiveMeta(self.position, self._clock_us, self._fingerprint))
                self._has_turned = self._recording.last != self._last_number
                if self._has_turned and not is_lasting:
                    self._store.make_lasting()
            except BaseException:
                self._load()
                raise
            self._residents.evict()
            self._next_wake_us = self._stored_wake_us()
            self._committed = self.position
            self._last_number = self._recording.last
            self._first_number = self._first_number or min(self._last_number, 1)

    def forget_record(self, before_us: int, most: int) -> int:
        """Let go of so many of the record's oldest steps, if they are from before an instant."""
        with self._lock:
            with self._store.transaction():
                gone = self._store.forget_record(before_us, most)
            self._first_number = self._store.first_number()
            return gone

    def _note(self, steps: Sequence[Turns], *, is_told: bool = True) -> None:
        """Put steps into the record, and messages about them into the outbox."""
        if steps:
            self._store.add_record(steps)
            if is_told:
                news = self._recording.news(steps)
                self._store.add_messages(self._announcing.messages(news))

    def _stored_wake_us(self) -> int:
        found = self._store.next_wake_us()
        return FOREVER if found is None else found

    # What happens

    def advance(
        self, now_us: int, most: int = 1_000, enough: Callable[[], bool] = lambda: False
    ) -> Entries:
        """Take in about so many facts of the log in one commit; tells who turned.

        ``enough`` is asked after each fact whether this commit has taken long enough: facts of
        people with large states take a thousand times longer than others, and who reads waits.
        """
        with self._lock:
            chunk = self._log.read(self.position, most)
            if chunk.next_position <= self.position:
                return Entries()
            with self._commit() as turned:
                self._recording.begin(now_us)
                self._take_chunk(chunk, now_us, enough)
            return Entries(turned)

    def _take_chunk(
        self, chunk: LogChunk, now_us: int, enough: Callable[[], bool] = lambda: False
    ) -> None:
        self._residents.expect(set(chunk.columns.subject))
        together, following = Together(chunk.columns.subject), chunk.next_position
        for fact in self._facts_in(chunk, now_us):
            if fact.known_us > self._clock_us:
                self._clock_us = max(self._clock_us, min(fact.known_us, now_us))
            if fact.name in ABOUT_OTHERS or fact.subject == WORKSPACE:
                self._take_for_others(fact, together)
            else:
                self._take(fact, together)
            if enough():
                following = fact.position + 1
                break
        self._take_all(together.taken(), following - 1)
        self.position = following

    def _facts_in(self, chunk: LogChunk, now_us: int) -> list[Fact]:
        """The facts of a chunk; contexts are left out where nobody looks at them.

        A fact that is kept as a whole has it: the workspace's, and those still to come.
        """
        columns = chunk.columns
        times = zip(columns.time_us, columns.known_us, strict=True)
        if (
            self.plan.reads_context
            or WORKSPACE in columns.subject
            or any(time_us > min(known_us or 0, now_us) for time_us, known_us in times)
        ):
            return facts_of(columns, chunk.positions)
        return facts_of(columns._replace(context=[None] * columns.length), chunk.positions)

    def _take_for_others(self, fact: Fact, together: Together) -> None:
        """Whoever such a fact is about, nothing may wait that came before it."""
        if fact.name in ABOUT_OTHERS:
            self._take_all(together.taken(), fact.position - 1)
        self._recording.about(fact.time_us)
        if fact.subject == WORKSPACE:
            self._take_in_workspace(fact, self._clock_us)
            return
        if fact.name == MERGE:
            self._unite(fact, self._clock_us)
        elif fact.name == UNMERGE:
            self._part(fact, self._clock_us)
        resident = self._residents.expected(fact.subject) or self._residents.made(fact.subject)
        self._step(resident, fact, self._clock_us)

    def _take(self, fact: Fact, together: Together) -> None:
        """Take in a fact of one person, or let it wait for others of hers in this commit."""
        resident = self._residents.expected(fact.subject) or self._residents.made(fact.subject)
        if fact.subject in together.crowded:
            if together.hold(resident.person, fact):
                self._wake_until(resident, self._clock_us, fact.position - 1)
            return
        if together.crowded:
            self._take_all(together.taken_of(resident.person), fact.position - 1)
        self._recording.about(fact.time_us)
        self._step(resident, fact, self._clock_us)

    def _take_all(self, held: Iterable[tuple[int, list[Fact]]], position: int) -> None:
        """Take in what waited, up to a position: one answer for all facts of a person."""
        for person, facts in held:
            resident = self._residents.get(person)
            self._recording.about(max(fact.time_us for fact in facts))
            if resident.is_pending:
                for fact in facts:
                    self._wait(resident, fact)
                continue
            told = live.step_all(self.plan, resident.state, facts, self._clock_us, self._world)
            self._keep(resident, told, self._clock_us, position, cause_of(facts[-1]))

    def wake(self, now_us: int, most: int = 1_000) -> Entries:
        """Wake about so many people whose time has come, each at the exact instant."""
        with self._lock:
            if self._next_wake_us > now_us:
                return Entries()
            with self._commit() as turned:
                self._recording.begin(now_us)
                for _, person in self._store.due(now_us, most):
                    self._wake_until(self._residents.get(person), now_us, self.position - 1)
            return Entries(turned)

    def _step(self, resident: Resident, fact: Fact, now_us: int) -> None:
        if resident.state.wake_at <= now_us:
            self._wake_until(resident, now_us, fact.position - 1)
        if resident.is_pending:
            self._wait(resident, fact)
            return
        told = live.step(self.plan, resident.state, fact, now_us, self._world)
        self._keep(resident, told, now_us, fact.position, cause_of(fact))

    def _wake_until(self, resident: Resident, now_us: int, position: int) -> None:
        """Let pass the instants at which somebody's answers may change by themselves."""
        for _ in range(WAKES):
            if resident.is_pending or resident.state.wake_at > now_us:
                return
            self._wake(resident, resident.state.wake_at, position)
        self._wake(resident, now_us, position)

    def _wake(self, resident: Resident, at_us: int, position: int) -> None:
        self._clock_us = max(self._clock_us, at_us)
        told = live.wake(self.plan, resident.state, at_us, self._world)
        self._keep(resident, told, at_us, position, "time")

    def _keep(
        self, resident: Resident, told: Step | Replay, at_us: int, position: int, cause: Cause
    ) -> None:
        """Keep a state that was moved along, or mark whose history is needed."""
        if isinstance(told, Replay):
            self._mark(resident, cause)
            return
        resident.state = told.state
        self._residents.changed(resident)
        if told.changes:
            self._recording.step(resident.name, told.changes, at_us, position, cause)

    # Other definitions

    def adopt(self, plan: live.Plan, given: Seeds) -> None:
        """Go on with states that were computed from history, perhaps of other definitions.

        Facts that were taken in since are taken in again under the new plan, up to where the old
        one is: there it takes effect, and the record tells who stands otherwise because of it.
        States that are ahead, because facts were accepted while nobody took them in, take effect
        where they are. Of a store that is filled for the first time nobody is told: they turned
        before it was made.
        """
        with self._lock:
            self._switch(plan, lambda: fill(self._store, plan, given))

    def take_over(self, plan: live.Plan, path: Path) -> None:
        """The same with states that `staging.staged` has put into a file meanwhile.

        They may not be ahead of these.
        """

        def copy() -> None:
            self._store.copy_beside()
            begun = self._store.meta().position
            assert begun <= self.position or not self.position, "these states are ahead"

        with self._lock, self._store.beside(path):
            self._switch(plan, copy)

    def _switch(self, plan: live.Plan, fill_store: Callable[[], None]) -> None:
        before, until, self.is_stale = self.plan, self.position, False
        old = self._standings_of(before)
        try:
            with self._commit():
                self._begin_with(plan, fill_store, until)
                at = self._clock_us, self.position - 1, self._store.last_number()
                compared, now = self._store.compared(), self._standings_of(plan)
                for steps in turned_by_definition(compared, old, now, at):
                    self._note(steps, is_told=until > 0)
                self._recording = Recording(self._store.last_number(), self._max_lateness_us)
        except BaseException:
            self.plan = before
            self._load()
            raise

    def _begin_with(self, plan: live.Plan, fill_store: Callable[[], None], until: int) -> None:
        self.plan, clock_us = plan, self._clock_us
        self._announcing.define(plan.definitions)
        self._store.clear()
        fill_store()
        meta = self._store.meta()
        self._store.put_meta(meta._replace(clock_us=max(clock_us, meta.clock_us)))
        self._load()
        while self.position < until:
            self._take_chunk(self._log.read(self.position, until - self.position), self._clock_us)
        self._recording.taken()
        self._residents.store()

    def _standings_of(self, plan: live.Plan) -> dict[int, dict[Key, Any]]:
        return {n: standing(plan, live.decode(key)) for n, key in self._store.standings()}

    # The workspace

    def _take_in_workspace(self, fact: Fact, now_us: int) -> None:
        """What is in force changes for everybody, now or later."""
        self._store.add_workspace_fact(fact)
        if fact.name not in (SETTING, FIGURE, AREA):
            return
        self._world = World(self._store.workspace_facts())
        self._residents.store()
        if fact.time_us > now_us:
            self._wake_everybody(fact.time_us)
        elif fact.name == FIGURE and not self.plan.timelines and not self.plan.placed:
            self._wake_everybody(now_us)
        else:
            self._store.everybody_pending(fact.position, "definition")
            self._residents.forget()

    def _wake_everybody(self, at_us: int) -> None:
        self._store.wake_everybody(at_us)
        for resident in self._residents:
            if not resident.is_pending:
                resident.state.wake_at = min(resident.state.wake_at, at_us)

    # Who is who

    def _unite(self, fact: Fact, now_us: int) -> None:
        link = link_of(fact)
        if link is None or self._store.is_taken_back(link.id):
            return
        one, other = self._residents.of(link.one), self._residents.of(link.other)
        if one is None or other is None:
            kept = one or other or self._residents.made(link.one, link.other)
            self._residents.give(link.one, kept)
            self._residents.give(link.other, kept)
            self._rename(kept, min(kept.name, link.one, link.other), now_us, fact.position)
        else:
            kept = one if one.name <= other.name else other
            if one is not other:
                self._join(kept, other if kept is one else one, fact, now_us)
        self._store.add_link(kept.person, link)

    def _rename(self, resident: Resident, name: str, now_us: int, position: int) -> None:
        """In the record a person goes by her smallest identifier."""
        if name == resident.name:
            return
        told = self._told(resident)
        self._recording.add(resident.name, differences(told, {}), now_us, position, "merge")
        self._recording.add(name, differences({}, told), now_us, position, "merge")
        resident.name = name
        if resident.is_pending:
            self._store.rename(resident.person, name)
        else:
            self._residents.changed(resident)

    def _join(self, kept: Resident, lost: Resident, fact: Fact, now_us: int) -> None:
        """Two people turn out to be one, who keeps the smaller name."""
        for resident in (kept, lost):
            self._wake_until(resident, now_us, fact.position - 1)
        departures = differences(self._told(lost), {})
        self._recording.add(lost.name, departures, now_us, fact.position, "merge")
        if kept.is_pending or lost.is_pending:
            self._mark(kept, "merge")
        else:
            told = live.merge(self.plan, kept.state, lost.state, now_us, self._world)
            self._keep(kept, told, now_us, fact.position, "merge")
        self._heavy.pop(lost.person, None)
        self._residents.absorb(kept, lost)

    def _part(self, fact: Fact, now_us: int) -> None:
        """Links are taken back: whoever falls apart is told anew from her own facts."""
        found = {self._store.take_back(link): None for link in taken_back(fact)}
        for person in found:
            if person is not None:
                self._split(person, fact, now_us)

    def _split(self, person: int, fact: Fact, now_us: int) -> None:
        self._residents.store_subjects()
        links = self._store.links_of(person)
        parts = parted(self._store.subjects_of(person), links)
        if len(parts) == 1:
            return
        resident = self._residents.get(person)
        self._wake_until(resident, now_us, fact.position - 1)
        for part in parts[1:]:  # the first one keeps the name
            made = self._residents.made(*part)
            self._store.give_links([link for link in links if link.one in part], made.person)
            self._mark(made, "merge")
        self._mark(resident, "merge")
        self._residents.watched.changed({person})

    # People whose history is needed

    def _mark(self, resident: Resident, cause: Cause) -> None:
        """From here on somebody's facts wait until her history is folded."""
        resident.asked, resident.waiting = None, []
        if resident.is_pending:
            return
        resident.is_pending = True
        self._residents.drop_change(resident)
        if self._store.find(resident.person) is None:
            self._residents.store_stripped(resident)
        else:  # her state is as it was stored, but she may have got another name since
            self._store.rename(resident.person, resident.name)
        number = self._residents.standing_of(resident.state)
        kept = self._recording.kept(cause)
        self._store.put_pending(Pending(resident.person, self.position, kept, number))
        self._residents.reload(resident)

    def _wait(self, resident: Resident, fact: Fact) -> None:
        if resident.asked is None:
            return  # it will be in what is asked for
        resident.waiting.append(fact)
        if len(resident.waiting) > WAITING:
            resident.asked, resident.waiting = None, []

    def replays_wanted(self, most: int, *, heavy: bool | None = None) -> list[Wanted]:
        """Whose histories are needed, the longest waiting first; asks anew for those asked for.

        ``heavy``: only people whose history was too long to be kept, or only the others.
        """
        wanted = []
        with self._lock:
            among = tuple(self._heavy) if heavy else None
            but = tuple(self._heavy) if heavy is False else ()
            for pending in self._store.pending(most, among, but):
                resident = self._residents.get(pending.person)
                resident.asked, resident.waiting = self.position, []
                subjects = tuple(self._store.subjects_of(pending.person))
                wanted.append(Wanted(pending.person, subjects, self.position))
        return wanted

    def refold(self, wanted: Sequence[Wanted]) -> list[Refolded]:
        """Read the histories of one call and fold them; meanwhile other threads may go on."""
        assert self._histories is not None
        with self._lock:
            plan, at = self.plan, (self._clock_us, self._world)
        facts: dict[str, list[Fact]] = {s: [] for one in wanted for s in one.subjects}
        for fact in self._histories.facts_of(list(facts), wanted[0].position if wanted else 0):
            facts[fact.subject].append(fact)
        return [
            refolded(plan, one, [fact for s in one.subjects for fact in facts[s]], at)
            for one in wanted
        ]

    def replayed(self, told: Sequence[Refolded]) -> Entries:
        """Take in what histories say that were asked for, and then the facts that waited."""
        if not told:
            return Entries()
        with self._commit() as turned:
            for one in told:
                wanted = one.wanted
                if self._store.find_pending(wanted.person) is None:
                    continue
                resident = self._residents.get(wanted.person)
                subjects = tuple(self._store.subjects_of(wanted.person))
                is_of_now = resident.asked == wanted.position and one.world is self._world
                if is_of_now and subjects == wanted.subjects:
                    self._replay(resident, one)
        return Entries(turned)

    def _replay(self, resident: Resident, told: Refolded) -> None:
        pending = self._store.find_pending(resident.person)
        assert pending is not None
        before, position = self._told(resident), told.wanted.position - 1
        cause = self._recording.resumed(pending.cause)
        waiting, resident.waiting, resident.asked = resident.waiting, [], None
        self._heavy.pop(resident.person, None)
        if told.is_nobody and not waiting:
            departures = differences(before, {})
            self._recording.add(resident.name, departures, told.now_us, position, "merge")
            self._residents.remove(resident)
            return
        resident.is_pending = False
        self._store.drop_pending(resident.person)
        resident.state = told.state
        if told.view is not None:
            self._heavy[resident.person] = told.view
        self._residents.changed(resident)
        changes = differences(before, standing(self.plan, resident.state))
        self._recording.add(resident.name, changes, told.now_us, position, cause)
        for fact in waiting:
            self._recording.about(fact.time_us)
            self._step(resident, fact, self._clock_us)

    def _told(self, resident: Resident) -> dict[Key, Any]:
        """What the record says of somebody."""
        if not resident.is_pending:
            return standing(self.plan, resident.state)
        return standing(self.plan, self._standing(resident.standing))
