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
from tailorbird.ports import LiveMeta, Pending, StateStore, StoredPerson, Warehouse
from tailorbird.segments.membership import Turns, differences

_AT_A_TIME: Final = 5_000


class Seeds(NamedTuple):
    """Everybody at one place in the log, and what holds there for all."""

    states: Iterable[tuple[str, PersonState]]
    """By name: the smallest of a person's subjects."""
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
        seed(history, plan, now_us, position=position - 1) if position else (),
        [fact for fact in history.links() if fact.position < position],
        [fact for fact in history.workspace_facts() if fact.position < position],
        position,
        now_us,
    )


def fingerprint(definitions: Definitions) -> str:
    """A hash of all definitions: states belong to one."""
    digest = sha256()
    for key, text in sorted(definitions.fingerprints().items()):
        digest.update(f"{key} {text}\n".encode())
    digest.update(" ".join(persona.name for persona in definitions.personas).encode())
    return digest.hexdigest()


def fill(store: StateStore, plan: live.Plan, given: Seeds) -> None:
    """Put everybody's states into an empty store, within a transaction."""
    _put_people(store, given)
    store.put_meta(LiveMeta(given.position, given.now_us, fingerprint(plan.definitions)))


def _put_people(store: StateStore, given: Seeds) -> None:
    name_of = people(given.links)
    numbers: dict[str, int] = {}
    ways: dict[bytes, int] = {}
    rows = iter(enumerate(given.states, 1))
    while some := list(islice(rows, _AT_A_TIME)):
        heavy = [number for number, (_, state) in some if state.heavy]
        store.put_people([_row(store, ways, number, *seeded) for number, seeded in some])
        store.put_subjects([(name, number) for number, (name, _) in some if name not in name_of])
        for number in heavy:  # what she answers is not known yet
            standing = _standing(store, ways, PersonState())
            store.put_pending(Pending(number, given.position, "definition", standing))
        wanted = set(name_of.values())
        numbers.update({name: number for number, (name, _) in some if name in wanted})
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


def _row(
    store: StateStore, ways: dict[bytes, int], number: int, name: str, state: PersonState
) -> StoredPerson:
    wake_at = FOREVER if state.heavy else state.wake_at
    standing = _standing(store, ways, state)
    return StoredPerson(number, name, wake_at, standing, live.encode(state))


def _standing(store: StateStore, ways: dict[bytes, int], state: PersonState) -> int:
    key = standing_key(state)
    if key not in ways:
        ways[key] = store.standing_number(key)
    return ways[key]


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
