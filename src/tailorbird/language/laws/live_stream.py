"""The live engine as a server runs it: facts one by one as they arrive, woken when time has passed.

What it answers about segments and personas is what it noted on the way, not asked again at the
end: so an engine that wakes too late, or forgets to look, is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tailorbird.kernel.errors import TailorbirdError
from tailorbird.kernel.facts import MERGE, UNMERGE, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.laws.readings import (
    Answers,
    Question,
    asked,
    households,
    own_facts,
    subjects_of,
)
from tailorbird.language.live import PersonState, Replay, Step
from tailorbird.language.world import World

_WAKES: Final = 25
"""How often somebody is woken exactly on time before the clock jumps."""
_CHECKED: Final = 5
"""One step in so many is followed by waking too early, which is slow to check."""
_AHEAD_US: Final = 400 * DAY


class LawBrokenError(TailorbirdError):
    """The engine did something on the way that no engine may do."""


class StreamReading:
    """Each question after the facts have arrived one by one."""

    name = "live stream"

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """What was noted at each instant; people who are ever linked share one stream."""
        plan, keys = live.plan(definitions), asked(definitions)
        workspace = [fact for fact in facts if fact.subject == WORKSPACE]
        related_to = households(facts)
        streams: dict[int, Stream] = {}
        found: dict[int, Answers] = {}
        for number in sorted(range(len(questions)), key=lambda number: questions[number].at_us):
            subject, at_us = questions[number]
            related = related_to.get(subject, [])
            stream = streams.get(id(related))
            if stream is None:
                arriving = sorted([*workspace, *related], key=lambda fact: fact.position)
                stream = streams[id(related)] = Stream(Shell(plan), arriving)
            stream.run_to(at_us, known_then)
            found[number] = stream.shell.answers(keys, subject)
        return [found[number] for number in range(len(questions))]


@dataclass(slots=True)
class Stream:
    """Facts on their way to a shell."""

    shell: Shell
    arriving: list[Fact]
    arrived: int = 0

    def run_to(self, at_us: int, known_then: bool) -> None:
        """Let arrive what is known at the instant, or all there will ever be, and pass time."""
        for fact in self.arriving[self.arrived :]:
            if known_then and fact.known_us > at_us:
                break
            self.shell.arrive(fact, min(fact.known_us, at_us))
            self.arrived += 1
        self.shell.pass_time(at_us)


@dataclass(slots=True)
class Shell:
    """The part of a server that the engine leaves to others: who is who, when to wake, history."""

    plan: live.Plan
    facts: list[Fact] = field(default_factory=list)
    """Of people who may be linked, in order of arrival."""
    workspace: list[Fact] = field(default_factory=list)
    states: dict[frozenset[str], PersonState] = field(default_factory=dict)
    """By the identifiers of a person."""
    now_us: int | None = None
    replays: int = 0
    _world: World = field(default_factory=World)
    _known: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who is who, as long as no link is added or taken back."""
    _steps: int = 0

    def arrive(self, fact: Fact, now_us: int) -> None:
        """Take in a fact; the clock never goes back."""
        self.pass_time(now_us)
        if fact.subject == WORKSPACE:
            self._arrive_in_workspace(fact)
            return
        self.facts.append(fact)
        if fact.name in (MERGE, UNMERGE):
            self._known.clear()
        if fact.name == UNMERGE:
            self._part()
        elif fact.name == MERGE:
            self._unite(fact)
        else:
            self._step(fact)

    def pass_time(self, now_us: int) -> None:
        """Wake everybody whose time has come, first at the very instants that were announced."""
        now_us = now_us if self.now_us is None else max(now_us, self.now_us)
        for subjects in list(self.states):
            for _ in range(_WAKES):
                wake_at = self.states[subjects].wake_at
                if wake_at > now_us:
                    break
                self._wake(subjects, wake_at if self.now_us is None else max(wake_at, self.now_us))
            if self.states[subjects].wake_at <= now_us:
                self._wake(subjects, now_us)
        self.now_us = now_us

    def answers(self, keys: Sequence[Key], subject: str) -> Answers:
        """What was noted of segments and personas, and the values of traits and scores, now."""
        assert self.now_us is not None
        subjects = self._subjects(subject)
        state = self.states.get(subjects, PersonState())
        if state.heavy:
            own = own_facts(self.facts, subject)
            told = live.fold(self.plan, own, self.now_us, self._world, unbounded=True)
            assert isinstance(told, Step)
            state = told.state
        given = live.answers(self.plan, state, self.now_us, self._world)
        return {key: self._noted(state, key, given) for key in keys}

    def _noted(self, state: PersonState, key: Key, given: Answers) -> object:
        if key == PERSONAS:
            return live.persona_of(self.plan, state)
        return key in live.membership(self.plan, state) if key[0] == "segment" else given[key]

    # What arrives

    def _arrive_in_workspace(self, fact: Fact) -> None:
        assert self.now_us is not None
        self.workspace.append(fact)
        self._world = World(self.workspace)
        for subjects in self.states:
            if fact.time_us <= self.now_us:
                self._fold(subjects, self.now_us)
            else:
                state = self.states[subjects]
                state.wake_at = min(state.wake_at, fact.time_us)

    def _step(self, fact: Fact) -> None:
        assert self.now_us is not None
        subjects = self._subjects(fact.subject)
        state = self.states.setdefault(subjects, PersonState())
        before = live.membership(self.plan, state)
        told = live.step(self.plan, state, fact, self.now_us, self._world)
        self._take(subjects, told, self.now_us, before)

    def _unite(self, fact: Fact) -> None:
        """Two people become one, unless they were one already or the link is taken back."""
        assert self.now_us is not None
        subjects = self._subjects(fact.subject)
        parts = [known for known in self.states if known < subjects]
        if len(parts) == 2:
            kept, other = (self.states.pop(part) for part in parts)
            told = live.merge(self.plan, kept, other, self.now_us, self._world)
            self._take(subjects, told, self.now_us, but=fact)
        elif len(parts) == 1:
            self.states[subjects] = self.states.pop(parts[0])
        self._step(fact)

    def _part(self) -> None:
        """Links were taken back: everybody is told anew from her own facts."""
        assert self.now_us is not None
        self.states.clear()
        for fact in self.facts:
            subjects = self._subjects(fact.subject)
            if subjects not in self.states:
                self._fold(subjects, self.now_us)

    # Moving along

    def _wake(self, subjects: frozenset[str], now_us: int) -> None:
        before = live.membership(self.plan, self.states[subjects])
        told = live.wake(self.plan, self.states[subjects], now_us, self._world)
        self._take(subjects, told, now_us, before)

    def _take(
        self,
        subjects: frozenset[str],
        told: Step | Replay,
        now_us: int,
        before: frozenset[Key] | None = None,
        *,
        but: Fact | None = None,
    ) -> None:
        """Keep the state, or fold the history, which lacks the fact that is only just coming."""
        if isinstance(told, Replay):
            self._fold(subjects, now_us, but)
            return
        if before is not None:
            check_changes(before, live.membership(self.plan, told.state), told.changes)
        self.states[subjects] = check_encoding(told.state)
        self._steps += 1
        if self._steps % _CHECKED == 0:
            check_early_wake(self.plan, told.state, now_us, self._world)

    def _fold(self, subjects: frozenset[str], now_us: int, but: Fact | None = None) -> None:
        self.replays += 1
        own = [fact for fact in own_facts(self.facts, min(subjects)) if fact is not but]
        told = live.fold(self.plan, own, now_us, self._world)
        state = PersonState(heavy=True) if isinstance(told, Replay) else told.state
        self.states[subjects] = state

    def _subjects(self, subject: str) -> frozenset[str]:
        if subject not in self._known:
            self._known[subject] = subjects_of(self.facts, subject)
        return self._known[subject]


