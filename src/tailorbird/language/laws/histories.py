"""Random histories: a few people and their facts, with everything that makes facts awkward.

Equal times, lateness, facts known before they happen, identifiers that are merged and unmerged,
bots and verdicts, settings that change, values of every type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tailorbird.kernel import facts
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR, WEEK, format_instant
from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Call, walk
from tailorbird.language.definitions import Definitions
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.chance import Chance
from tailorbird.language.printer import show

_DELAYS: Final = (0, 0, 0, 0, 0, 1, HOUR, DAY, WEEK, 30 * DAY, -DAY)
"""How much later than it happened a fact becomes known."""


@dataclass(frozen=True, slots=True)
class History:
    """The facts of a workspace in the order of their arrival."""

    facts: tuple[Fact, ...]
    households: tuple[tuple[str, ...], ...]
    """Identifiers that may be linked with each other; those of different ones never are."""


def random_history(chance: Chance, checked: Definitions, people: int, length: int) -> History:
    """Facts of so many households, each with at most about so many facts, and the workspace's."""
    start_us = chance.choice(vocabulary.BASES)
    drafts = _Workspace(chance, start_us, checked).facts()
    reserved = _RESERVED + _asked_for(checked)
    households = []
    for number in range(people):
        subjects = tuple(f"p{number}{letter}" for letter in "acb"[: 1 + chance.below(3)])
        households.append(subjects)
        drafts += _Household(chance, subjects, start_us, reserved).facts(chance.between(0, length))
    return History(arrived(chance, drafts), tuple(households))


