"""What lies ahead of an instant: how a person's answers change as time passes.

They change by themselves, and with facts whose time is still to come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.limits import LOOK_AHEAD_FACTS
from tailorbird.language.definitions import Key
from tailorbird.language.live.answering import Step, answers, exists, nobody, settled
from tailorbird.language.live.cutting import scene_of
from tailorbird.language.live.engine import fold, wake
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.state import PersonState
from tailorbird.language.world import FOREVER, World

_SHARE: Final = 50
"""Looking at an answer is counted as reading this part of the facts."""


class Changes(NamedTuple):
    """When answers change next."""

    at: dict[Key, int]
    """By definition; who is not listed does not change up to ``seen_us``."""
    seen_us: int
    """How far was looked: the horizon, or less for a person with very many facts."""


class Ahead:
    """A person's answers from an instant on, given all of her facts.

    Between one of her facts, or one of the workspace's, and the next, answers are followed by
    their own announcements of change.
    """

    def __init__(self, plan: Plan, facts: Sequence[Fact], now_us: int, world: World) -> None:
        self.now_us = now_us
        self._plan = plan
        self._facts = facts
        self._world = world
        self._seen_us = now_us
        self._read = 0
        """Facts read so far: a fold reads all, and looking at an answer counts for some."""

    def answers(self) -> dict[Key, Any]:
        """The value of every definition at the instant itself."""
        return answers(self._plan, self._folded(self.now_us), self.now_us, self._world)

    def changes(self, keys: Collection[Key], horizon_us: int) -> Changes:
        """For each definition the first later instant, up to a horizon, with another answer.

        A duration or an instant that moves with time has another one at the next microsecond.
        """
        watched: dict[Key, Any] = dict.fromkeys(keys)
        found: dict[Key, int] = {}
        for at_us, key, _ in self._walk(watched, horizon_us, LOOK_AHEAD_FACTS):
            found[key] = at_us
            del watched[key]
        return Changes(found, self._seen_us if watched else horizon_us)

    def turns(self, key: Key, to_us: int) -> list[tuple[int, Any]]:
        """The instants after now, up to one, at which an answer changes, and to what."""
        return [(at_us, value) for at_us, _, value in self._walk({key: None}, to_us, None)]

    def _walk(
        self, watched: dict[Key, Any], to_us: int, most: int | None
    ) -> Iterator[tuple[int, Key, Any]]:
        """Each change of a watched answer; those of one answer in order of time.

        ``most``: after reading about so many facts it ends early; None: never.
        """
        for state, start_us, end_us in self._stretches(to_us):
            if most is not None and self._read > most:
                return
            for key in list(watched):
                next_us = start_us
                while next_us < end_us and key in watched:
                    at_us = next_us
                    value, next_us = self._look(key, at_us, state)
                    if at_us == self.now_us:
                        watched[key] = value
                    elif not _same(value, watched[key]):
                        watched[key] = value
                        yield at_us, key, value
            if not watched:
                return

    def _look(self, key: Key, at_us: int, state: PersonState) -> tuple[Any, int]:
        """The answer at an instant, and when it may change next while nothing happens."""
        self._read += 1 + len(self._facts) // _SHARE
        if not exists(state, at_us):
            return nobody(self._plan, key), FOREVER
        scene = scene_of(self._plan, state, at_us, self._world)
        value = self._plan.closures[key](scene)
        moves = isinstance(value, tuple) and len(value) == 2 and value[1] != 0
        return settled(value), at_us + 1 if moves else scene.until_us

    def _stretches(self, to_us: int) -> Iterator[tuple[PersonState, int, int]]:
        """States between happenings, each with its first instant and that after its last."""
        start_us, state = self.now_us, self._folded(self.now_us)
        while start_us <= to_us:
            waiting_us = state.pending[0].time_us if state.pending else FOREVER
            end_us = min(waiting_us, self._world.next_change(start_us), to_us + 1)
            yield state, start_us, end_us
            self._seen_us, start_us = end_us - 1, end_us
            if end_us > to_us:
                return
            moved = wake(self._plan, state, end_us, self._world)
            state = moved.state if isinstance(moved, Step) else self._folded(end_us)

    def _folded(self, at_us: int) -> PersonState:
        self._read += len(self._facts)
        told = fold(self._plan, self._facts, at_us, self._world, unbounded=True)
        assert isinstance(told, Step)
        return told.state


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
