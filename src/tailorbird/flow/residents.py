"""The people whose states are in memory: found by subject, stored at a commit, let go when idle."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from tailorbird.flow.watched import Watched
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.live import PersonState
from tailorbird.ports.states import StateStore, StoredPerson

RESIDENT_BYTES: Final = 256 * 1024 * 1024
"""About so much memory may be taken by states that are kept at hand."""
_FIXED_BYTES: Final = 1_200
_BYTES_PER_STORED: Final = 6
"""A state in memory takes about so many times the bytes of its stored form, and a fixed part."""


@dataclass(slots=True, eq=False)
class Resident:
    """Somebody whose state is in memory."""

    person: int
    name: str
    state: PersonState
    standing: int = 0
    """What the record says of her, by number; 0 before it was ever noted."""
    is_pending: bool = False
    """Whether her history has to be read again: her facts wait, her state is an older one."""
    asked: int | None = None
    """Her history was asked for up to this position; what comes after it is in `waiting`."""
    waiting: list[Fact] = field(default_factory=list)
    weight: int = 0


class Residents:
    """People by number and by subject; those untouched for longest go first when it gets tight."""

    def __init__(self, store: StateStore, memory_bytes: int = RESIDENT_BYTES) -> None:
        self._store = store
        self._memory_bytes = memory_bytes
        self.watched = Watched(self._number_of)
        self.forget()

    def forget(self) -> None:
        """Drop everything that is not stored."""
        self._held: dict[int, Resident] = {}
        self._person_of: dict[str, int] = {}
        self._new_subjects: dict[str, int] = {}
        self._strangers: set[str] = set()
        """Subjects that belonged to nobody when somebody was last let go."""
        self._changed: dict[int, Resident] = {}
        self._standings: dict[tuple[object, ...], int] = {}
        self._bytes = 0
        self._last = self._store.last_person()
        self.watched.renumbered()

    @property
    def bytes_held(self) -> int:
        """The memory that the states take, estimated from their stored size."""
        return self._bytes

    def __iter__(self) -> Iterator[Resident]:
        return iter(self._held.values())

    def of(self, subject: str) -> Resident | None:
        """The person with a subject, if there is one."""
        person = self._number_of(subject)
        return None if person is None else self.get(person)

    def _number_of(self, subject: str) -> int | None:
        person = self._person_of.get(subject)
        if person is None:
            if subject in self._strangers:
                return None
            person = self._store.person_of(subject)
            if person is not None:
                self._person_of[subject] = person
        return person

    def expect(self, subjects: Collection[str]) -> None:
        """Look for many at once, because their facts come next."""
        person_of = self._person_of
        unknown = [subject for subject in subjects if subject not in person_of]
        if unknown:
            found = self._store.persons_of(unknown)
            person_of.update(found)
            self._strangers.update(found.keys() ^ unknown)
        held = self._held
        expected = {person_of[s] for s in subjects if s in person_of}
        for person in held.keys() & expected:
            held[person] = held.pop(person)  # the last ones to go
        absent = expected - held.keys()
        if absent:
            pending = self._store.pending_among(tuple(absent))
            for row in self._store.find_many(tuple(absent)):
                held[row.person] = self._loaded(row, row.person in pending)

    def expected(self, subject: str) -> Resident | None:
        """The same as `of`, quicker for somebody who was expected."""
        person = self._person_of.get(subject)
        if person is None:
            return None if subject in self._strangers else self.of(subject)
        found = self._held.get(person)
        return self.get(person) if found is None else found

    def get(self, person: int) -> Resident:
        """The person with a number."""
        found = self._held.pop(person, None)
        if found is None:
            found = self._load(person)
        self._held[person] = found  # the last one to go
        return found

    def made(self, *subjects: str) -> Resident:
        """Somebody new with some subjects, which may have been another's."""
        self._last = person = self._last + 1
        found = Resident(person, min(subjects), PersonState())
        self._held[person] = self._changed[person] = found
        for subject in subjects:
            self.give(subject, found)
        return found

    def give(self, subject: str, resident: Resident) -> None:
        """Say that a subject is a person's."""
        self._person_of[subject] = self._new_subjects[subject] = resident.person
        self.watched.given(subject, resident.person)

    def changed(self, resident: Resident) -> None:
        """Note that somebody has to be stored; the row of pending people stays as it is."""
        if not resident.is_pending:
            self._changed[resident.person] = resident

    def _load(self, person: int) -> Resident:
        row = self._store.find(person)
        if row is None:
            raise LookupError(f"person {person} is in no row of the store")
        return self._loaded(row, self._store.find_pending(person) is not None)

    def _loaded(self, row: StoredPerson, is_pending: bool) -> Resident:
        state = live.decode(row.state)
        state.wake_at = row.wake_at
        weight = _weight(row.state)
        self._bytes += weight
        return Resident(row.person, row.name, state, row.standing, is_pending, weight=weight)

    # Storing

    def standing_of(self, state: PersonState) -> int:
        """The number of what the record says of somebody with a state."""
        way = (state.known, state.turned, state.persona)
        found = self._standings.get(way)
        if found is None:
            found = self._standings[way] = self._store.standing_number(standing_key(state))
        return found

    def store_subjects(self) -> None:
        """Write down who is who, as far as it is new."""
        self._store.put_subjects(self._new_subjects.items())
        self._new_subjects = {}

    def store(self) -> None:
        """Write down everybody who changed."""
        self.store_subjects()
        self._store.put_people(self._rows())
        self.watched.changed(self._changed.keys())
        self._changed = {}

    def store_stripped(self, resident: Resident) -> None:
        """Store somebody who is in no row yet by what the record says of her alone."""
        self._store.put_people([self._stored(resident, _stripped(resident.state))])

    def drop_change(self, resident: Resident) -> None:
        """Leave the row of somebody as it is."""
        self._changed.pop(resident.person, None)

    def reload(self, resident: Resident) -> None:
        """Take somebody's state from her row again."""
        row = self._store.find(resident.person)
        assert row is not None
        resident.state, resident.standing = live.decode(row.state), row.standing

    def _rows(self) -> list[StoredPerson]:
        """What is to be stored of everybody who changed; from now on they weigh as much."""
        rows = []
        for resident in self._changed.values():
            row = self._stored(resident, resident.state)
            weight = _weight(row.state)
            self._bytes += weight - resident.weight
            resident.weight = weight
            rows.append(row)
        return rows

    def _stored(self, resident: Resident, state: PersonState) -> StoredPerson:
        resident.standing = self.standing_of(state)
        return StoredPerson(
            resident.person,
            resident.name,
            resident.state.wake_at,
            resident.standing,
            live.encode(state),
        )

    # Letting go

    def absorb(self, kept: Resident, lost: Resident) -> None:
        """Make the subjects of one person those of another, and forget her."""
        self.store_subjects()
        subjects = self._store.subjects_of(lost.person)
        self._store.move(lost.person, kept.person)
        self._person_of.update(dict.fromkeys(subjects, kept.person))
        self.watched.joined(lost.person, kept.person)
        self._let_go(lost)
        self.changed(kept)

    def remove(self, resident: Resident) -> None:
        """Forget somebody and her subjects altogether."""
        self.store_subjects()
        for subject in self._store.subjects_of(resident.person):
            self._person_of.pop(subject, None)
        self._store.remove(resident.person)
        self.watched.joined(resident.person, None)
        self._let_go(resident)

    def _let_go(self, resident: Resident) -> None:
        self._held.pop(resident.person, None)
        self._changed.pop(resident.person, None)
        self._bytes -= resident.weight

    def evict(self) -> None:
        """Let go of people, the idle ones first, until the rest fits; all must be stored."""
        assert not self._changed
        self._strangers.clear()
        while self._bytes > self._memory_bytes and self._held:
            self._let_go(next(iter(self._held.values())))
        if len(self._person_of) > 2 * len(self._held) + 10_000:
            kept = self._held
            self._person_of = {s: p for s, p in self._person_of.items() if p in kept}


def standing_key(state: PersonState) -> bytes:
    """What the record says of somebody with a state, in a form that can be stored."""
    return live.encode(_stripped(state))


def _stripped(state: PersonState) -> PersonState:
    return PersonState(known=state.known, turned=state.turned, persona=state.persona)


def _weight(stored: bytes) -> int:
    return _FIXED_BYTES + _BYTES_PER_STORED * len(stored)
