"""What every way of answering needs to know of a history: links, settings, verdicts, tense."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, wraps
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

import numpy as np

from tailorbird.kernel.facts import MERGE, UNMERGE, VERDICT, Fact
from tailorbird.kernel.instants import FIRST_INSTANT
from tailorbird.kernel.values import Value, read_tagged
from tailorbird.language.batch.literals import text_list
from tailorbird.language.batch.readings import filled
from tailorbird.language.batch.typed import of_property
from tailorbird.language.world import World
from tailorbird.people.identity import people
from tailorbird.ports.history import Warehouse

_ASIDES: Final = frozenset({MERGE, UNMERGE, VERDICT})

_History = TypeVar("_History", bound=Warehouse)
_Given = ParamSpec("_Given")
_Told = TypeVar("_Told")


def as_of_now(
    ask: Callable[Concatenate[_History, _Given], _Told],
) -> Callable[Concatenate[_History, _Given], _Told]:
    """A question that sees all of a history as it is when it begins."""

    @wraps(ask)
    def asked(history: _History, /, *given: _Given.args, **named: _Given.kwargs) -> _Told:
        with history.as_of_now():
            return ask(history, *given, **named)

    return asked


class Person(NamedTuple):
    """A person who is asked about by herself."""

    name: str
    numbers: tuple[int, ...]
    """Of her subjects that have facts."""
    subjects: tuple[str, ...]


class Verdict(NamedTuple):
    """A fact that says whether another one is a bot's."""

    time_us: int
    id: str
    about: str
    bot: bool
    known_us: int
    position: int


class Asking:
    """A history seen in one tense: in hindsight, or as it was known at each instant."""

    def __init__(
        self,
        history: Warehouse,
        *,
        zoned: bool = True,
        known_then: bool = False,
        position: int | None = None,
    ) -> None:
        """``zoned`` is false where no question depends on anybody's zone."""
        self.history = history
        self.zoned = zoned
        self.known_then = known_then
        self.position = position
        self.hot = history.hot_columns()

    def counts(self, fact: Fact | Verdict, at_us: int) -> bool:
        """Whether a fact counts at an instant, as far as its time and the tense decide."""
        return (
            fact.time_us <= at_us
            and (not self.known_then or fact.known_us <= at_us)
            and (self.position is None or fact.position <= self.position)
        )

    def world(self, at_us: int) -> World:
        """The workspace's settings that are known when an instant is asked about."""
        if not self.known_then:
            return self._world
        number = bisect_right(self._known_times, at_us)
        if number not in self._worlds:
            known = [fact for fact in self._workspace if fact.known_us <= at_us]
            self._worlds[number] = World(known, position=self.position)
        return self._worlds[number]

    @cached_property
    def _workspace(self) -> list[Fact]:
        return self.history.workspace_facts()

    @cached_property
    def _known_times(self) -> list[int]:
        return sorted(fact.known_us for fact in self._workspace)

    @cached_property
    def _worlds(self) -> dict[int, World]:
        return {}

    @cached_property
    def _world(self) -> World:
        return World(self._workspace, position=self.position)

    @cached_property
    def is_compact(self) -> bool:
        """Whether queries give rows in order without being asked to."""
        return self.history.is_compact

    @cached_property
    def links(self) -> list[Fact]:
        """Everything that joins subjects or takes that back, as far as the tense knows it."""
        found = [fact for fact in self._asides if fact.name != VERDICT]
        names = self.history.subject_names(int(fact.subject) for fact in found) if found else []
        return [fact._replace(subject=name) for fact, name in zip(found, names, strict=True)]

    def linked(self, at_us: int) -> dict[str, str]:
        """For each subject that is one with others the person's name."""
        return people(self.links, at_us) if self.known_then else self._linked

    @cached_property
    def _linked(self) -> dict[str, str]:
        return people(self.links)

    @cached_property
    def first_us(self) -> int:
        """No fact is earlier; that is looked up only where zones matter."""
        if not self.zoned:
            return FIRST_INSTANT
        earliest = self.history.query("SELECT min(time_us) AS first_us FROM facts")["first_us"]
        return int(filled(earliest)[0])

    @cached_property
    def verdicts(self) -> dict[int, list[Verdict]]:
        """All verdicts, by the number of the subject that they were accepted under."""
        by_number: dict[int, list[Verdict]] = {}
        for fact in self._asides:
            if fact.name == VERDICT:
                by_number.setdefault(int(fact.subject), []).append(_verdict(fact))
        return by_number

    @cached_property
    def _asides(self) -> list[Fact]:
        """Links and verdicts, found in one pass; their subjects are numbers in text."""
        limit = "" if self.position is None else f" AND position <= {self.position}"
        rows = f"FROM facts WHERE name IN {text_list(_ASIDES)} AND who > 0{limit}"
        # Often there are none, and to plan how properties are read takes longer.
        if not len(self.history.query(f"SELECT 1 AS one {rows} LIMIT 1")["one"]):
            return []
        other, about = (of_property((key,), self.hot) for key in ("other", "message_id"))
        bot, links = (of_property((key,), self.hot) for key in ("bot", "links"))
        found = self.history.query(
            f"SELECT who, time_us, id, name, position, known_us, {other.text} AS other, "
            f"{about.text} AS about, coalesce({bot.boolean}, false) AS bot, "
            f"{links.json or 'NULL'} AS links {rows}"
        )
        columns = [np.ma.asarray(column).tolist() for column in found.values()]
        return [_aside(*row) for row in zip(*columns, strict=True)]

    def bots(self, numbers: Iterable[int], at_us: int) -> list[str]:
        """The message ids that verdicts about a person's facts take out of account."""
        latest: dict[str, Verdict] = {}
        for number in numbers:
            for verdict in self.verdicts.get(number, ()):
                if not self.counts(verdict, at_us):
                    continue
                earlier = latest.get(verdict.about)
                if earlier is None or earlier[:2] < verdict[:2]:
                    latest[verdict.about] = verdict
        return [about for about, verdict in latest.items() if verdict.bot]

    def persons(self, names: Collection[str], linked: Mapping[str, str]) -> list[Person]:
        """The persons that some of their subjects name, in the same order."""
        members: dict[str, list[str]] = {}
        for subject, name in linked.items():
            members.setdefault(name, []).append(subject)
        wanted = [linked.get(name, name) for name in names]
        subjects = [subject for name in wanted for subject in members.get(name, [name])]
        numbers = self.history.subject_numbers(subjects)
        return [
            Person(
                name,
                tuple(numbers[s] for s in members.get(name, [name]) if numbers.get(s)),
                tuple(members.get(name, [name])),
            )
            for name in wanted
        ]


def _aside(
    number: int,
    time_us: int,
    id_: str,
    name: str,
    position: int,
    known_us: int,
    other: str | None,
    about: str | None,
    bot: bool,
    links: str | None,
) -> Fact:
    """A link or a verdict with those properties alone that give it its meaning."""
    properties: dict[str, Value] = {"bot": bot}
    for key, value in (("other", other), ("message_id", about)):
        if value is not None:
            properties[key] = value
    if links is not None:
        properties["links"] = read_tagged(links)
    return Fact(
        str(number), time_us, id_, name, properties, {}, False, True, "", position, known_us
    )


def _verdict(fact: Fact) -> Verdict:
    # A verdict about nothing still sets its person apart: it makes nobody exist.
    about = fact.properties.get("message_id", "")
    bot = fact.properties["bot"]
    return Verdict(fact.time_us, fact.id, about, bot, fact.known_us, fact.position)
