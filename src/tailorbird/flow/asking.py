"""What every way of answering needs to know of a history: links, settings, verdicts, tense."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from tailorbird.kernel.facts import VERDICT, WORKSPACE, Fact
from tailorbird.language.batch.readings import filled, texts
from tailorbird.language.batch.typed import of_property
from tailorbird.language.world import World
from tailorbird.people.identity import people
from tailorbird.ports import Warehouse


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
        self, history: Warehouse, *, known_then: bool = False, position: int | None = None
    ) -> None:
        self.history = history
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
        return [
            fact
            for fact in self.history.links()
            if (self.position is None or fact.position <= self.position)
            and WORKSPACE not in (fact.subject, fact.properties.get("other"))
        ]

    def linked(self, at_us: int) -> dict[str, str]:
        """For each subject that is one with others the person's name."""
        return people(self.links, at_us if self.known_then else None)

    @cached_property
    def first_us(self) -> int:
        """The time of the earliest fact."""
        earliest = self.history.query("SELECT min(time_us) AS first_us FROM facts")["first_us"]
        return int(filled(earliest)[0])

    @cached_property
    def verdicts(self) -> dict[int, list[Verdict]]:
        """All verdicts, by the number of the subject that they were accepted under."""
        about, bot = (of_property((key,), self.hot) for key in ("message_id", "bot"))
        found = self.history.query(
            f"SELECT who, time_us, id, {about.text} AS about, "
            f"coalesce({bot.boolean}, false) AS bot, known_us, position "
            f"FROM facts WHERE name = '{VERDICT}' AND who > 0"
        )
        columns = (
            filled(found["time_us"]).tolist(),
            texts(found["id"]),
            texts(found["about"]),
            filled(found["bot"]).tolist(),
            filled(found["known_us"]).tolist(),
            filled(found["position"]).tolist(),
        )
        by_number: dict[int, list[Verdict]] = {}
        # A verdict about nothing still sets its person apart: it makes nobody exist.
        for number, *verdict in zip(filled(found["who"]).tolist(), *columns, strict=True):
            by_number.setdefault(number, []).append(Verdict(*verdict))
        return by_number

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