def check_changes(
    before: frozenset[Key], after: frozenset[Key], changes: Sequence[live.Change]
) -> None:
    """What is announced as changed is what has changed, each once."""
    announced = [(change.key, bool(change.value)) for change in changes if change.key != PERSONAS]
    different = [(key, key in after) for key in (before ^ after) - {PERSONAS}]
    if sorted(announced) != sorted(different):
        raise LawBrokenError(f"announced are {sorted(announced)}, different {sorted(different)}")


def check_encoding(state: PersonState) -> PersonState:
    """A state that is stored and read back is the same."""
    again = live.decode(live.encode(state))
    if again != state:
        raise LawBrokenError(f"stored and read back, {state} is {again}")
    return again


def check_early_wake(plan: live.Plan, state: PersonState, now_us: int, world: World) -> None:
    """Waking somebody before her time changes nothing, neither then nor later."""
    if state.wake_at <= now_us + 1:
        return
    until_us = min(state.wake_at, now_us + _AHEAD_US)
    for at_us in {now_us, (now_us + until_us) // 2, until_us - 1}:
        told = live.wake(plan, live.decode(live.encode(state)), at_us, world)
        if isinstance(told, Step) and (told.changes or told.state.turned != state.turned):
            raise LawBrokenError(
                f"woken early, at {at_us}: {told.changes}, wake at {state.wake_at}"
            )
