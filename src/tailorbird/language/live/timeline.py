"""Operations that look at a condition over time: held, entered, left.

The state is the list of turns [time, what it turned to], recorded up to the person's clock.
Between the clock and the instant of a question nothing has happened to the person, so that the
condition is followed by its own announcements of change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from tailorbird.language.live.scene import IGNORED, ReplayError, Scene
from tailorbird.language.operations import Held, Select, Turned
from tailorbird.language.predicates import View


class Timeline:
    """A condition followed over time."""

    selects: tuple[Select, ...] = ()
    zoned = placed = False

    def __init__(self, operation: Held | Turned, condition: Callable[[Scene], Any]) -> None:
        self._operation = operation
        self._condition = condition

    def add(self, state: Any, view: View, limit: int) -> Any:
        """See `LiveOperation`: facts reach it through its condition only."""
        return IGNORED

    def merge(self, one: Any, other: Any) -> Any:
        """See `LiveOperation`: two pasts do not add up to one."""
        raise ReplayError("merge")

    def follow(self, turns: list[Any], scene: Scene, to_us: int) -> int:
        """Record the turns between the clock and an instant; gives the next possible one."""
        assert scene.clock_us is not None
        until_us = self.observe(turns, scene.at(scene.clock_us))
        while until_us <= to_us:
            until_us = self.observe(turns, scene.at(until_us))
        return until_us

    def observe(self, turns: list[Any], scene: Scene) -> int:
        """Record what the condition is at the scene's instant; gives its next possible turn."""
        holds = bool(self._condition(scene))
        if turns and turns[-1][0] == scene.now_us:
            turns.pop()
        if holds is not (bool(turns) and turns[-1][1]):
            turns.append([scene.now_us, holds])
        return scene.until_us

    def value(self, state: list[Any] | None, scene: Scene) -> bool:
        """See `LiveOperation`."""
        if scene.clock_us is None:
            return False
        turns = list(state or [])
        scene.soon(self.follow(turns, scene, scene.now_us))
        if isinstance(self._operation, Held):
            return self._held(turns, self._operation.lasting_us, scene)
        return self._turned(turns, self._operation, scene)

    def _held(self, turns: list[Any], lasting_us: int, scene: Scene) -> bool:
        if not turns or not turns[-1][1] or scene.first_act_us is None:
            return False
        since_us = max(turns[-1][0], scene.first_act_us)
        if since_us <= scene.now_us - lasting_us:
            return True
        scene.soon(since_us + lasting_us)
        return False

    def _turned(self, turns: list[Any], turned: Turned, scene: Scene) -> bool:
        times = [time_us for time_us, holds in turns if holds is turned.into]
        if turned.last_us is None:
            return bool(times)
        if not times or times[-1] <= scene.now_us - turned.last_us:
            return False
        scene.soon(times[-1] + turned.last_us)
        return True

    def prune(self, state: list[Any], now_us: int) -> Any:
        """See `LiveOperation`: the turn before the window says what was true at its beginning.

        Another fact of the last turn's instant may undo it, and then the one before counts.
        """
        operation = self._operation
        if isinstance(operation, Held):
            return state[-2:]
        if operation.last_us is None:
            return state if len(state) < 4 else [*state[:2], *state[-2:]]
        kept = bisect_right(state, now_us - operation.last_us, key=lambda turn: turn[0])
        return state[max(kept - 1, 0) :]
