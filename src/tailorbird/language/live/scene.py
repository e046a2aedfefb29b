"""What an evaluation looks at, and what it finds out about when the answer may change."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from tailorbird.kernel.facts import Fact
from tailorbird.language.operations import Select
from tailorbird.language.predicates import View
from tailorbird.language.world import FOREVER, Workspace

IGNORED: Final = object()
"""What an operation answers to a fact that it does not read."""


class Replay(NamedTuple):
    """The state cannot take this in: the person's history has to be folded again."""

    reason: str


class ReplayError(Exception):
    """Raised where a state meets what it cannot take in; `engine` turns it into `Replay`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Scene:
    """One evaluation: an instant, what is in force, the states, and the earliest next change."""

    __slots__ = (
        "clock_us",
        "first_act_us",
        "memo",
        "now_us",
        "slots",
        "until_us",
        "workspace",
        "zone",
    )

    def __init__(
        self,
        now_us: int,
        workspace: Workspace,
        zone: ZoneInfo,
        slots: dict[int, Any],
        first_act_us: int | None = None,
        clock_us: int | None = None,
    ) -> None:
        self.now_us = now_us
        self.workspace = workspace
        self.zone = zone
        self.slots = slots
        self.first_act_us = first_act_us
        self.clock_us = clock_us
        """Up to this instant timelines are recorded; None before the first fact."""
        self.until_us = FOREVER
        self.memo: dict[Any, Any] = {}

    def at(self, instant_us: int) -> Scene:
        """The same states at another instant, with what is in force now."""
        scene = Scene(instant_us, self.workspace, self.zone, self.slots, self.first_act_us)
        scene.clock_us = self.clock_us
        return scene

    def soon(self, instant_us: int) -> None:
        """Note an instant, later than now, at which a value may change by itself."""
        if instant_us < self.until_us:
            self.until_us = instant_us


class LiveOperation(Protocol):
    """One operation of a plan: how its state takes in facts and answers at an instant.

    States are plain data (numbers, texts, lists, dicts with text or number keys); None is the
    state of somebody without any fact that the operation reads.
    """

    @property
    def selects(self) -> tuple[Select, ...]:
        """The facts it may read; others are never shown to it."""

    zoned: bool
    """Whether the state depends on the zone in force when a fact was added."""
    placed: bool
    """Whether it depends on the workspace's areas or session gap in force then."""

    def add(self, state: Any, view: View, limit: int) -> Any:
        """The state with one more fact, or `IGNORED`; raises `ReplayError` above the limit."""

    def merge(self, one: Any, other: Any) -> Any:
        """The state of the facts of both; neither is None."""

    def value(self, state: Any, scene: Scene) -> Any:
        """The operation's value at the scene's instant."""

    def prune(self, state: Any, now_us: int) -> Any:
        """The state without what no instant from now on can need; None when nothing is left."""


class Lasting:
    """An operation of whose state the passing of time makes nothing useless."""

    def prune(self, state: Any, now_us: int) -> Any:
        """See `LiveOperation`: all is kept."""
        return state


def added_to(entries: list[Any], entry: Any, limit: int) -> list[Any]:
    """Put an entry where it belongs in an ordered list of at most ``limit`` entries."""
    if not entries or entries[-1] <= entry:
        entries.append(entry)
    else:
        place = len(entries)
        while place and entries[place - 1] > entry:
            place -= 1
        entries.insert(place, entry)
    if len(entries) > limit:
        raise ReplayError("heavy")
    return entries


PRUNED_EVERY: Final = 512


def tidied(operation: LiveOperation, state: Any, now_us: int) -> Any:
    """A state to which something was added, without what has left its window now and then.

    Nobody may ever wake for a trait; so a list is pruned whenever it has grown by so many.
    """
    if type(state) is list and not len(state) % PRUNED_EVERY:
        return operation.prune(state, now_us) or state
    return state


def key_of(fact: Fact) -> list[Any]:
    """A fact's place in the order, as plain data."""
    return [fact.time_us, fact.id]
