"""What the use cases ask of the store of messages that are kept aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from tailorbird.events.refusals import Refusal, RejectedItem, Sort
from tailorbird.ports.rejects import StoredReject


class Held(NamedTuple):
    """How much is kept aside."""

    messages: int
    bytes: int


class Quarantine(Protocol):
    """Messages that wait for something to be put right; on the disk before anybody is told so."""

    def keep(self, items: Sequence[RejectedItem], before_us: int) -> int:
        """Keep some, each message id once; gives how many had to go for them, the oldest first.

        Those from before an instant go too.
        """

    def forget(self, before_us: int) -> None:
        """Let go of those from before an instant."""

    def newest(
        self,
        most: int,
        *,
        before: int | None = None,
        sort: Sort | None = None,
        subject: str | None = None,
    ) -> list[StoredReject]:
        """So many of them, the newest first: before a number, of a sort, about an identifier."""

    def oldest(self, most: int, *, after: int = 0) -> list[StoredReject]:
        """So many of them, the oldest first, with numbers above one."""

    def find(self, number: int) -> StoredReject | None:
        """The one with a number."""

    def settle(self, taken: Collection[int], still: Mapping[int, Refusal]) -> None:
        """Let go of those that were taken, and note why the others still are not, by number."""

    def drop(self, numbers: Collection[int]) -> int:
        """Let go of some for good; gives how many there were."""

    def clear(self, subject: str | None = None) -> int:
        """Let go of all, or of those about one identifier; gives how many these were."""

    def held(self) -> Held:
        """How much there is."""

    def close(self) -> None:
        """Let it be."""
