"""A fact: one thing that happened or became known, as accepted, once and for all.

Everything that can change an answer is a fact. Events carry the names that users give them;
names that begin with ``$`` are reserved and their properties have the meaning given in
``docs/reference/language.md``.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

WORKSPACE: Final = "$workspace"
"""The subject of facts that concern everybody: settings, figures, areas."""

TRAITS: Final = "$traits"
GROUP: Final = "$group"
CONSENT: Final = "$consent"
LIST: Final = "$list"
PREDICTED: Final = "$predicted"
ASSIGNED: Final = "$assigned"
EXPOSED: Final = "$exposed"
MESSAGE: Final = "$message"
MERGE: Final = "$merge"
UNMERGE: Final = "$unmerge"
VERDICT: Final = "$verdict"
RESOLVED: Final = "$resolved"
FIGURE: Final = "$figure"
AREA: Final = "$area"
SETTING: Final = "$setting"
HEARTBEAT: Final = "$heartbeat"

PERSON_FACTS: Final = frozenset(
    {
        TRAITS,
        GROUP,
        CONSENT,
        LIST,
        PREDICTED,
        ASSIGNED,
        EXPOSED,
        MESSAGE,
        MERGE,
        UNMERGE,
        VERDICT,
        RESOLVED,
    }
)
WORKSPACE_FACTS: Final = frozenset({FIGURE, AREA, SETTING, HEARTBEAT})
RESERVED: Final = PERSON_FACTS | WORKSPACE_FACTS

PAGE_VIEWED: Final = "Page Viewed"
SCREEN_VIEWED: Final = "Screen Viewed"


class Fact(NamedTuple):
    """One accepted fact. Its order among others is (``time_us``, ``id``)."""

    subject: str
    """The identifier that it was accepted under; `WORKSPACE` for facts about everybody."""
    time_us: int
    id: str
    """The message id, unique in a workspace."""
    name: str
    properties: dict[str, Any]
    context: dict[str, Any]
    act: bool
    """Whether the person did something: a track, page or screen call, not marked inactive."""
    active: bool
    """The signal class: an active act shows intent, a passive one is merely observed."""
    source: str
    position: int
    known_us: int
    """The instant at which the workspace learnt of it."""

    @property
    def key(self) -> tuple[int, str]:
        """What facts are ordered by wherever an operator needs an order."""
        return self.time_us, self.id
