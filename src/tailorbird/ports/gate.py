"""What the use cases ask about people's consent, and of the store that it is kept in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from tailorbird.governance.consent import BotVerdict, Statement
from tailorbird.governance.gate import Verdict
from tailorbird.people.parting import Link


class ConsentFacts(NamedTuple):
    """What some facts of the log say about who consents, and who is who."""

    statements: Sequence[Statement] = ()
    verdicts: Sequence[BotVerdict] = ()
    links: Sequence[tuple[Link, int]] = ()
    """Each with its position."""
    taken_back: Sequence[str] = ()
    """Ids of links."""


class PersonSaid(NamedTuple):
    """What one person said about purposes, and how her identifiers are linked."""

    statements: Sequence[Statement]
    links: Sequence[tuple[Link, int]]


class ConsentStore(Protocol):
    """The newest that everybody said about purposes, by what stands for an identifier."""

    @property
    def position(self) -> int:
        """The facts of the log below it are in what is told."""

    def absorb(self, told: ConsentFacts, position: int) -> None:
        """Take in what the facts up to a position say."""

    def clear(self) -> None:
        """Forget everything, to begin anew."""

    def mark_of(self, subject: str) -> Any:
        """What stands for an identifier."""

    def said(self, mark: Any, most: int) -> PersonSaid | None:
        """What she said whose identifier it is; None when she has more than so many of them."""

    def forget(self, subjects: Collection[str]) -> None:
        """Forget all that was said under some identifiers."""

    def close(self) -> None:
        """Let it be."""


class Gatekeeper(Protocol):
    """Says whether data about somebody may be used for a purpose, by what she said up to now."""

    def is_current(self) -> bool:
        """Whether it knows all that was accepted."""

    def still(self) -> AbstractContextManager[None]:
        """Let nothing that is said meanwhile be acknowledged before the block has been left."""

    def against(self, mark: Any, purposes: Collection[str]) -> Verdict | None:
        """Why data about somebody may not be used for all of these; None when it may."""
