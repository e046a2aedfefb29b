"""A message that reached the collector, as whoever watches sees it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple, get_args

from tailorbird.events.refusals import Refusal

Status = Literal["accepted", "duplicate", "rejected", "quarantined", "preview", "sampled"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)


class Seen(NamedTuple):
    """A message, and what became of it."""

    number: int
    """They are numbered upwards from 0 as they arrive, until the server ends."""
    at_us: int
    status: Status
    call: str
    """The last part of the path that it was sent to."""
    key: str
    """The id of the key that it came with."""
    source: str
    """The name of that key."""
    name: str | None
    """The event's name, where it has one."""
    subject: str | None
    """Whom it is about; None also where that may not be known."""
    time_us: int | None
    """When it happened, as it was stored."""
    id: str | None
    refusal: Refusal | None
    warning: str | None
    text: bytes
    """What was sent, or its beginning, without the secrets of keys."""
    length: int
    """The bytes of all of it."""


class Wanted(NamedTuple):
    """Which messages somebody wants to see; what is empty is no condition."""

    statuses: Collection[str] = ()
    key: str = ""
    """The id or the name of a key."""
    name: str = ""
    person: str = ""
    since_us: int = 0

    def has(self, seen: Seen) -> bool:
        """Whether it is about a message."""
        return (
            (not self.statuses or seen.status in self.statuses)
            and (not self.key or self.key in (seen.key, seen.source))
            and (not self.name or self.name == seen.name)
            and (not self.person or self.person == seen.subject)
            and seen.at_us >= self.since_us
        )
