"""The live engine fed in disorder: facts late, early, shuffled and some of them twice.

Each identifier of a person has a state of its own at first; then they turn out to be one. What
is answered about segments and personas is what the engine noted on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.readings import Answers, Question, asked, households, own_facts
from tailorbird.language.live import PersonState, Replay, Step
from tailorbird.language.world import World

_LATENESS: Final = (0, 0, 0, 0, -HOUR, MINUTE, HOUR, 2 * DAY, 40 * DAY)
"""How long after its time a fact arrives; early ones wait for their time."""
_COMMITS: Final = 8
"""Between two questions a person's history is folded again at most about so many times."""
_WAKES: Final = 5
"""How often somebody is woken exactly on time before the clock jumps."""


class ArrivalReading:
    """All questions about a person in the course of one disorderly arrival of her facts."""

    name = "live, in disorder"

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def plan(self, definitions: Definitions) -> live.Plan:
        """The compiled plan."""
        return live.plan(definitions)

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """The answers in the order of the questions."""
        plan, keys = self.plan(definitions), asked(definitions)
        workspace = [fact for fact in facts if fact.subject == WORKSPACE]
        related_to = households(facts)
        found: dict[int, Answers] = {}
        for subject in dict.fromkeys(subject for subject, _ in questions):
            asked_here = [i for i, question in enumerate(questions) if question[0] == subject]
            person: Arriving | None = None
            for number in sorted(asked_here, key=lambda i: questions[i].at_us):
                at_us = questions[number].at_us
                seen_us = at_us if known_then else None
                related = related_to.get(subject, [])
                known = [f for f in related if seen_us is None or f.known_us <= seen_us]
                own = own_facts(known, subject)
                settings = [f for f in workspace if seen_us is None or f.known_us <= seen_us]
                if person is None or not person.goes_on(own, settings):
                    chance = Chance(self._seed + len(own))
                    person = Arriving(plan, chance, World(settings), len(settings))
                found[number] = person.answers(keys, own, at_us)
        return [found[number] for number in range(len(questions))]


@dataclass(slots=True)
class Arriving:
    """One person whose facts are on their way."""

    plan: live.Plan
    chance: Chance
    world: World
    settings: int
    """How many facts of the workspace are known."""
    states: dict[str, PersonState] = field(default_factory=dict)
    """By identifier, until they are known to be one; then under the empty name."""
    seen: dict[str, Fact] = field(default_factory=dict)
    together: dict[str, list[Fact]] = field(default_factory=dict)
    """Facts that wait for others, to be answered once."""
    to_fold: set[str] = field(default_factory=set)
    """Whose history has to be folded again."""
    now_us: int | None = None

    def goes_on(self, own: Sequence[Fact], settings: Sequence[Fact]) -> bool:
        """Whether what has arrived is still a part of what is known now."""
        return len(settings) == self.settings and self.seen.keys() <= {fact.id for fact in own}

    def answers(self, keys: Sequence[Key], facts: Sequence[Fact], at_us: int) -> Answers:
        """Let arrive what has not come yet, up to an instant, and answer there."""
        self._arrive([f for f in facts if f.id not in self.seen and f.time_us <= at_us], at_us)
        self._unite(at_us)
        self._pass_time("", at_us)
        self._fold_again(at_us)
        self.now_us = at_us
        state = self.states[""] = live.decode(live.encode(self.states[""]))
        if state.heavy:
            told = live.fold(self.plan, self.seen.values(), at_us, self.world, unbounded=True)
            assert isinstance(told, Step)
            state = told.state
        given = live.answers(self.plan, state, at_us, self.world)
        noted = live.membership(self.plan, state)
        found: Answers = {key: key in noted if key[0] == "segment" else given[key] for key in keys}
        if PERSONAS in found:
            found[PERSONAS] = live.persona_of(self.plan, state)
        return found

    def _arrive(self, facts: Sequence[Fact], at_us: int) -> None:
        due = [(fact.time_us + self.chance.choice(_LATENESS), fact) for fact in facts]
        due += [(time_us + MINUTE, fact) for time_us, fact in due if self.chance.once_in(8)]
        due = sorted(self.chance.shuffled(due), key=lambda pair: pair[0])
        every = max(len(due) // _COMMITS, 1)
        for number, (arrives_us, fact) in enumerate(due, 1):
            if fact.id not in self.seen:
                before_us = arrives_us if self.now_us is None else self.now_us
                self.now_us = min(max(arrives_us, before_us), at_us)
                self._step(fact, self.now_us)
            if number % every == 0 and self.now_us is not None:
                self._take_together(self.now_us)
                self._fold_again(self.now_us)
        if self.now_us is not None:
            self._take_together(self.now_us)

    def _step(self, fact: Fact, now_us: int) -> None:
        whose = "" if "" in self.states else fact.subject
        if whose not in self.together:
            self._pass_time(whose, now_us)
        self.seen[fact.id] = fact
        if whose in self.to_fold:
            return
        if self.chance.once_in(3):
            self.together.setdefault(whose, []).append(fact)
            return
        waiting = self.together.pop(whose, [])
        if waiting:
            self._take_all(whose, waiting, now_us)
        if whose not in self.to_fold:
            state = self.states.setdefault(whose, PersonState())
            self._take(whose, live.step(self.plan, state, fact, now_us, self.world))

    def _take_together(self, now_us: int) -> None:
        """Facts that were not answered one by one."""
        waiting, self.together = self.together, {}
        for whose, facts in waiting.items():
            self._take_all(whose, facts, now_us)

    def _take_all(self, whose: str, facts: Sequence[Fact], now_us: int) -> None:
        state = self.states.setdefault(whose, PersonState())
        self._take(whose, live.step_all(self.plan, state, facts, now_us, self.world))

    def _pass_time(self, whose: str, now_us: int) -> None:
        for _ in range(_WAKES):
            state = self.states.get(whose)
            if state is None or whose in self.to_fold or state.wake_at > now_us:
                return
            self._take(whose, live.wake(self.plan, state, state.wake_at, self.world))
        state = self.states[whose]
        if whose not in self.to_fold and state.wake_at <= now_us:
            self._take(whose, live.wake(self.plan, state, now_us, self.world))

    def _unite(self, at_us: int) -> None:
        """All identifiers turn out to be one person."""
        if "" in self.states:
            return
        self._fold_again(at_us)
        states = [self.states.pop(whose) for whose in sorted(self.states)]
        self.states[""] = states.pop() if states else PersonState()
        for other in states:
            if "" in self.to_fold:
                return
            self._take("", live.merge(self.plan, self.states[""], other, at_us, self.world))

    def _take(self, whose: str, told: Step | Replay) -> None:
        if isinstance(told, Replay):
            self.to_fold.add(whose)
        else:
            self.states[whose] = told.state

    def _fold_again(self, now_us: int) -> None:
        for whose in self.to_fold:
            own: Iterable[Any] = self.seen.values()
            if whose:
                own = [fact for fact in own if fact.subject == whose]
            told = live.fold(self.plan, own, now_us, self.world)
            self.states[whose] = PersonState(heavy=True) if isinstance(told, Replay) else told.state
        self.to_fold.clear()
