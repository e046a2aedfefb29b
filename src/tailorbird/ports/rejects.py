"""What the use cases ask of the store of rejected messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tailorbird.events.refusals import RejectedItem, Sort


class StoredReject(NamedTuple):
    """A rejected message as it is kept."""

    number: int
    """They are numbered upwards as they are stored."""
    item: RejectedItem
    is_erased: bool = False
    """Whether the key of whom it is about was destroyed: then nothing can be said of it."""


class Rejects(Protocol):
    """The newest rejected messages, bounded in number, bytes and time."""

    def add(self, items: Sequence[RejectedItem], before_us: int) -> None:
        """Keep some; the oldest go where these are too many, and those from before an instant."""

    def forget(self, before_us: int) -> None:
        """Let go of those from before an instant."""

    def clear(self, subject: str | None = None) -> int:
        """Let go of all, or of those about one identifier; gives how many these were."""

    def newest(
        self,
        most: int,
        *,
        before: int | None = None,
        sort: Sort | None = None,
        subject: str | None = None,
    ) -> list[StoredReject]:
        """So many of them, the newest first: before a number, of a sort, about an identifier."""

    def find(self, number: int) -> StoredReject | None:
        """The one with a number."""

    def close(self) -> None:
        """Let them be."""