def arrived(chance: Chance, drafts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts in order of their known times, equal ones in random order, with positions."""
    by_known = sorted(chance.shuffled(drafts), key=lambda fact: fact.known_us)
    return tuple(fact._replace(position=i) for i, fact in enumerate(by_known, 1))


@dataclass(slots=True)
class _Household:
    """Writes the facts of one or more identifiers over one stretch of time."""

    chance: Chance
    subjects: tuple[str, ...]
    now_us: int
    reserved: Sequence[_Reserved]
    _links: list[str] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _count: int = 0

    def facts(self, count: int) -> list[Fact]:
        """So many facts, one after the other in time."""
        return [self._next() for _ in range(count)]

    def _next(self) -> Fact:
        chance = self.chance
        self.now_us += chance.choice(vocabulary.STEPS)
        if len(self.subjects) > 1 and chance.once_in(6):
            return self._link()
        if chance.below(4):
            return self._event()
        name, properties = chance.choice(self.reserved)(self)
        return self._fact(name, properties)

    def _event(self) -> Fact:
        chance = self.chance
        fact = self._fact(vocabulary.event(chance), vocabulary.product_properties(chance))
        return fact._replace(
            context=vocabulary.context(chance),
            act=not chance.once_in(12),
            active=not chance.once_in(5),
        )

    def _link(self) -> Fact:
        if self._links and self.chance.once_in(4):
            links = self.chance.sample(self._links, 1)
            return self._fact(facts.UNMERGE, {"links": links})
        fact = self._fact(facts.MERGE, {})
        others = [other for other in self.subjects if other != fact.subject]
        if self.chance.below(8):
            fact.properties["other"] = self.chance.choice(others)
        elif self.chance.once_in(2):
            fact.properties["other"] = facts.WORKSPACE
        self._links.append(fact.id)
        return fact

    def _fact(self, name: str, properties: dict[str, Any]) -> Fact:
        chance = self.chance
        self._count += 1
        subject = chance.choice(self.subjects)
        # The first letter is random, so that ids and the order of writing disagree.
        fact_id = f"{chance.choice('abc')}{self.subjects[0]}-{self._count}"
        self._ids.append(fact_id)
        return Fact(
            subject=subject,
            time_us=self.now_us,
            id=fact_id,
            name=name,
            properties=properties,
            context={},
            act=not name.startswith("$"),
            active=True,
            source=chance.choice(vocabulary.NAMES),
            position=0,
            known_us=self.now_us + chance.choice(_DELAYS),
        )

    # Reserved facts

    def _traits(self) -> tuple[str, dict[str, Any]]:
        chance = self.chance
        found: dict[str, Any] = {}
        for name in chance.sample(vocabulary.TRAITS, chance.between(1, 3)):
            found[name] = self._trait(name)
        return facts.TRAITS, found

    def _trait(self, name: str) -> Any:
        chance = self.chance
        if chance.once_in(5):
            return vocabulary.value(chance)
        if name == "timezone":
            return chance.choice(vocabulary.ZONES)
        if name in ("birthday", "seen_at") and chance.once_in(3):
            return chance.choice(vocabulary.DATES)
        if name == "birthday":
            days = chance.choice((-1, 0, 1, 2, 7, 8, 30))
            return "1990" + format_instant(self.now_us + days * DAY)[4:10]
        if name == "seen_at":
            return format_instant(self.now_us + chance.choice((-HOUR, 0, HOUR, DAY, WEEK)))
        return chance.choice(vocabulary.VERSIONS) if name == "version" else vocabulary.value(chance)

    def _consent(self) -> tuple[str, dict[str, Any]]:
        chance = self.chance
        key = chance.choice(("purpose", "group"))
        found: dict[str, Any] = {key: self._name(), "granted": self._flag()}
        if chance.once_in(3):
            found["expires"] = format_instant(self.now_us + chance.choice((HOUR, DAY, WEEK)))
        if chance.once_in(8):
            found["expires"] = vocabulary.value(chance)
        return facts.CONSENT, found

    def _list(self) -> tuple[str, dict[str, Any]]:
        return facts.LIST, {"list": self._name(), "member": self._flag()}

    def _predicted(self) -> tuple[str, dict[str, Any]]:
        return facts.PREDICTED, {"model": self._name(), "value": vocabulary.value(self.chance)}

    def _assigned(self) -> tuple[str, dict[str, Any]]:
        name = self.chance.choice((facts.ASSIGNED, facts.EXPOSED))
        return name, {"experiment": self._name(), "variation": self._name()}

    def _message(self) -> tuple[str, dict[str, Any]]:
        status = self.chance.choice(("sent", "delivered", "opened", "clicked", "bounced"))
        return facts.MESSAGE, {"message": self._name(), "status": status}

    def _verdict(self) -> tuple[str, dict[str, Any]]:
        ids = self._ids or ["nothing"]
        return facts.VERDICT, {"message_id": self.chance.choice(ids), "bot": self._flag()}

    def _group(self) -> tuple[str, dict[str, Any]]:
        return facts.GROUP, {"group": self._name(), "plan": vocabulary.scalar(self.chance)}

    def _name(self) -> Any:
        known = self.chance.below(10)
        return self.chance.choice(vocabulary.NAMES) if known else vocabulary.scalar(self.chance)

    def _flag(self) -> Any:
        known = self.chance.below(8)
        return bool(self.chance.below(3)) if known else vocabulary.scalar(self.chance)


_Reserved = Callable[[_Household], tuple[str, dict[str, Any]]]
_RESERVED: Final[tuple[_Reserved, ...]] = (
    _Household._traits,
    _Household._traits,
    _Household._traits,
    _Household._consent,
    _Household._list,
    _Household._predicted,
    _Household._assigned,
    _Household._message,
    _Household._verdict,
    _Household._verdict,
    _Household._group,
)


_SOURCES: Final[Mapping[str, _Reserved]] = {
    "in_list": _Household._list,
    "in_experiment": _Household._assigned,
    "predicted": _Household._predicted,
    **dict.fromkeys(("received", "opened", "clicked"), _Household._message),
    **dict.fromkeys(("subscribed", "consented"), _Household._consent),
    **dict.fromkeys(("anniversary", "instant"), _Household._traits),
}


def _asked_for(checked: Definitions) -> tuple[_Reserved, ...]:
    """The reserved facts that operators of these definitions read, to have more of them."""
    bodies = [definition.body for definition in checked.ordered if definition.body is not None]
    ops = sorted({n.op for body in bodies for n in walk(body) if isinstance(n, Call)})
    return tuple(_SOURCES[op] for op in ops if op in _SOURCES) * 4


@dataclass(slots=True)
class _Workspace:
    """Writes the facts that concern everybody."""

    chance: Chance
    start_us: int
    checked: Definitions
    _count: int = 0

    def facts(self) -> list[Fact]:
        """Settings, areas and figures; the figures are those that the definitions ask for."""
        chance = self.chance
        found = [self._setting() for _ in range(chance.below(4))]
        found += [self._area() for _ in range(chance.below(4))]
        for name in self._figures():
            found += [self._figure(name) for _ in range(chance.below(3))]
        return found

    def _setting(self) -> Fact:
        chance = self.chance
        if chance.once_in(2):
            value = chance.choice(("10m", "30m", "1h", "1us", "0s", "soon", 30))
            return self._fact(facts.SETTING, {"name": "session_gap", "value": value})
        zone = chance.choice((*vocabulary.ZONES, None))
        return self._fact(facts.SETTING, {"name": "zone", "value": zone})

    def _area(self) -> Fact:
        chance = self.chance
        name = chance.choice(vocabulary.NAMES)
        return self._fact(facts.AREA, {"name": name, "geometry": vocabulary.geometry(chance)})

    def _figures(self) -> list[str]:
        bodies = [d.body for d in self.checked.ordered if d.body is not None]
        calls = [node for body in bodies for node in walk(body) if isinstance(node, Call)]
        return sorted({show(call.args[0]) for call in calls if call.op == "percentile_rank"})

    def _figure(self, name: str) -> Fact:
        chance = self.chance
        wide = chance.once_in(2)
        cuts: list[Any] = sorted(
            chance.below(10 * DAY) if wide else chance.choice(vocabulary.NUMBERS) for _ in range(99)
        )
        if chance.once_in(8):
            cuts = cuts[1:]
        if chance.once_in(8):
            cuts[chance.below(98)] = vocabulary.scalar(chance)
        return self._fact(facts.FIGURE, {"name": name, "cuts": cuts})

    def _fact(self, name: str, properties: dict[str, Any]) -> Fact:
        chance = self.chance
        self._count += 1
        time_us = self.start_us + chance.choice((-WEEK, 0, 1, HOUR, DAY, WEEK, 30 * DAY))
        return Fact(
            subject=facts.WORKSPACE,
            time_us=time_us,
            id=f"{chance.choice('xyz')}w-{self._count}",
            name=name,
            properties=properties,
            context={},
            act=False,
            active=True,
            source="workspace",
            position=0,
            known_us=time_us + chance.choice((0, 0, DAY, -UNIT)),
        )
