"""Lists of people: each addition and removal is a fact of the person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple, Protocol

from tailorbird.events.columns import columns_of
from tailorbird.flow.accept import Arrival, accept
from tailorbird.flow.answer import answer
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import LIST, Fact
from tailorbird.language.ast import Call, Text
from tailorbird.language.definitions import Definition
from tailorbird.language.resolve import resolve
from tailorbird.ports.history import History, Warehouse

SOURCE: Final = "lists"
_CHUNK: Final = 50_000


class ListedHistory(History, Warehouse, Protocol):
    """A history that takes facts and answers questions about everybody."""


class Listed(NamedTuple):
    """What became of a list."""

    size: int
    added: int
    removed: int


def put_list(
    history: ListedHistory,
    name: str,
    people: Iterable[str],
    *,
    at_us: int,
    now_us: int,
    replace: bool,
) -> Listed:
    """Let people be on a list from an instant on; who is on it already gets no further fact.

    ``replace`` takes everybody else off the list at that instant.
    """
    if not 0 < len(name) <= limits.NAME_CHARACTERS:
        raise InputError(f"the name of a list has 1 to {limits.NAME_CHARACTERS} characters")
    wanted = dict.fromkeys(people)
    present = list_members(history, name, at_us)
    there = set(present)
    added = [person for person in wanted if person not in there]
    removed = [person for person in present if person not in wanted] if replace else []
    facts = (
        _fact(name, person, member, at_us)
        for persons, member in ((added, True), (removed, False))
        for person in persons
    )
    accept(_arrivals(facts), history, now_us=now_us)
    return Listed(len(there) + len(added) - len(removed), len(added), len(removed))


def list_members(history: Warehouse, name: str, at_us: int) -> Sequence[str]:
    """The people on a list at an instant."""
    asked = Definition("segment", "listed", Call("in_list", (Text(name),)))
    definitions = resolve([asked]).definitions
    return answer(history, definitions, [asked.key], at_us).members(asked.name)


def _fact(name: str, person: str, member: bool, at_us: int) -> Fact:
    what = f"{name}\0{person}\0{member}\0{at_us}"
    id_ = sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    properties = {"list": name, "member": member}
    return Fact(person, at_us, id_, LIST, properties, {}, False, True, SOURCE, 0, at_us)


def _arrivals(facts: Iterator[Fact]) -> Iterator[Arrival]:
    while chunk := list(islice(facts, _CHUNK)):
        yield Arrival(columns_of(chunk), _refuse)


def _refuse(_place: int, reason: str) -> None:
    raise InputError(f"nobody was put on the list: {reason}")
