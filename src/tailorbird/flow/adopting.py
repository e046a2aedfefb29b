"""Live people out of states that were computed from history: at the start and on publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from tailorbird.flow.residents import standing_key
from tailorbird.flow.seed import seed
from tailorbird.kernel.facts import Fact
from tailorbird.language import live
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.live import PersonState
from tailorbird.language.world import FOREVER
from tailorbird.people.identity import people
from tailorbird.people.parting import link_of, taken_back
from tailorbird.ports.history import Warehouse
from tailorbird.ports.states import LiveMeta, Pending, StateStore, StoredPerson
from tailorbird.segments.membership import Turns, differences

_AT_A_TIME: Final = 5_000


class Seeded(NamedTuple):
    """Somebody's state as it is stored."""

    name: str
    """The smallest of her subjects."""
    wake_at: int
    is_heavy: bool
    standing: bytes
    """What the record says of her."""
    state: bytes


class Seeds(NamedTuple):
    """Everybody at one place in the log, and what holds there for all."""

    states: Iterable[Seeded]
    links: list[Fact]
    """Every fact that says who is who."""
    workspace: list[Fact]
    """Every fact about everybody."""
    position: int
    """The facts below it are in the states."""
    now_us: int
    """The instant that the states are of."""


class SeedHistory(Warehouse, Protocol):
    """A history that can be seeded from: it knows how far it reaches."""

    @property
    def end_position(self) -> int:
        """The position that the next fact gets."""


def seeds(history: SeedHistory, plan: live.Plan, now_us: int) -> Seeds:
    """What everybody is by all that a history holds; states are computed as they are read."""
    position = history.end_position
    return Seeds(
        seeded(seed(history, plan, now_us, position=position - 1)) if position else (),
        [fact for fact in history.links() if fact.position < position],
        [fact for fact in history.workspace_facts() if fact.position < position],
        position,
        now_us,
    )


def seeded(states: Iterable[tuple[str, PersonState]]) -> Iterator[Seeded]:
    """States by name, in their stored form."""
    standings: dict[tuple[object, ...], bytes] = {}
    for name, state in states:
        way = (state.known, state.turned, state.persona)
        standing = standings.get(way)
        if standing is None:
            standing = standings[way] = standing_key(state)
        wake_at = FOREVER if state.heavy else state.wake_at
        yield Seeded(name, wake_at, state.heavy, standing, live.encode(state))


def fingerprint(definitions: Definitions) -> str:
    """A hash of all definitions: states belong to one."""
    digest = sha256()
    for key, text in sorted(definitions.fingerprints().items()):
        digest.update(f"{key} {text}\n".encode())
    digest.update(" ".join(persona.name for persona in definitions.personas).encode())
    return digest.hexdigest()


def fill(store: StateStore, plan: live.Plan, given: Seeds) -> None:
    """Put everybody's states into an empty store, within a transaction."""
    with store.filling():
        _put_people(store, given)
    store.put_meta(LiveMeta(given.position, given.now_us, fingerprint(plan.definitions)))


def _put_people(store: StateStore, given: Seeds) -> None:
    name_of = people(given.links)
    united = set(name_of.values())
    numbers: dict[str, int] = {}
    standings: dict[bytes, int] = {}
    nobody = store.standing_number(standing_key(PersonState()))
    rows = iter(enumerate(given.states, 1))
    while some := list(islice(rows, _AT_A_TIME)):
        for key in {one.standing for _, one in some} - standings.keys():
            standings[key] = store.standing_number(key)
        store.put_people(
            StoredPerson(number, one.name, one.wake_at, standings[one.standing], one.state)
            for number, one in some
        )
        for number, one in some:
            if one.is_heavy:  # what she answers is not known yet
                store.put_pending(Pending(number, given.position, "definition", nobody))
        numbers.update({one.name: number for number, one in some if one.name in united})
    store.put_names(but=numbers.values())
    store.put_subjects(
        [(subject, numbers[name]) for subject, name in name_of.items() if name in numbers]
    )
    _put_links(store, given.links, {s: numbers.get(name) for s, name in name_of.items()})
    for fact in given.workspace:
        store.add_workspace_fact(fact)


def _put_links(store: StateStore, facts: Iterable[Fact], whose: Mapping[str, int | None]) -> None:
    facts = list(facts)
    gone = {link for fact in facts for link in taken_back(fact)}
    for link_id in gone:
        store.take_back(link_id)
    for fact in facts:
        link = link_of(fact)
        person = None if link is None else whose.get(link.one)
        if link is not None and person is not None and link.id not in gone:
            store.add_link(person, link)


Standing = Mapping[Key, Any]


def turned_by_definition(
    compared: Iterable[tuple[str, int | None, int | None]],
    old: Mapping[int, dict[Key, Any]],
    new: Mapping[int, dict[Key, Any]],
    at: tuple[int, int, int],
) -> Iterator[list[Turns]]:
    """The steps of the record for people whose standing is another under other definitions.

    ``compared`` are names with the numbers of the old and the new standing; ``at`` is an instant,
    a place and the number of the newest entry so far.
    """
    at_us, position, number = at
    ways: dict[tuple[int | None, int | None], Any] = {}
    some: list[Turns] = []
    for name, before, after in compared:
        changes = ways.get((before, after))
        if changes is None:
            was = old.get(before, {}) if before is not None else {}
            now = new.get(after, {}) if after is not None else {}
            changes = ways[before, after] = differences(was, now)
        if changes:
            number += 1
            some.append(Turns(name, changes, at_us, position, "definition", number))
        if len(some) >= _AT_A_TIME:
            yield some
            some = []
    if some:
        yield some
