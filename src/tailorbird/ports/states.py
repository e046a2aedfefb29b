"""Live states, with all that one commit keeps beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from tailorbird.delivery.outbox import Message
from tailorbird.kernel.facts import Fact
from tailorbird.people.parting import Link
from tailorbird.segments.membership import Turned, Turns


class StoredPerson(NamedTuple):
    """A person as the store of live states keeps her."""

    person: int
    """Her number: people are renamed when they are joined, numbers stay."""
    name: str
    wake_at: int
    standing: int
    """The number of what the record says of her, see `StateStore.standing_number`."""
    state: bytes


class Pending(NamedTuple):
    """Somebody whose history has to be read again before her facts can go on."""

    person: int
    as_of: int
    """Her stored state reflects the facts below this position."""
    cause: str
    """What the record gives as the reason of what turns."""
    standing: int
    """What the record says of her."""


class LiveMeta(NamedTuple):
    """How far a store of live states is."""

    position: int = 0
    """The facts below it are taken in."""
    clock_us: int = 0
    """The latest instant at which anybody was asked anything."""
    fingerprint: str = ""
    """Which definitions the states are of; empty in a new store."""


class StateStore(Protocol):
    """Live states, who is who, the record, and the position that they reflect: one commit each."""

    def transaction(self, *, is_lasting: bool = False) -> AbstractContextManager[None]:
        """All that is written within is kept at its end, or nothing of it after an error.

        ``is_lasting``: like `make_lasting` at its end.
        """

    def make_lasting(self) -> None:
        """See that what was committed outlasts a power cut, before anybody is told of it."""

    def meta(self) -> LiveMeta:
        """How far it is."""

    def put_meta(self, meta: LiveMeta) -> None:
        """Note how far it is."""

    def clear(self) -> None:
        """Forget everything but the record, and who stood how: that is for `compared`."""

    def beside(self, path: Path) -> AbstractContextManager[None]:
        """Open the store in another file too, for `copy_beside`; outside of transactions."""

    def copy_beside(self) -> None:
        """Take over what the other store has of people and the position, but no record."""

    def compared(self) -> Iterator[tuple[str, int | None, int | None]]:
        """Each name with the number of its standing when all was cleared, and of that now."""

    def person_of(self, subject: str) -> int | None:
        """The number of the person whom a subject belongs to."""

    def persons_of(self, subjects: Sequence[str]) -> dict[str, int]:
        """The same for many; a subject of nobody is not in it."""

    def find(self, person: int) -> StoredPerson | None:
        """A person by number."""

    def find_many(self, persons: Sequence[int]) -> list[StoredPerson]:
        """The people with some numbers, in any order."""

    def last_person(self) -> int:
        """The highest number that a person has."""

    def put_people(self, people: Iterable[StoredPerson]) -> None:
        """Store people, new or changed."""

    def put_subjects(self, subjects: Iterable[tuple[str, int]]) -> None:
        """Say to whom some subjects belong."""

    def filling(self) -> AbstractContextManager[None]:
        """Put people into a store that has none, within a transaction: quicker for very many.

        They are found by number alone until its end.
        """

    def put_names(self, but: Collection[int]) -> None:
        """Say that everybody's name is a subject of hers, except of some people."""

    def subjects_of(self, person: int) -> list[str]:
        """Every subject of a person, in order."""

    def move(self, person: int, into: int) -> None:
        """Give everything that identifies a person to another one, and forget her."""

    def remove(self, person: int) -> None:
        """Forget a person and her subjects."""

    def rename(self, person: int, name: str) -> None:
        """Give a person another name."""

    def add_link(self, person: int, link: Link) -> None:
        """Note a link between two subjects of a person."""

    def links_of(self, person: int) -> list[Link]:
        """The links between a person's subjects."""

    def give_links(self, links: Iterable[Link], person: int) -> None:
        """Say to whom some links belong."""

    def take_back(self, link: str) -> int | None:
        """Take a link back, also before it is made; gives the person whose it was."""

    def is_taken_back(self, link: str) -> bool:
        """Whether a link was taken back."""

    def due(self, until_us: int, most: int) -> list[tuple[int, int]]:
        """Who is to be woken up to an instant: when, and the number, the earliest first."""

    def next_wake_us(self) -> int | None:
        """The earliest instant at which somebody is to be woken."""

    def wake_everybody(self, at_us: int) -> None:
        """Wake everybody at an instant, or earlier where that is noted."""

    def standing_number(self, key: bytes) -> int:
        """The number of a standing, which is written down once for all who share it."""

    def find_standing(self, standing: int) -> bytes | None:
        """What was written down under a number."""

    def standings(self) -> list[tuple[int, bytes]]:
        """All standings by number."""

    def people_standing(self, standing: int, after: str, most: int) -> list[str]:
        """Names of people with a standing, in order, that come after one."""

    def put_pending(self, pending: Pending) -> None:
        """Mark somebody; she is woken no more until the mark is gone."""

    def everybody_pending(self, as_of: int, cause: str) -> None:
        """Mark everybody who is not marked yet."""

    def drop_pending(self, person: int) -> None:
        """Take a mark away."""

    def find_pending(self, person: int) -> Pending | None:
        """Somebody's mark."""

    def pending_among(self, persons: Sequence[int]) -> set[int]:
        """Who of some people has a mark."""

    def pending(
        self, most: int, among: Sequence[int] | None = None, but: Sequence[int] = ()
    ) -> list[Pending]:
        """Some of the marks, the oldest first; of certain people, or of all but some."""

    def add_record(self, steps: Sequence[Turns]) -> None:
        """Add the entries of some steps to the record."""

    def record(self, after: int, most: int) -> list[Turned]:
        """Entries with a number above one, of about so many steps."""

    def record_id(self) -> str:
        """What tells this record from another one, whose numbers mean other entries."""

    def last_number(self) -> int:
        """The number of the newest entry of the record, 0 without any."""

    def first_number(self) -> int:
        """The number of the oldest entry that is kept, 0 without any."""

    def forget_record(self, before_us: int, most: int) -> int:
        """Let go of so many of the oldest steps, if they are from before an instant; of how many.

        The newest one stays, so that no number is given again.
        """

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Put messages into the outbox, behind all others."""

    def add_workspace_fact(self, fact: Fact) -> None:
        """Keep a fact about everybody."""

    def workspace_facts(self) -> list[Fact]:
        """The facts about everybody, in order of position."""
