"""What live people tell: of one person, of whoever is followed, of a segment, of the record."""

from __future__ import annotations

from threading import RLock

from tailorbird.flow.members import members
from tailorbird.flow.replays import read_anew
from tailorbird.flow.residents import Resident, Residents
from tailorbird.flow.viewing import PersonView, moved, view
from tailorbird.language import live
from tailorbird.language.live import PersonState
from tailorbird.language.world import World
from tailorbird.ports.history import Histories
from tailorbird.ports.states import StateStore
from tailorbird.segments.membership import Turned


class LongHistoryError(Exception):
    """Only somebody's history tells of her, and reading it takes long."""


class LivePeople:
    """The questions that `tailorbird.flow.advance.Live` answers; nothing here moves anybody."""

    plan: live.Plan
    position: int
    _store: StateStore
    _histories: Histories | None
    _residents: Residents
    _lock: RLock
    _world: World
    _clock_us: int
    _last_number: int
    _first_number: int
    _heavy: dict[int, PersonView]
    """By person: what is known of those whose history was too long to be kept."""

    def person(
        self, identifier: str, now_us: int, *, with_users: bool = False, waits: bool = True
    ) -> PersonView | None:
        """What is known of whoever has an identifier; None when nobody has it.

        Raises `LongHistoryError` where it ``waits`` for no history.
        """
        with self._lock:
            resident = self._residents.of(identifier)
            if resident is None:
                return None
            now_us = max(now_us, self._clock_us)
            subjects = tuple(self._store.subjects_of(resident.person))
            state, as_of = self._shown(resident, now_us)
            plan, at, is_pending = self.plan, (now_us, self._world), resident.is_pending
            users = self._users_of(resident.person) if with_users else frozenset()
        if state is None and not waits:
            raise LongHistoryError
        if state is None:  # reading a history takes long: nobody else waits for it
            assert self._histories is not None
            state = read_anew(plan, self._histories.facts_of(subjects, as_of), *at)
        found = view(plan, subjects, state, at)
        return found._replace(as_of=as_of, is_pending=is_pending, users=users)

    def _users_of(self, person: int) -> frozenset[str]:
        """The identifiers with which others of hers were linked."""
        return frozenset(link.one for link in self._store.links_of(person))

    def watch(self, identifier: str, now_us: int) -> PersonView | None:
        """Begin to follow whoever has an identifier, now or later; tells of her as she is."""
        with self._lock:
            self._residents.watched.add(identifier, now_us)
        return self.person(identifier, now_us, with_users=True)

    def unwatch(self, identifier: str) -> None:
        """Take one `watch` back."""
        with self._lock:
            self._residents.watched.drop(identifier)

    def to_show(self, now_us: int) -> list[tuple[str, PersonView | None]]:
        """Everybody followed who changed since the last time, or was not shown for long.

        Belongs to the thread that moves people along.
        """
        watched = self._residents.watched
        if not watched:
            return []
        with self._lock:
            found = watched.to_show(now_us)
        views: list[tuple[str, PersonView | None]] = []
        for identifier in found:
            is_heavy, seen = self._heavy_of(identifier)
            if not is_heavy:
                views.append((identifier, self.person(identifier, now_us, with_users=True)))
            elif seen is not None:
                views.append((identifier, seen))
        with self._lock:
            watched.shown(found, now_us)
        return views

    def _heavy_of(self, identifier: str) -> tuple[bool, PersonView | None]:
        """Whether only her history tells of somebody, and what it said when it was last read."""
        with self._lock:
            resident = self._residents.of(identifier)
            if resident is None:
                return False, None
            seen = self._heavy.get(resident.person)
            if seen is not None:
                subjects = tuple(self._store.subjects_of(resident.person))
                users = self._users_of(resident.person)
                seen = seen._replace(identifiers=subjects, users=users)
            return resident.state.heavy, seen

    def _shown(self, resident: Resident, now_us: int) -> tuple[PersonState | None, int]:
        """A copy of what is told of somebody, None if only her history tells it, and as of when."""
        if not resident.is_pending:
            return moved(self.plan, resident.state, now_us, self._world), self.position
        pending = self._store.find_pending(resident.person)
        assert pending is not None
        state = live.decode(live.encode(resident.state))
        told = self._standing(resident.standing)
        state.known, state.turned, state.persona = told.known, told.turned, told.persona
        return state, pending.as_of

    @property
    def last_number(self) -> int:
        """The number of the newest entry of the record."""
        return self._last_number

    @property
    def first_number(self) -> int:
        """The number of the oldest entry of the record that is kept, 0 without any."""
        return self._first_number

    def record(self, after: int, most: int) -> list[Turned]:
        """The entries of about so many steps, with a number above one: how streams resume."""
        with self._lock:
            return self._store.record(after, most)

    def members(self, segment: str, after: str | None, most: int) -> list[str]:
        """Names of so many people in a segment, in order, that come after a name."""
        with self._lock:
            return members(self._store, self.plan, segment, after, most)

    def _standing(self, number: int) -> PersonState:
        found = self._store.find_standing(number)
        return PersonState() if found is None else live.decode(found)
